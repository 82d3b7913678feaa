"""An image with 20,000 vulnerability rows: the client's own answer against the bare one."""

import msgspec
from msgspec import Struct

from rescan.anchore.enterprise import EnterpriseDialect
from rescan.gate.model import Vulnerability
from rescan.kernel.image_tag import Digest, ImageTag
from tests.lab.bench import anchore_server
from tests.lab.bench.anchore_server import tag_of
from tests.lab.bench.bare import BareAnchore
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Compared, Limited, Measured
from tests.lab.bench.memory import peak_over_idle_mb
from tests.lab.bench.small_image import anchore_client
from tests.lab.bench.timing import Turns, by_turns
from tests.recordings.facts import sha256

_ROWS = 20_000
_PAIRS = 5
_MOST_VALUES = 1_000_000
_HALF_MB = 256
_TAG = tag_of(0)
_DIGEST = Digest(sha256(_TAG))


def measure(runs: int) -> Measured:
    """The rows of the long list."""
    with running(anchore_server, _ROWS, 0, 0) as anchore:
        body_mb = len(BareAnchore(anchore).rows(_TAG)) / 1e6
        turns = in_child({}, _turns, anchore, runs * _PAIRS)
        peaks = tuple(in_child({}, _peak, anchore) for _ in range(runs))
    return Measured(
        rows=(
            Compared(
                what=f"warm, {_ROWS:,} vulnerability rows, {body_mb:.1f} MB",
                floor_is="`requests.get` of the body and a typed decode of the fields in use",
                ours=turns.ours,
                floor=turns.floor,
                at_most=1.1,
            ),
            Limited(
                what="peak memory of that over idle",
                limit_is="2 x the body + 10 MB",
                ours=peaks,
                at_most=2 * body_mb + 10,
                unit="MB",
            ),
            Limited(
                what="memory of the most values that are decoded, empty rows",
                limit_is="half of the default MemorySize",
                ours=(in_child({}, _hostile_rows),),
                at_most=_HALF_MB,
                unit="MB",
            ),
            Limited(
                what="memory of the most values that are decoded, empty findings",
                limit_is="half of the default MemorySize",
                ours=(in_child({}, _hostile_findings),),
                at_most=_HALF_MB,
                unit="MB",
            ),
        )
    )


def _turns(anchore: str, pairs: int) -> Turns:
    client, bare = anchore_client(anchore), BareAnchore(anchore)
    decoder = msgspec.json.Decoder(_Bare)
    return by_turns(
        lambda: client().refreshed_vulnerabilities(_DIGEST, "all"),
        lambda: decoder.decode(bare.rows(_TAG)),
        pairs,
    )


def _peak(anchore: str) -> float:
    client = anchore_client(anchore)
    client().active_images(ImageTag.parse(_TAG))
    return peak_over_idle_mb(lambda: client().refreshed_vulnerabilities(_DIGEST, "all"))


def _hostile_rows() -> float:
    body = _filled('{"vulnerabilities": [%s]}')
    return peak_over_idle_mb(lambda: EnterpriseDialect().read_vulnerabilities(body, _DIGEST))


def _hostile_findings() -> float:
    about = f'"image_digest": "{_DIGEST}", "evaluated_tag": "{_TAG}"'
    evaluation = '{"final_action": "stop", "details": {"findings": [%s]}}'
    body = _filled(f'{{{about}, "evaluations": [{evaluation}]}}')
    return peak_over_idle_mb(lambda: EnterpriseDialect().read_check(body))


def _filled(answer: str) -> bytearray:
    """The answer with empty objects, as many as the client takes."""
    return bytearray(answer.replace("%s", ",".join(["{}"] * (_MOST_VALUES - 10))).encode())


class _Bare(Struct):
    vulnerabilities: list[Vulnerability]
