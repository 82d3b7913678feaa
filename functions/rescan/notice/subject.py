"""The subject of a notice: STOP, how many findings, how bad, and the image."""

import re

from rescan.model import Severity
from rescan.notice.stop import Cause, Stop

__all__ = ["counted", "short_name", "subject"]

_LONGEST = 99
_NOT_PRINTABLE = re.compile(r"[^ -~]")


def subject(stop: Stop) -> str:
    """At most 99 printable ASCII characters; a long image name loses its beginning."""
    said = ", ".join(_details(stop))
    start = f"STOP: {_number(stop)}{f' ({said})' if said else ''} in "
    return start + _from_the_left(short_name(stop), _LONGEST - len(start))


def short_name(stop: Stop) -> str:
    """repository:tag in printable ASCII; the registry stands in the body."""
    tag = stop.report.tag
    return _NOT_PRINTABLE.sub("?", f"{tag.repository}:{tag.tag}")


def counted(number: int, noun: str) -> str:
    """E.g. "1 finding", "20,000 findings"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _number(stop: Stop) -> str:
    if stop.cause is Cause.FINDINGS_UNREADABLE:
        return "unknown number of findings"
    return counted(len(stop.findings), "finding")


def _details(stop: Stop) -> list[str]:
    details = [] if stop.worst is Severity.UNKNOWN else [str(stop.worst)]
    if stop.cause in (Cause.FINDINGS, Cause.FINDINGS_UNREADABLE):
        return details
    return [*details, str(stop.cause)]


def _from_the_left(text: str, longest: int) -> str:
    """A tag tells more than the first folder of a repository, so the end is what stays."""
    return text if len(text) <= longest else "..." + text[-(longest - 3) :]
