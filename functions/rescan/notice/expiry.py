"""What allowlists suppress only for a while, in words."""

from collections.abc import Iterator

from rescan.gate.allowlist_expiry import AllowlistExpiry, Ending
from rescan.notice.findings import finding_names
from rescan.notice.times import age, moment

_MOST_ENDINGS = 3


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
