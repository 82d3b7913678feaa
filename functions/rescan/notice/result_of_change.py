"""The parts of `result` about time: what is different from before, what will be different."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct, json

from rescan.gate.allowlist_expiry import AllowlistExpiry
from rescan.gate.blocking_findings import BlockingFinding
from rescan.ledger.changes import ChangedFinding
from rescan.ledger.news import ComparedNews, ImageNews
from rescan.notice import result_shapes as shapes
from rescan.notice.times import rfc3339

# Of either part; the findings that stop the image need the room that SNS gives.
_LARGEST = 15_000

_Listed = TypeVar("_Listed", bound=Struct)


def changes(news: ImageNews) -> shapes.Changes | None:
    """As many findings as fit; None where nothing is remembered to compare with."""
    if not isinstance(news, ComparedNews) or (said := news.changes) is None:
        return None
    shown = that_fit(map(_changed, said.findings), _LARGEST)
    return shapes.Changes(
        since=rfc3339(said.since),
        new_digest=news.previous_digest is not None,
        policy_changed=said.policy_changed,
        total=len(said.findings) + said.more,
        shown=len(shown),
        findings=shown,
    )


def suppressed(news: ImageNews) -> shapes.HeldBack:
    """As many findings as fit, those that end first at the front, those not known at the end."""
    look = news.report.expiry(news.at) if news.report else AllowlistExpiry(news.at)
    every = [(rfc3339(e.until), finding) for e in look.endings for finding in e.findings]
    doubtful = (*look.over, *look.unknown)
    shown = that_fit(_held([*every, *((None, finding) for finding in doubtful)]), _LARGEST)
    total = len(every) + len(doubtful)
    return shapes.HeldBack(total=total, shown=len(shown), findings=shown)


def that_fit(listed: Iterable[_Listed], room: int) -> list[_Listed]:
    """The first ones whose JSON, commas included, has at most so many bytes."""
    fit: list[_Listed] = []
    for item in listed:
        room -= len(json.encode(item)) + len(",")
        if room < 0:
            break
        fit.append(item)
    return fit


def _held(every: Iterable[tuple[str | None, BlockingFinding]]) -> Iterator[shapes.HeldFinding]:
    for until, finding in every:
        key = finding.key.bounded()
        severity = str(finding.severity)
        yield shapes.HeldFinding(until, key.gate, key.trigger, key.what, severity)


def _changed(finding: ChangedFinding) -> shapes.ChangedFinding:
    key = finding.key.bounded()
    return shapes.ChangedFinding(
        change=finding.change,
        gate=key.gate,
        trigger=key.trigger,
        what=key.what,
        severity=None if finding.severity is None else str(finding.severity),
        before=None if finding.before is None else str(finding.before),
    )
