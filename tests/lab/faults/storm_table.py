"""The storms as a table: a row for each fault, a column for each call that meets it."""

from collections.abc import Mapping

from tests.lab.faults.storm import StormOutcome
from tests.lab.faults.storm_cases import StormCase
from tests.lab.faults.table_rows import table

STORM = """\
## Storm

Each cell is one storm. A sweep finds 24 images of two teams that a new finding stops, and one that
stays a GO; one of the 24 is pushed again, mended, before anything was published. The fault begins,
and the publisher runs; the fault ends, and it runs again; then a sweep finds three more images that
stop, and one is pushed. Must hold:

- each image that stops is named in a STOP, no other is in any; each at most once, and once more for
  each crash, each answer of SNS that was lost, and a container that ended without having cleared;
- what is published again has the same id; no message is for two teams; the storm is published
  together, and the later three with the total; what was pushed has a message of its own;
- the RECOVERED of the mended image comes behind its STOP;
- what SNS never takes, and what a newer version wrote, is set aside and kept, and nothing else is;
  its group is published one by one. It holds no other STOP up, nor does the chat topic;
- in the end nothing waits, nor is in flight, and each message of the work queue is done.

A cell reads: the messages; how often an image's STOP was published at most; when the last of the
first 24 was first published."""


def storm_table(storms: Mapping[StormCase, StormOutcome]) -> str:
    """A cell each."""
    return table({(c.row, c.column): storm_cell(outcome) for c, outcome in storms.items()})


def storm_cell(outcome: StormOutcome) -> str:
    """What the storm came to, in short."""
    return f"{len(outcome.announced)} messages, {outcome.most} {outcome.latest}"


def short_storm_line(storms: Mapping[StormCase, StormOutcome]) -> str:
    """All storms in the columns of the short table."""
    outcomes = list(storms.values())
    times = sorted({outcome.most for outcome in outcomes})
    phases = [outcome.latest for outcome in outcomes if outcome.latest is not None]
    span = str(times[0]) if len(times) == 1 else f"{times[0]} to {times[-1]}"
    sent = sum(outcome.messages.sent for outcome in outcomes)
    lost = sum(outcome.messages.vanished for outcome in outcomes)
    return f"| Storm | {len(outcomes)} | {span} | {max(phases)} | {sent} | {lost} |"
