"""When a sweep need not force a refresh of an image's vulnerabilities (REFRESH=feed). Pure.

Between two changes of the feeds a forced refresh scans the same SBOM on the same data. A plain
read is enough then, for the evaluation too, unless something else than the feeds may have changed
what Anchore keeps:

    another image bears the tag             forced: `fresh_digests` are of the image before
    the image is stopped, or it failed      forced: somebody may be at work on it
    an allowlist's item has ended           forced: Anchore keeps an evaluation, not the time
    when an item ends is not known          forced, as for one that has ended and holds all the same
    the refresh listed nothing              forced: so does a scan that failed
    a day has passed, or would by then      forced: ages, corrections, a new version of Anchore

Source: docs/anchore-rules.md; docs/decisions/refresh-by-the-feeds.md says what is left.
"""

from datetime import datetime, timedelta

from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest
from rescan.ledger.entry import Entry, Refresh

_A_DAY = timedelta(days=1)


def fresh_digests(
    entry: Entry, feeds: str | None, now: datetime, sweep_period: timedelta
) -> frozenset[Digest]:
    """Those of its digests for which a plain read is enough while the feeds are these.

    The next sweep comes after `sweep_period`, and must not find the refresh older than a day.
    """
    has_ended = entry.held_until is not None and entry.held_until <= now
    if has_ended or entry.stopped or entry.failing is not None:
        return frozenset()
    refreshes = entry.refresh, *(facts.refresh for facts in entry.platforms.values())
    return frozenset(
        last.digest
        for last in refreshes
        if last is not None and last.feeds == feeds and now + sweep_period <= last.at + _A_DAY
    )


def refresh_after(entry: Entry, report: Report, now: datetime) -> Refresh | None:
    """The last forced refresh, after this report too; None: the next sweep is to force one."""
    expiry = report.expiry(now)
    if expiry.over or expiry.unknown:
        return None
    if report.plainly_read:
        return entry.refresh
    if report.feeds is None or report.image_digest is None or not report.lists_some:
        return None
    return Refresh(report.image_digest, report.feeds, now)
