"""What an image will be stopped by once items of allowlists end. Pure.

Only findings of the last real evaluation count whose action is stop and that an allowlist
suppresses. Several items may suppress one finding: then the latest end counts.

    an item without an end               nothing will happen
    an end that cannot be read           end unknown, whatever the finding's other items say
    an end that has passed               suppressed all the same, and nobody knows for how long
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.blocking_findings import (
    BlockingFinding,
    blocking_findings,
    told_once,
    worst_first,
)
from rescan.gate.evaluation import Allowlisted, Finding
from rescan.gate.vulnerability_index import VulnerabilityIndex

HORIZON = timedelta(days=14)

_Identity = tuple[str, str, str, str]


class Ending(Struct, frozen=True):
    """From `until` on these findings stop the image, worst first, if nothing changes."""

    until: datetime
    findings: tuple[BlockingFinding, ...]
    allowlists: tuple[str, ...] = ()


class AllowlistExpiry(Struct, frozen=True):
    """The state at `now`: `endings` are yet to come, soonest first.

    Findings `over` are suppressed by items that have ended, `unknown` until an end that cannot be
    read.
    """

    now: datetime
    endings: tuple[Ending, ...] = ()
    over: tuple[BlockingFinding, ...] = ()
    unknown: tuple[BlockingFinding, ...] = ()

    @property
    def soon(self) -> tuple[Ending, ...]:
        """Those within the next 14 days."""
        return tuple(e for e in self.endings if e.until <= self.now + HORIZON)


class SuppressedFindings(Struct, frozen=True):
    """The findings of an answer that allowlists suppress for a while, soonest end first."""

    endings: tuple[Ending, ...] = ()
    unknown: tuple[BlockingFinding, ...] = ()

    @classmethod
    def of(
        cls, allowlisted: Iterable[Allowlisted], rows: VulnerabilityIndex
    ) -> "SuppressedFindings":
        """Those that would stop the image, joined with the vulnerability rows."""
        by_end = _by_end(allowlisted)
        unknown = by_end.pop(None, [])
        endings = (_ending(until, items, rows) for until, items in by_end.items() if until)
        return cls(
            endings=tuple(sorted(endings, key=lambda ending: ending.until)),
            unknown=_stopping(unknown, rows),
        )

    @classmethod
    def together(
        cls, platforms: Iterable[tuple[str, "SuppressedFindings"]]
    ) -> "SuppressedFindings":
        """Those of an image's platforms, each once."""
        several = list(platforms)
        by_end: dict[datetime, list[tuple[str, Ending]]] = {}
        for platform, suppressed in several:
            for ending in suppressed.endings:
                by_end.setdefault(ending.until, []).append((platform, ending))
        return cls(
            endings=tuple(_of_platforms(until, by_end[until]) for until in sorted(by_end)),
            unknown=told_once((platform, each.unknown) for platform, each in several),
        )

    def as_of(self, now: datetime) -> AllowlistExpiry:
        """What of it has ended by now, and what has not."""
        over = (finding for e in self.endings if e.until <= now for finding in e.findings)
        return AllowlistExpiry(
            now,
            endings=tuple(e for e in self.endings if e.until > now),
            over=worst_first(over),
            unknown=self.unknown,
        )


def _by_end(allowlisted: Iterable[Allowlisted]) -> dict[datetime | None, list[Allowlisted]]:
    """What would stop the image, by the end of its last item; None: unknown. Nothing endless."""
    by_finding: dict[_Identity, list[Allowlisted]] = {}
    for one in allowlisted:
        by_finding.setdefault(one.finding.identity, []).append(one)
    by_end: dict[datetime | None, list[Allowlisted]] = {}
    for items in by_finding.values():
        if _freed(items[0]).stops and all(item.ends is not False for item in items):
            until = _latest(items)
            by_end.setdefault(until, []).append(next(i for i in items if i.until in (until, None)))
    return by_end


def _latest(items: list[Allowlisted]) -> datetime | None:
    ends = [item.until for item in items if item.until is not None]
    return max(ends) if len(ends) == len(items) else None


def _freed(suppressed: Allowlisted) -> Finding:
    return replace(suppressed.finding, allowlisted=False)


def _ending(until: datetime, items: list[Allowlisted], rows: VulnerabilityIndex) -> Ending:
    return Ending(until, _stopping(items, rows), tuple(sorted({one.allowlist for one in items})))


def _of_platforms(until: datetime, endings: list[tuple[str, Ending]]) -> Ending:
    lists = {name for _, ending in endings for name in ending.allowlists}
    found = told_once((platform, ending.findings) for platform, ending in endings)
    return Ending(until, found, tuple(sorted(lists)))


def _stopping(
    items: Iterable[Allowlisted], rows: VulnerabilityIndex
) -> tuple[BlockingFinding, ...]:
    return blocking_findings(map(_freed, items), rows)
