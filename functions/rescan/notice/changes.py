"""What has changed since the image was last reported: a short list, bounded."""

from collections.abc import Collection, Iterator

from rescan.gate.evaluation import FindingKey
from rescan.ledger.changes import Change, ChangedFinding, Changes
from rescan.ledger.news import ComparedNews
from rescan.notice.findings import finding_name
from rescan.notice.paragraphs import items, named
from rescan.notice.times import moment

_WORDS = {
    Change.ADDED: "added",
    Change.SEVERITY_RAISED: "of a raised severity",
    Change.FIXED: "fixed",
    Change.ALLOWLISTED: "allowlisted, not fixed",
    Change.POLICY_CHANGED: "cleared by a change of the policy",
    Change.NEW_DIGEST: "gone with the digest before",
}


def changes_list(news: ComparedNews, listed: Collection[FindingKey] = ()) -> list[str]:
    """Nothing where nothing is remembered. What the notice lists by itself is not named again."""
    if (changes := news.changes) is None:
        return []
    found = [finding for finding in changes.findings if finding.key not in listed]
    sentences = [*_of_the_image(news, changes), *_of_findings(found)]
    if changes.more and not listed:
        sentences.append(f"{changes.more:,} more are gone, the less severe ones")
    since = moment(changes.since)
    if sentences:
        return items(sentences, title=f"WHAT CHANGED SINCE {since}")
    return [] if listed else [f"Nothing has changed since {since}."]


def _of_the_image(news: ComparedNews, changes: Changes) -> Iterator[str]:
    if news.previous_digest is not None:
        yield "The tag is on another image: both digests stand at the end."
    if changes.policy_changed:
        yield "The policy is another, or was edited."


def _of_findings(found: list[ChangedFinding]) -> Iterator[str]:
    for change, words in _WORDS.items():
        names = [_name(finding) for finding in found if finding.change is change]
        if names and change is Change.ADDED:
            yield f"{len(names):,} {words}"
        elif names:
            yield f"{len(names):,} {words}: {named(names)}"


def _name(finding: ChangedFinding) -> str:
    name = finding_name(finding.key)
    if finding.change is not Change.SEVERITY_RAISED:
        return name
    return f"{name} ({finding.before} to {finding.severity})"
