"""What a reader of the notices comes to know of an image."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rescan.gate.model import Severity
from rescan.outbox.notice import Notice
from tests.support.one_image import Evaluated

GONE = "no longer in Anchore"


@dataclass(frozen=True)
class Reader:
    """One who has read all notices so far; what comes again, by its id, ends no STOP again.

    `findings` are what a STOP named; `surprises` are notices that make no sense after the others.
    """

    stopped: bool = False
    findings: Mapping[str, Severity | None] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    surprises: tuple[str, ...] = ()

    def after(self, notice: Notice) -> "Reader":
        """The same, one notice later."""
        result = json.loads(notice.result)
        seen = result["id"] in self.ids
        reader = replace(self, ids=self.ids | {result["id"]})
        match result["event_type"]:
            case "STOP":
                return _stopped(reader, result["stopping"]["findings"])
            case "REMINDER":
                return _doubting(reader, "REMINDER of no STOP")
            case "RECOVERED" if not seen:
                return _relieved(reader, "RECOVERED from no STOP")
            case "NOT_EVALUATED" if not seen and GONE in result["failing"]["reason"]:
                return _relieved(reader, "end of no STOP")
        return reader

    def knows(self, evaluated: Evaluated) -> bool:
        """Whether this STOP was published, with each finding, and a severity where it was known."""
        return self.stopped and all(
            cve in self.findings and (severity or 0) <= (self.findings[cve] or Severity.CRITICAL)
            for cve, severity in evaluated.severities().items()
        )


def _stopped(reader: Reader, findings: list[dict[str, Any]]) -> Reader:
    """Severity None: it was once published as unknown, after which no other is a raise."""
    known = dict(reader.findings)
    for found in findings:
        cve, severity = found["vulnerability"], Severity.parse(found["severity"])
        before = known.get(cve, severity)
        known[cve] = max(severity, before) if severity and before else None
    return replace(reader, stopped=True, findings=known)


def _relieved(reader: Reader, surprise: str) -> Reader:
    return replace(_doubting(reader, surprise), stopped=False, findings={})


def _doubting(reader: Reader, surprise: str) -> Reader:
    if reader.stopped:
        return reader
    return replace(reader, surprises=(*reader.surprises, surprise))
