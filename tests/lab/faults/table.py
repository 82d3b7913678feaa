"""The matrix as tables: a row for each fault, a column for each place where it happens."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from tests.lab.faults.case import Case
from tests.lab.faults.outcome import Outcome, Role
from tests.lab.faults.rules import broken_rules
from tests.lab.faults.storm import StormOutcome
from tests.lab.faults.storm_cases import StormCase
from tests.lab.faults.storm_table import STORM, short_storm_line, storm_cell, storm_table
from tests.lab.faults.table_rows import table

_BEGINNING = """\
# The fault matrix

`make faults` writes this page. The real handler process runs between a loopback Anchore, and a
proxy before moto's server; both fail as told. What starts it, a pump, keeps the rules of SQS and
Lambda on a clock of its own, with the template's numbers for the two queues of work:

- a message that is not deleted is hidden for the visibility timeout, comes back, and is a dead
  letter after maxReceiveCount; batches, duplicates, delays, and any order;
- a batch without a free container is received all the same;
- a message carries the trace id of the invocation that sent it. Where loops are detected, Lambda
  does not invoke the function for the 17th time in one chain;
- an event of the schedule that fails is tried again after one minute and after two, one without a
  free container for six hours; what fails to the end goes to the failure destination.

Each cell is one story. A sweep finds three images: one that will become a STOP, one that is a STOP
and will be a GO, one that stays a GO. The two change, the fault begins, each image is pushed, and a
sweep runs. The fault ends, time passes until nothing is left to do, the dead letters are redriven,
and one more sweep runs. Behind the work of each stage the publisher runs, as often as it takes to
end without being killed, three times at most; it also puts deferred work back on the queue. Then
must hold:

- the STOP was said at least once; not more than once, but once more for each crash and each lost
  answer, and for each delivery of a duplicate, or of a copy that the ledger refuses again; under
  one id;
- nothing was said of the GO; RECOVERED was said of the one that mended, after Anchore answered go
  (but when Anchore did not know it meanwhile, which ends its STOP otherwise);
- each message is done, on the queue or a dead letter; in the end only poison is, and what was
  refused as the 17th;
- no chain has more than 14 invocations, unless its copies forget their number;
- work stays in its lane, also when it goes back or is deferred;
- no event is given up unless all that Lambda allows has failed;
- the ledger holds the three verdicts, and no notice waits;
- no process died but those that were killed.

A cell reads: how often the STOP was said, and when first; messages done / on the queue / dead
letters; and, where there were any, how many dead letters were redriven.

- *at once*: while the fault lasted
- *after it*: from a copy, a redelivery, deferred work or the outbox, once it had ended
- *redriven*: from the dead letters
- *next sweep*: by the next sweep: somebody had to mend something first, so nothing was retried

Where work is deferred Anchore has not finished for three hours, in which each message is sent back
13 times. AWS does not say which chain a batch of several messages continues: there each is handed
over alone.

Where the feed clock looks, feeds have moved since the first sweep, more than an hour ago. The clock
looks three times in ten minutes, in place of pushes and a sweep, and once more an hour after the
fault. Then it must have begun one sweep, or two where feeds moved again or the first was not
recorded: such a one is begun again after a quarter of an hour, not by each look.

Where a sweep goes by pages, the sweep before had 20,000 tags, so this one is a chain of three: the
ledger's entries, Anchore's list, and what is left. Nothing is pushed. The next page is a message
without a delay.

Where a digest is old, each image still runs while its tag has moved on to another one, a GO. Then
no STOP may end but by an evaluation, whatever becomes of the inventory. The image that is submitted
is not known to Anchore, and begins to run after the first sweep; Anchore refuses it unless it is
dated as it was first seen.

How many copies there are after a crash depends on how far its neighbours in the batch
had come, and, within some time, on their delays, half of which is chance."""


def document(outcomes: Mapping[Case, Outcome], storms: Mapping[StormCase, StormOutcome]) -> str:
    """The page: every table, and whatever rule is broken."""
    short = f"{short_table(outcomes)}\n{short_storm_line(storms)}"
    parts = [_BEGINNING, "## In short", short]
    for title, cases in _by_table(outcomes):
        cells = {(case.row, case.column): _cell(outcomes[case]) for case in cases}
        parts += [f"## {title}", table(cells)]
    parts += [STORM, storm_table(storms)]
    broken = [f"- {line}: {'; '.join(rules)}" for line, rules in lines(outcomes, storms) if rules]
    return "\n\n".join([*parts, "## Broken rules", "\n".join(broken) or "None."]) + "\n"


def lines(
    outcomes: Mapping[Case, Outcome], storms: Mapping[StormCase, StormOutcome]
) -> list[tuple[str, list[str]]]:
    """Each case with its cell, and the rules that it breaks."""
    told = [
        (f"{case}: {_cell(it)}", broken_rules(it, case.expected)) for case, it in outcomes.items()
    ]
    return told + [
        (f"{case}: {storm_cell(it)}", case.broken_rules(it)) for case, it in storms.items()
    ]


def short_table(outcomes: Mapping[Case, Outcome]) -> str:
    """A line for each table."""
    rows = [
        "| what fails | stories | STOP said | first, at the latest | messages | vanished |",
        "|---|--:|--:|---|--:|--:|",
    ]
    for title, cases in _by_table(outcomes):
        rows.append(_short_line(title, [outcomes[case] for case in cases]))
    return "\n".join(rows)


def _short_line(title: str, outcomes: list[Outcome]) -> str:
    said = [stops for outcome in outcomes if (stops := outcome.of(Role.FLIPS, "STOP"))]
    times = sorted({len(stops) for stops in said})
    latest = max(stops[0].stage for stops in said)
    messages = [outcome.messages for outcome in outcomes]
    lost = sum(m.vanished for m in messages)
    span = str(times[0]) if len(times) == 1 else f"{times[0]} to {times[-1]}"
    total = sum(m.sent for m in messages)
    return f"| {title} | {len(outcomes)} | {span} | {latest} | {total} | {lost} |"


def _cell(outcome: Outcome) -> str:
    stops, messages = outcome.of(Role.FLIPS, "STOP"), outcome.messages
    when = f" {stops[0].stage}" if stops else ""
    cell = f"{len(stops)}{when}, {messages.done}/{messages.queued}/{messages.dead}"
    return cell + (f", {messages.redriven} redriven" if messages.redriven else "")


def _by_table(outcomes: Mapping[Case, Outcome]) -> Iterator[tuple[str, list[Case]]]:
    for title, cases in groupby(outcomes, key=lambda case: case.table):
        yield title, list(cases)
