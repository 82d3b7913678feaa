"""What allowlists hold back only for a while, in words."""

from collections.abc import Iterator, Sequence

from rescan.gate.allowlist_expiry import AllowlistExpiry, Ending
from rescan.gate.blocking_findings import BlockingFinding
from rescan.notice.findings_list import called, named
from rescan.notice.markdown import Quote
from rescan.notice.times import age, moment

_MOST_ENDINGS = 3


def ahead(look: AllowlistExpiry, until: str, quote: Quote = str) -> Iterator[str]:
    """One remark for each end within the next days; it begins with `until`, e.g. "GO until"."""
    soon = look.soon
    for ending in soon[:_MOST_ENDINGS]:
        yield f"{until} {end_of(ending, look)}, then STOP on {on(ending.findings, quote)}"
    if len(soon) > _MOST_ENDINGS:
        yield f"{_MOST_ENDINGS} of {len(soon):,} ends of allowlist items shown"
    yield from unsure(look, quote)


def unsure(look: AllowlistExpiry, quote: Quote = str) -> Iterator[str]:
    """What is held back nobody knows how long: no promise is made of it."""
    if look.over:
        which = on(look.over, quote)
        yield f"Held back by an allowlist item that is over, so not for long: {which}"
    if look.unknown:
        yield f"Held back by an allowlist, until when is not known: {on(look.unknown, quote)}"


def end_of(ending: Ending, look: AllowlistExpiry) -> str:
    """E.g. "2026-12-01 00:00 UTC (6 d)"."""
    return f"{moment(ending.until)} ({age(look.now, ending.until)})"


def on(findings: Sequence[BlockingFinding], quote: Quote = str) -> str:
    """E.g. "CVE-2020-25648 nss-tools and 4 more", the worst first."""
    return named([quote(called(finding.key)) for finding in findings])
