"""A sweep over 10,000 active tags: from the list to the messages, and what the inventory adds."""

import os
from collections.abc import Callable

from rescan import app
from rescan.bootstrap import build
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally
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
_RUNNING = 3_000
_PAGE_ROWS = 500
_ENTRIES = 10
_TIMES = 2
_SECONDS = 265.0


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
            _joined(runs * _TIMES),
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


def _joined(pairs: int) -> Compared:
    """What it costs to read what runs and to say it in the messages; all of it is active."""
    with (
        running(anchore_server, 5, _TAGS, 0, _RUNNING) as anchore,
        running(aws_server, SQS_SECONDS) as aws,
    ):
        turns = in_child(environment(anchore, aws), _with_and_without_inventory, pairs)
    return Compared(
        what=f"the same sweep, joined with {_RUNNING:,} rows of what runs",
        floor_is="the same sweep with WATCH=active",
        ours=turns.ours,
        floor=turns.floor,
        at_most=1.2,
    )


def _with_and_without_inventory(pairs: int) -> Turns:
    """By turns in one process, so that what disturbs one disturbs the other."""
    return by_turns(lambda: handle(SWEEP), _sweep_of_active_tags(), pairs, warm=1)


def _sweep_of_active_tags() -> Callable[[], object]:
    dispatcher = build(os.environ | {"WATCH": "active"}, app.logger, Tally())
    return lambda: dispatcher.handle(SWEEP, Deadline.after(_SECONDS))
