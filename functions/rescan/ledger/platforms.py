"""What is remembered of each platform of an image, by its digest. Pure.

The entry's own `digest` stays while the tag bears it, whatever platforms come and go: only another
image moves the tag. A platform that was evaluated once is needed from then on.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from rescan.gate.model import Outcome
from rescan.gate.platforms import together
from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest
from rescan.ledger.empty_list import believed, contradicts, listed_after
from rescan.ledger.entry import Entry, PlatformFacts
from rescan.ledger.refresh import refresh_after


def believed_of_all(report: Report, entry: Entry, now: datetime) -> Report:
    """The report, as far as it is believed of each platform (`empty_list.py`)."""
    ends = entry.stopped and report.outcome is not Outcome.STOP
    scans = report.scans
    held = [believed(each, _of(entry, each), now, scans, ends_stop=ends) for each in report.each]
    if not report.platforms:
        return held[0]
    each = [_needed(one, entry) for one in held]
    changed = any(held is not said for held, said in zip(each, report.platforms, strict=True))
    return together(each) if changed else report


def contradicts_any(report: Report, entry: Entry) -> bool:
    """Whether a verdict of any platform rests on a list that what is remembered contradicts."""
    return any(contradicts(each, _of(entry, each)) for each in report.each)


def digest_after(report: Report, entry: Entry) -> Digest | None:
    """The entry's own while one of the platforms has it; else the newest one's with a verdict."""
    if entry.digest is not None and entry.digest in report.digests:
        return entry.digest
    return next(each.image_digest for each in report.each if each.outcome.is_verdict)


def facts_after(
    entry: Entry, said: Report, held: Report, now: datetime
) -> dict[Digest, PlatformFacts]:
    """What is to be remembered of each platform, after what was `said`, and what of it is `held`.

    Only of those that have ever been evaluated.
    """
    facts: dict[Digest, PlatformFacts] = {}
    for each, kept in zip(said.each, held.each, strict=True):
        digest = each.image_digest
        if digest is not None and (each.outcome.is_verdict or _is_known(entry, digest)):
            counts = held.outcome.is_verdict
            facts[digest] = _facts(_of(entry, each), each, kept, now, counts=counts)
    return facts


def with_facts(entry: Entry, facts: Mapping[Digest, PlatformFacts]) -> Entry:
    """The entry of a verdict that counts, with these and with no others."""
    others = {digest: each for digest, each in facts.items() if digest != entry.digest}
    own = facts.get(entry.digest) if entry.digest is not None else None
    own = own or PlatformFacts(entry.listed, entry.empty_list_at, entry.refresh)
    return replace(
        entry,
        listed=own.listed,
        empty_list_at=own.empty_list_at,
        refresh=own.refresh,
        platforms=others,
        doubted={},
    )


def with_doubts(entry: Entry, facts: Mapping[Digest, PlatformFacts]) -> Entry:
    """The entry of a verdict that does not count: it forgets no platform that had one.

    What is new is remembered apart, and only of the last such image: the item stays small.
    """
    known = {digest: each for digest, each in facts.items() if digest in entry.digests}
    new = {digest: each for digest, each in facts.items() if digest not in known}
    return replace(with_facts(entry, {**entry.platforms, **known}), doubted=new)


def _is_known(entry: Entry, digest: Digest | None) -> bool:
    return digest in entry.digests or digest in entry.doubted


def _facts(
    entry: Entry, said: Report, held: Report, now: datetime, *, counts: bool
) -> PlatformFacts:
    """A doubt is not over while the image's verdict does not count: it would begin anew."""
    if held.outcome.is_verdict:
        doubted_at = None if counts or not held.lists_nothing else entry.empty_list_at
        return PlatformFacts(listed_after(entry, held), doubted_at, refresh_after(entry, held, now))
    doubted_at = (entry.empty_list_at or now) if said.outcome.is_verdict else entry.empty_list_at
    return PlatformFacts(entry.listed, doubted_at, entry.refresh)


def _needed(report: Report, entry: Entry) -> Report:
    is_known = _is_known(entry, report.image_digest)
    return replace(report, needed=True) if is_known and not report.needed else report


def _of(entry: Entry, report: Report) -> Entry:
    """The entry as if it were of this platform alone."""
    digest = report.image_digest
    if digest is None or digest == entry.digest:
        return entry
    facts = entry.platforms.get(digest) or entry.doubted.get(digest) or PlatformFacts()
    return replace(
        entry,
        digest=digest,
        listed=facts.listed,
        empty_list_at=facts.empty_list_at,
        refresh=facts.refresh,
    )
