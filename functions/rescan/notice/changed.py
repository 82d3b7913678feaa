"""What changed since the image was last told of: a short list, bounded."""

from collections.abc import Iterator

from rescan.ledger.changes import Change, ChangedFinding, ClearedFinding
from rescan.ledger.news import ComparedNews, RecoveredNews
from rescan.notice.findings_list import called, named
from rescan.notice.paragraphs import items
from rescan.notice.times import moment

_WORDS = {
    Change.ADDED: "added",
    Change.SEVERITY_RAISED: "of a raised severity",
    Change.FIXED: "fixed",
    Change.ALLOWLISTED: "allowlisted, not fixed",
    Change.POLICY_CHANGED: "cleared by a change of the policy",
    Change.NEW_DIGEST: "gone with the digest before",
}


def changed(news: ComparedNews) -> list[str]:
    """Nothing where nothing is remembered. What the notice lists by itself is not named again."""
    if (changes := news.changes) is None:
        return []
    cleared = _cleared(news)
    listed = {finding.key for finding in cleared}
    found = [finding for finding in changes.findings if finding.key not in listed]
    said = list(items(_sentences(news, found)))
    since = moment(changes.since)
    if said:
        return [f"WHAT CHANGED SINCE {since}", *said]
    return [] if listed else [f"Nothing has changed since {since}."]


def _sentences(news: ComparedNews, found: list[ChangedFinding]) -> Iterator[str]:
    if news.previous_digest is not None:
        yield "The tag is on another image: both digests stand at the end."
    if news.changes and news.changes.policy_changed:
        yield "The policy is another, or was edited."
    for change, words in _WORDS.items():
        names = [_name(finding) for finding in found if finding.change is change]
        if names and change is Change.ADDED:
            yield f"{len(names):,} {words}"
        elif names:
            yield f"{len(names):,} {words}: {named(names)}"
    if news.changes and (more := news.changes.more) and not _cleared(news):
        yield f"{more:,} more are gone, the less severe ones"


def _cleared(news: ComparedNews) -> tuple[ClearedFinding, ...]:
    return news.cleared if isinstance(news, RecoveredNews) else ()


def _name(finding: ChangedFinding) -> str:
    name = called(finding.key)
    if finding.change is not Change.SEVERITY_RAISED:
        return name
    return f"{name} ({finding.before} to {finding.severity})"
