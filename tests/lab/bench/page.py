"""The page docs/benchmarks.md: the rows, what moved, the curves, the cost."""

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from tests.lab.bench.cost import (
    DEFAULT_MB,
    GB_SECOND_DOLLARS,
    IN_FLIGHT,
    LATENCIES,
    LONG_ROWS,
    MEMORY_SIZES,
    ORDINARY_ROWS,
    REQUEST_DOLLARS,
    Work,
    cost_of_thousand,
    smallest_that_holds,
)
from tests.lab.bench.figures import Compared, Curve, Limited, Measured, Row, Spread

_TYPICAL_SECONDS = 2.0


def page(measured: Measured, work: Sequence[Work], moves: Sequence[str], runs: int) -> str:
    """The whole page."""
    return f"""\
# How fast it is

Written by `make bench`, {runs} runs on {_machine()}.

What is measured asks servers on loopback, each in a process of its own, with canned answers. Ours
and its floor take turns, run by run; a figure is the median of ours / floor, turn by turn, with the
middle half of them beside it. Machines differ: a ratio says more than its milliseconds. No test of
the suite looks at a time. The pages of a sweep are done in one process, on a ledger in memory.

## Against the floor

{row_table(measured.rows)}

{_moves(moves)}

## Growth

{_curve_table(measured.curves)}

Warm; the whole handler but for the findings of a STOP. Memory is what is allocated at its peak. The
exponent in the table above is that of the power law nearest to the points: 1 is linear.

![Growth of time and memory](benchmarks-growth.svg)
{_cold_start(measured)}
## What it costs

{_cost_tables(work)}
"""


def row_table(rows: Iterable[Row]) -> str:
    """In Markdown: a row's figure, its bound, and whether that is met."""
    head = ("what", "floor or limit", "ours", "floor", "figure", "middle half", "bound", "")
    return _table(head, [_row(row) for row in rows], left=2)


def _row(row: Row) -> tuple[str, ...]:
    met = "met" if row.is_met else "**missed**"
    match row:
        case Compared():
            ours, floor = median(row.ours), median(row.floor)
            figure, middle = f"{row.figure.median:.2f} x", _middle(row.figure, 2)
            measured = (_said(ours, row.unit), _said(floor, row.unit))
            return (row.what, row.floor_is, *measured, figure, middle, f"{row.at_most:g} x", met)
        case Limited():
            figure = _said(row.figure.median, row.unit)
            bound = _said(row.at_most, row.unit)
            return (row.what, row.limit_is, "", "", figure, _middle(row.figure, 1), bound, met)


def _middle(spread: Spread, digits: int) -> str:
    if spread.low == spread.high:
        return ""
    return f"{spread.low:.{digits}f} to {spread.high:.{digits}f}"


def _said(value: float, unit: str) -> str:
    match unit:
        case "s":
            return f"{value * 1000:,.1f} ms"
        case "exponent":
            return f"{value:.2f}"
        case "calls":
            return f"{value:g} calls"
    return f"{value:,.1f} {unit}"


def _moves(moves: Sequence[str]) -> str:
    if not moves:
        return "Nothing moved by more than 10 % against the figures kept before."
    return "Moved by more than 10 % against the figures kept before:\n\n" + "\n".join(
        f"- {move}" for move in moves
    )


def _curve_table(curves: Iterable[Curve]) -> str:
    rows = [
        (
            curve.what,
            f"{point.size:,} {curve.sizes_are}",
            _said(point.seconds, "s"),
            _said(point.megabytes, "MB"),
        )
        for curve in curves
        for point in curve.points
    ]
    return _table(("what", "size", "time", "memory"), rows, left=1)


def _cold_start(measured: Measured) -> str:
    if not measured.parts:
        return ""
    rows = [(p.whole, p.name, _said(median(p.seconds), "s")) for p in measured.parts]
    table = _table(("cold start of", "part", "time"), rows, left=2)
    return (
        f"\n## The parts of a cold start\n\n{table}\n\n![A cold start](benchmarks-cold-start.svg)\n"
    )


def _cost_tables(work: Sequence[Work]) -> str:
    return f"""\
A thousand images, each of {ORDINARY_ROWS} rows, each of Anchore's three answers after the seconds
of the first column. Computed, for each batch: (3 x the answer + 2 calls of the ledger + measured
CPU / share of a vCPU) x memory. A function has one vCPU at 1,769 MB, and below it its share. Price:
${GB_SECOND_DOLLARS:.10f} a GB-second and ${REQUEST_DOLLARS * 1e6:.2f} a million requests (AWS
Lambda pricing, arm64, US East (N. Virginia), first tier, nothing free); CPU as on this machine.
SQS, DynamoDB and SNS are not in it. The memory is the smallest that holds long lists, as below.

{_latency_table(work)}

Waiting is nearly all of it, so a larger batch divides the cost, and more memory multiplies it:

{_memory_table(work)}

The same load on Anchore, {IN_FLIGHT} images in flight with answers after
{_TYPICAL_SECONDS:g} s, at {DEFAULT_MB} MB:

{_in_flight_table(work)}

{_choice(work)}"""


def _latency_table(work: Sequence[Work]) -> str:
    head = ("an answer", "batch", "memory", "GB-seconds", "dollars")
    rows = []
    for latency in LATENCIES:
        for batch in work:
            memory = smallest_that_holds(batch)
            cost = cost_of_thousand(batch, latency, memory)
            rows.append(
                (
                    f"{latency:g} s",
                    f"{batch.images}",
                    f"{memory:,} MB",
                    f"{cost.gb_seconds:,.0f}",
                    f"{cost.dollars:.4f}",
                )
            )
    return _table(head, rows, left=1)


def _memory_table(work: Sequence[Work]) -> str:
    sizes = [f"{size:,} MB" for size in MEMORY_SIZES]
    head = ("batch", "CPU a batch", "peak with long lists", *sizes)
    rows = [
        (
            f"{batch.images}",
            _said(batch.cpu_seconds, "s"),
            _said(batch.peak_mb, "MB"),
            *(
                f"${cost_of_thousand(batch, _TYPICAL_SECONDS, size).dollars:.4f}"
                for size in MEMORY_SIZES
            ),
        )
        for batch in work
    ]
    return _table(head, rows, left=1)


def _in_flight_table(work: Sequence[Work]) -> str:
    """Batches that fill it: fewer containers wait for more images each."""
    rows = [
        (
            f"{IN_FLIGHT // batch.images} x {batch.images}",
            _said(batch.peak_mb, "MB"),
            f"{cost.gb_seconds:,.1f}",
            f"{cost.dollars:.4f}",
        )
        for batch in work
        for cost in (cost_of_thousand(batch, _TYPICAL_SECONDS, DEFAULT_MB),)
    ]
    head = ("containers x batch", "peak with long lists", "GB-seconds", "dollars")
    return _table(head, rows, left=1)


def _choice(work: Sequence[Work]) -> str:
    choices = "; ".join(
        f"{smallest_that_holds(batch):,} MB for batches of {batch.images}" for batch in work
    )
    return f"""\
Dollars per thousand images with answers after {_TYPICAL_SECONDS:g} s. Which memory size to choose:
the smallest that holds a batch of which every image has {LONG_ROWS:,} rows, and a quarter more:
{choices}."""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """Markdown, the first `left` columns to the left."""
    line = ("---",) * left + ("---:",) * (len(head) - left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, line, *rows))


def _machine() -> str:
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()},"
        f" {platform.python_implementation()} {platform.python_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
