"""A sweep over 10,000 active tags: from the list to the messages."""

from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.bare import BareAnchore, send_batches
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Compared, Limited, Measured
from tests.lab.bench.function import SWEEP, environment, handle, message
from tests.lab.bench.memory import peak_rss_mb
from tests.lab.bench.timing import Turns, by_turns

SQS_SECONDS = 0.01
_TAGS = 10_000
_PAGE_ROWS = 500
_ENTRIES = 10


def measure(runs: int) -> Measured:
    """The rows of the sweep."""
    with (
        running(anchore_server, 5, _TAGS, 0) as anchore,
        running(aws_server, SQS_SECONDS) as aws,
    ):
        variables = environment(anchore, aws)
        turns = in_child(variables, _turns, anchore, variables["WORK_QUEUE_URL"], runs)
        peaks = tuple(in_child(variables, swept) for _ in range(runs))
    return Measured(
        rows=(
            Compared(
                what=f"a sweep over {_TAGS:,} active tags, SQS in 10 ms",
                floor_is=f"the pages, and {_TAGS // _ENTRIES:,} sends over 8 connections",
                ours=turns.ours,
                floor=turns.floor,
                at_most=1.3,
            ),
            Limited(
                what="memory of the whole process at its peak in that",
                limit_is="150 MB",
                ours=peaks,
                at_most=150,
                unit="MB",
            ),
        )
    )


def swept() -> float:
    """The process's peak in one sweep."""
    handle(SWEEP)
    return peak_rss_mb()


def _turns(anchore: str, queue_url: str, pairs: int) -> Turns:
    def floor() -> None:
        BareAnchore(anchore).pages(_TAGS // _PAGE_ROWS)
        send_batches(queue_url, _TAGS // _ENTRIES, message())

    return by_turns(lambda: handle(SWEEP), floor, pairs, warm=1)
