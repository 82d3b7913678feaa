"""What a reader of the notices comes to know of an image."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rescan.gate.model import Severity
from rescan.ledger.changes import Change
from rescan.outbox.notice import Notice
from tests.support.one_image import Evaluated

GONE = "no longer in Anchore"


@dataclass(frozen=True)
class Reader:
    """One who has read all notices so far; what comes again, by its id, ends no STOP again.

    `findings` are what a STOP named, `exploited` what it called so; `turned` counts how often that
    was the news of a finding. `surprises` are notices that make no sense after the others.
    """

    stopped: bool = False
    findings: Mapping[str, Severity | None] = field(default_factory=dict)
    exploited: frozenset[str] = frozenset()
    turned: Mapping[str, int] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    surprises: tuple[str, ...] = ()

    def after(self, notice: Notice) -> "Reader":
        """The same, one notice later."""
        result = json.loads(notice.result)
        seen = result["id"] in self.ids
        reader = replace(self, ids=self.ids | {result["id"]})
        match result["event_type"]:
            case "STOP":
                return _stopped(reader, result, [] if seen else _turned(result))
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


def _turned(result: Any) -> list[str]:
    """The findings of which it is news that they are known to be exploited."""
    changes = (result["changes"] or {}).get("findings", [])
    turned = [found for found in changes if found["change"] == Change.EXPLOITED]
    return [found["what"].partition("+")[0] for found in turned]


def _stopped(reader: Reader, result: Any, turned: list[str]) -> Reader:
    """Severity None: it was once published as unknown, after which no other is a raise."""
    known, findings = dict(reader.findings), result["stopping"]["findings"]
    for found in findings:
        cve, severity = found["vulnerability"], Severity.parse(found["severity"])
        before = known.get(cve, severity)
        known[cve] = max(severity, before) if severity and before else None
    exploited = {found["vulnerability"] for found in findings if found["known_exploited"]}
    return replace(
        reader,
        stopped=True,
        findings=known,
        exploited=reader.exploited | exploited,
        turned=Counter(reader.turned) + Counter(turned),
    )


def _relieved(reader: Reader, surprise: str) -> Reader:
    return replace(
        _doubting(reader, surprise), stopped=False, findings={}, exploited=frozenset(), turned={}
    )


def _doubting(reader: Reader, surprise: str) -> Reader:
    if reader.stopped:
        return reader
    return replace(reader, surprises=(*reader.surprises, surprise))
