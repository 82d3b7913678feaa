"""What sweeps of very many images come to, as the page docs/scale-simulated.md."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from msgspec import Struct

from tests.lab.simulation.markdown import after, table

# DynamoDB on demand, US East (N. Virginia): dollars for a unit of writes (1 KB) and reads (4 KB).
_WRITE_DOLLARS, _READ_DOLLARS = 0.625 / 1e6, 0.125 / 1e6
_HEAD = (
    "images",
    "in flight",
    "last verdict",
    "first message of the last team",
    "last message",
    "images named",
    "messages",
    "a team: half of them",
    "most",
    "Anchore calls",
    "reads and writes of entries",
    "pages of a sweep",
    "items that they read",
    "for the ledger",
)
_OUR_HEAD = ("images", "in flight", "took", "CPU", "memory")


class Sweep(Struct, frozen=True, kw_only=True):
    """What came out; times in seconds of the simulated clock, but `took`, which is ours.

    `first_of_last_team` is from a team's first verdict to its first message, of the team that waits
    longest. `reads` and `writes` are of the ledger's entries, of which each has so many
    `entry_bytes`. The sweep has so many `pages`, which read so many items of their own
    (`page_reads`); 0: one invocation did it. `cpu`, in seconds, and `megabytes` are what the
    process that simulates took in all.
    """

    images: int
    in_flight: int
    complete: float
    last_notice: float
    first_of_last_team: float
    stopped: int
    messages: int
    median_a_team: int
    most_a_team: int
    requests: int
    reads: int
    writes: int
    pages: int = 0
    page_reads: int = 0
    entry_bytes: int
    took: int
    megabytes: int
    cpu: int = 0

    @property
    def dollars(self) -> float:
        """Of the ledger; the write of a STOP is a transaction, which counts twice."""
        writes = (self.writes + self.stopped) * ceil(self.entry_bytes / 1024)
        return writes * _WRITE_DOLLARS + self.reads * ceil(self.entry_bytes / 4096) * _READ_DOLLARS


def page(rows: Sequence[Sweep]) -> str:
    """The whole page."""
    return f"""\
# Sweeps of very many images

Written by `make scale`: the function's own code on a simulated clock, no measurement of Anchore or
AWS. [simulation.md](simulation.md) says what is real and what is assumed.

1,000 teams share the images evenly. One image in 20 is newly stopped, by one to six of 200
vulnerabilities; an image takes 0.3 + 2 + 1 s of Anchore's, each more or less by half.

{table(_HEAD, map(_cells, rows))}

- Anchore calls: three an image, and the pages of the list. Nothing grows faster than the images.
- Above 10,000 images a sweep goes by pages, as the one before it did: 5,000 entries of the ledger
  each, then 500 tags of Anchore's list each. One container does them all here: a container reads
  what was sent with the entries once, and the last two pages read all pages before them.
- The time of a sweep is images x 3.3 s / in flight, and what a batch waits for its slowest image.
- The publisher sends four messages a second for 45 s of each minute, whatever the workers: with
  1,000 teams the messages take longer than the sweep once enough is in flight. That is what breaks
  first in a storm over all teams. Of what waits, the team that had fewest lately comes first.
- For the ledger: DynamoDB on demand, US East (N. Virginia), one read and one write an image, twice
  for a STOP's transaction; without notices and backups.

![How the time of a sweep grows](scale-growth.svg)

## What the simulation itself takes

{table(_OUR_HEAD, map(_our_cost, rows))}

One process on one core, which others may use, too. The memory holds the estate, the ledger and the
queue as well.
"""


def _cells(row: Sweep) -> tuple[str, ...]:
    return (
        f"{row.images:,}",
        f"{row.in_flight:,}",
        _seconds(row.complete),
        _seconds(row.first_of_last_team),
        _seconds(row.last_notice),
        f"{row.stopped:,}",
        f"{row.messages:,}",
        f"{row.median_a_team}",
        f"{row.most_a_team}",
        f"{row.requests:,}",
        f"{row.reads:,} + {row.writes:,}",
        f"{row.pages:,}",
        f"{row.page_reads:,}",
        f"${row.dollars:,.2f}",
    )


def _our_cost(row: Sweep) -> tuple[str, ...]:
    return (
        f"{row.images:,}",
        f"{row.in_flight:,}",
        _seconds(row.took),
        _seconds(row.cpu),
        f"{row.megabytes:,} MB",
    )


def _seconds(seconds: float) -> str:
    return after(timedelta(seconds=seconds))
