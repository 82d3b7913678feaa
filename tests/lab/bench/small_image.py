"""One small image, warm: the workflow with its client, and the whole handler with its ledger."""

from collections.abc import Callable
from functools import partial

import requests

from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport, new_session
from rescan.gate.model import RescanRequest, Trigger, TriggerKind
from rescan.gate.workflow import rescan
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.entry import subject_of
from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.anchore_server import tag_of
from tests.lab.bench.bare import BareAnchore, BareLedger
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Compared, Limited, Measured
from tests.lab.bench.function import environment, handle, pushes
from tests.lab.bench.timing import Turns, by_turns

AWS_SECONDS = 0.005
_ROWS = 5
_PAIRS = 60
_IMAGES, _BEFORE = 20, 200
_TAG = ImageTag.parse(tag_of(0))


def measure(runs: int) -> Measured:
    """The rows of one small image."""
    with (
        running(anchore_server, _ROWS, 0, 0) as anchore,
        running(aws_server, AWS_SECONDS) as aws,
    ):
        workflow = in_child({}, _workflow, anchore, runs * _PAIRS)
        handler = in_child(environment(anchore, aws), _handler, anchore, runs * _PAIRS // 4)
        in_child(environment(anchore, aws), _images, f"{aws}/counts", _IMAGES)
        counts = requests.get(f"{aws}/counts", timeout=5).json()
    return Measured(
        rows=(
            Compared(
                what="warm, one small image: the workflow with its client",
                floor_is="three `requests.get` in one session",
                ours=workflow.ours,
                floor=workflow.floor,
                at_most=1.1,
            ),
            Compared(
                what="warm, one small image: the handler, AWS in 5 ms",
                floor_is="the same requests and calls, bare",
                ours=handler.ours,
                floor=handler.floor,
                at_most=1.3,
            ),
            Limited(
                what="calls of the ledger, an image",
                limit_is="a read and a write",
                ours=(sum(counts[o] for o in counts if o in _LEDGER) / _IMAGES,),
                at_most=2,
                unit="calls",
            ),
        )
    )


_LEDGER = ("GetItem", "PutItem", "UpdateItem", "Query", "TransactWriteItems", "TransactGetItems")


def anchore_client(url: str) -> Callable[[], AnchoreClient]:
    """A client for each image, as the function makes it, over one session."""
    auth = AnchoreAuth(lambda: '{"username": "watcher", "password": "s3cr3t-pass"}')
    transport = Transport(new_session(), f"{url}/v2", auth)
    return lambda: AnchoreClient(transport, EnterpriseDialect(), Deadline.after(60))


def _workflow(anchore: str, pairs: int) -> Turns:
    client = anchore_client(anchore)
    request = RescanRequest(_TAG, Trigger(TriggerKind.DIRECT))
    floor = partial(BareAnchore(anchore).three, str(_TAG))
    return by_turns(lambda: rescan(client(), request), floor, pairs)


def _handler(anchore: str, pairs: int) -> Turns:
    def ours() -> object:
        return handle(pushes(range(1)))

    ours()
    bare = BareAnchore(anchore)
    ledger = BareLedger(subject_of(None, _TAG, None))

    def floor() -> None:
        ledger.read()
        bare.three(str(_TAG))
        ledger.write()

    return by_turns(ours, floor, pairs)


def _images(counts: str, images: int) -> None:
    """Images that the function has not met before; it has been at work for some minutes.

    In the first of these it says that scans work, of up to 32 names (`work/scanner_seen.py`).
    """
    for number in range(1, _BEFORE):
        handle(pushes(range(number, number + 1)))
    requests.get(counts, timeout=5)
    for number in range(_BEFORE, _BEFORE + images):
        handle(pushes(range(number, number + 1)))
