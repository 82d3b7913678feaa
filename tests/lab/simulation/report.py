"""The figures as a table, and the page docs/simulation.md around it."""

from collections.abc import Sequence
from datetime import timedelta

from tests.lab.simulation.scenario import Figures, Scenario

Run = tuple[str, Scenario, Figures]

_HEAD = (
    "workers",
    "Anchore calls",
    "peak in flight",
    "messages",
    "of them gone back",
    "images told",
    "published",
    "most in a second",
    "first",
    "last",
    "sweep complete",
)


def table(runs: Sequence[Run]) -> str:
    """In Markdown, a row for each run."""
    rows = [_HEAD, ("---",) + ("---:",) * (len(_HEAD) - 1), *map(_row, runs)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def page(runs: Sequence[Run]) -> str:
    """The whole of docs/simulation.md."""
    _, scenario, _ = runs[0]
    return f"""\
# A sweep over {scenario.images:,} images, {len(scenario.stopped)} of which have a new CVE

Written by `make simulation`: the function's own code on a simulated clock, no measurement of
Anchore or AWS.

{table(runs)}

How to read it:

- An image takes three requests, and the list of tags one for every 500, whatever the number of
  workers.
- Peak in flight is workers x batch size, here {scenario.batch_size}: MaxConcurrency and BatchSize
  bound it. A sweep takes at least images x {_seconds_an_image(scenario):g} s / peak; a batch ends
  with its slowest image.
- Each image's STOP is told, and told once. The publisher looks every 60 s. All have the same CVE:
  once ten images have been told one by one, the others are told together, at growing distances of
  a quarter of an hour at most: a slow sweep makes few messages too. An image that joins waits so
  much longer.
- Messages never come faster than 4 a second, whatever the workers.

## What is real, and what is not

Real: the worker, the announcer, the publisher with its pace and its groups, going back, the full
sweep, the workflow, the client of Anchore down to its `requests` session, each notice. They block
and sleep as they do in Lambda, in threads that take turns on the simulated clock.

Assumed: an image's record takes {scenario.list_seconds:g} s, and a page of the list too; the forced
scan {scenario.scan_seconds:g} s, the evaluation {scenario.check_seconds:g} s; each up to
{scenario.jitter:.0%} more or less, by chance with a fixed seed. Anchore answers no slower when more
is asked at once. Nothing fails. Yesterday every image was a GO, and each STOP has one finding.

Left out: SQS hands over at once, in order, and full batches while there are enough; Lambda starts
at once (AWS adds pollers by the minute, and takes no MaxConcurrency below 2); DynamoDB, SNS and the
function's own work take no time. Ledger, topic and queue are those of the tests, in memory.
"""


def _seconds_an_image(scenario: Scenario) -> float:
    return scenario.list_seconds + scenario.scan_seconds + scenario.check_seconds


def _row(run: Run) -> tuple[str, ...]:
    label, _, figures = run
    return (
        label,
        f"{figures.anchore_calls:,}",
        f"{figures.peak_in_flight:,}",
        f"{figures.messages:,}",
        f"{figures.gone_back:,}",
        f"{figures.told:,}",
        f"{figures.published:,}",
        f"{figures.most_in_a_second}",
        _after(figures.first_published),
        _after(figures.last_published),
        _after(figures.complete),
    )


def _after(passed: timedelta) -> str:
    """E.g. "9 s", "13 min 38 s", "2 h 15 min"."""
    minutes, seconds = divmod(round(passed.total_seconds()), 60)
    if not minutes:
        return f"{seconds} s"
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
