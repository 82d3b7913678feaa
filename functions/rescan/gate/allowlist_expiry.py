"""What an image will be stopped by once items of allowlists end. Pure.

Only what holds now, at a real evaluation, is looked at: a finding whose action is stop and that an
allowlist holds back. Several items may hold one finding: then the latest end counts.

    an item without an end               nothing will happen
    an end that cannot be read           not known, whatever the finding's other items say
    an end that is over                  held back all the same, and nobody knows for how long
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.blocking_findings import BlockingFinding, blocking_findings
from rescan.gate.evaluation import Allowlisted, Evaluation, Finding
from rescan.gate.model import Outcome, Report
from rescan.gate.vulnerability_index import VulnerabilityIndex

HORIZON = timedelta(days=14)

_Identity = tuple[str, str, str, str]


class Ending(Struct, frozen=True):
    """From `until` on these findings stop the image, worst first, if nothing changes."""

    until: datetime
    findings: tuple[BlockingFinding, ...]
    allowlists: tuple[str, ...] = ()


class AllowlistExpiry(Struct, frozen=True):
    """`endings`, first one first; those `over` and `unknown` are held back until nobody knows."""

    now: datetime
    endings: tuple[Ending, ...] = ()
    over: tuple[BlockingFinding, ...] = ()
    unknown: tuple[BlockingFinding, ...] = ()

    @classmethod
    def of(cls, report: Report | None, now: datetime) -> "AllowlistExpiry":
        """Empty when the image was not evaluated, or is itself on an allowlist: that has no end."""
        evaluation = report.evaluation if report else None
        if report is None or evaluation is None or not _counts(report.outcome, evaluation):
            return cls(now)
        by_end = _by_end(evaluation.allowlisted)
        if not by_end:
            return cls(now)
        listed = report.vulnerabilities
        rows = VulnerabilityIndex(listed.rows if listed else ())
        ends = sorted(until for until in by_end if until is not None)
        over = [held for until in ends if until <= now for held in by_end[until]]
        return cls(
            now,
            endings=tuple(_ending(until, by_end[until], rows) for until in ends if until > now),
            over=_stopping(over, rows),
            unknown=_stopping(by_end.get(None, ()), rows),
        )

    @property
    def soon(self) -> tuple[Ending, ...]:
        """Those within the next 14 days."""
        return tuple(e for e in self.endings if e.until <= self.now + HORIZON)


def _counts(outcome: Outcome, evaluation: Evaluation) -> bool:
    return outcome.is_verdict and (evaluation.final_action_reason or "").lower() != "allowlisted"


def _by_end(allowlisted: Iterable[Allowlisted]) -> dict[datetime | None, list[Allowlisted]]:
    """What would stop the image, by the end of its last item; None: not known. Nothing endless."""
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


def _freed(held: Allowlisted) -> Finding:
    return replace(held.finding, allowlisted=False)


def _ending(until: datetime, held: list[Allowlisted], rows: VulnerabilityIndex) -> Ending:
    return Ending(until, _stopping(held, rows), tuple(sorted({one.allowlist for one in held})))


def _stopping(held: Iterable[Allowlisted], rows: VulnerabilityIndex) -> tuple[BlockingFinding, ...]:
    return blocking_findings(map(_freed, held), rows)
