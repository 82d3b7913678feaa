"""What has changed since the image was last reported, and what will: short lists, bounded."""

from collections.abc import Collection, Iterator

from rescan.gate.allowlist_expiry import AllowlistExpiry, Ending
from rescan.gate.evaluation import FindingKey
from rescan.ledger.changes import Change, ChangedFinding, Changes
from rescan.ledger.news import ComparedNews
from rescan.notice.content import Paragraph
from rescan.notice.findings import finding_name, finding_names
from rescan.notice.mail import items
from rescan.notice.times import age, moment
from rescan.notice.wording import named

_MOST_ENDINGS = 3
_WORDS = {
    Change.EXPLOITED: "now known to be exploited",
    Change.ADDED: "added",
    Change.SEVERITY_RAISED: "of a raised severity",
    Change.FIXED: "fixed",
    Change.ALLOWLISTED: "allowlisted, not fixed",
    Change.POLICY_CHANGED: "cleared by a change of the policy",
    Change.NEW_DIGEST: "gone with the digest before",
}


def changes_list(news: ComparedNews, listed: Collection[FindingKey] = ()) -> Paragraph:
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
        changed = [finding for finding in found if finding.change is change]
        if changed and change is Change.ADDED:
            yield f"{len(changed):,} {words}"
        elif changed:
            yield f"{len(changed):,} {words}: {named(changed, _name)}"


def _name(finding: ChangedFinding) -> str:
    name = finding_name(finding.key)
    if finding.change is not Change.SEVERITY_RAISED:
        return name
    return f"{name} ({finding.before} to {finding.severity})"


# --- once items of allowlists end


def upcoming(expiry: AllowlistExpiry, until: str) -> Iterator[str]:
    """A remark for each end within the next days; it begins with `until`, e.g. "GO until"."""
    soon = expiry.soon
    for ending in soon[:_MOST_ENDINGS]:
        stop = f"then STOP on {finding_names(ending.findings)}"
        yield f"{until} {end_of(ending, expiry)}, {stop}"
    if len(soon) > _MOST_ENDINGS:
        yield f"{_MOST_ENDINGS} of {len(soon):,} ends of allowlist items shown"
    yield from uncertain(expiry)


def uncertain(expiry: AllowlistExpiry) -> Iterator[str]:
    """What is suppressed until nobody knows when: no date is promised for it."""
    if expiry.over:
        names = finding_names(expiry.over)
        yield f"Held back by an allowlist item that is over, so not for long: {names}"
    if expiry.unknown:
        names = finding_names(expiry.unknown)
        yield f"Held back by an allowlist, until when is not known: {names}"


def end_of(ending: Ending, expiry: AllowlistExpiry) -> str:
    """E.g. "2026-12-01 00:00 UTC (6 d)"."""
    return f"{moment(ending.until)} ({age(expiry.now, ending.until)})"
