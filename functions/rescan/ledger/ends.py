"""How a STOP ends that no evaluation ends, and what is told of that. Pure."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from rescan.gate.model import Trigger
from rescan.gate.running import Running
from rescan.ledger.entry import Entry
from rescan.ledger.news import EndCause, EndedNews, EventType
from rescan.ledger.reevaluation import news_id

# Longer than any schedule of somebody's own is likely to pause.
SILENCE = timedelta(days=30)


def after_silence(entry: Entry, trigger: Trigger, now: datetime) -> tuple[Entry, EndedNews | None]:
    """The entry of a STOP under a policy that no sweep asks for; only a long silence ends it."""
    asked_at = entry.result_at
    if not entry.stopped or asked_at is None or now - asked_at < SILENCE:
        return entry, None
    return _told_to_end(entry, EndCause.NO_LONGER_WATCHED, asked_at, trigger, now)


def after_sight(
    entry: Entry, cause: EndCause, sweep: datetime, trigger: Trigger, now: datetime
) -> tuple[Entry, EndedNews | None]:
    """The entry of an old digest that the sweep's inventory no longer sees as such.

    What a later sweep has seen meanwhile stays as it is.
    """
    is_seen = entry.running is not None and entry.running.at >= sweep
    if not entry.stopped or entry.old_digest is None or is_seen:
        return entry, None
    if cause is EndCause.NO_LONGER_RUNNING:
        digests = entry.running.digests if entry.running else ()
        entry = replace(entry, running=Running(sweep, digests))
    return _told_to_end(entry, cause, entry.result_at or now, trigger, now)


def _told_to_end(
    entry: Entry, cause: EndCause, asked_at: datetime, trigger: Trigger, now: datetime
) -> tuple[Entry, EndedNews | None]:
    news = EndedNews(
        id=news_id(EventType.ENDED, entry, asked_at),
        tag=entry.tag,
        trigger=trigger,
        at=now,
        subject=entry.subject,
        turn=entry.version,
        policy_id=entry.policy_id,
        team=entry.team,
        cause=cause,
        asked_at=asked_at,
        first_stop_at=entry.first_stop_at,
    )
    return ended(entry, now), news


def ended(entry: Entry, now: datetime) -> Entry:
    """The entry of which nothing is remembered of the STOP: the next one is news."""
    return Entry(
        subject=entry.subject,
        tag=entry.tag,
        policy_id=entry.policy_id,
        version=entry.version,
        result_at=now,
        notice_at=now,
        sweep=entry.sweep,
        team=entry.team,
        unknown_push=entry.unknown_push,
        running=entry.running,
        old_digest=entry.old_digest,
    )
