"""Entries of the ledger, and the reports that change them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Raw, json
from msgspec.structs import replace

from rescan.gate.evaluation import Evaluation, Finding, FindingKey
from rescan.gate.model import (
    Outcome,
    Severity,
    Trigger,
    TriggerKind,
    Vulnerability,
    VulnerabilityList,
)
from rescan.gate.report import Report, Scan
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.entry import Entry, subject_of
from rescan.ledger.news import EventType, News
from rescan.ledger.transitions import NotificationPolicy
from rescan.ledger.unreported import UnreportedChanges
from tests.support.fakes import NOON

TAG = ImageTag.parse("reg.io/app:1")


OLD, NEW, OTHER = (Digest(f"sha256:{letter * 64}") for letter in "abc")


PACE = NotificationPolicy(reminder=timedelta(hours=24), not_evaluated=timedelta(hours=6))


TRIGGER = Trigger(TriggerKind.SCHEDULE)


FRESH = Entry(subject=subject_of(None, TAG, None), tag=TAG)


HOUR = timedelta(hours=1)


# Other images, whose scans find something whenever one looks.
WORKING = (Scan(NOON + 1000 * HOUR, "reg.io/other:1"),)


def finding(cve: str, **changes: object) -> Finding:
    found = Finding(
        gate="vulnerabilities",
        trigger="package",
        trigger_id=f"{cve}+lib",
        action="stop",
        policy_id="p",
    )
    return replace(found, **changes)


def key(cve: str) -> FindingKey:
    return finding(cve).key


def report(
    outcome: Outcome = Outcome.STOP,
    *findings: Finding,
    digest: Digest = OLD,
    severities: dict[str, str] | None = None,
    exploited: Mapping[str, bool | None] = MappingProxyType({}),
    **evaluation: object,
) -> Report:
    """A report; `severities` are the rows of the vulnerability list, None when it was not read.

    The rows of what is in `exploited` say whether it is known to be exploited.
    """
    said = Evaluation(
        image_digest=digest,
        evaluated_tag=str(TAG),
        policy_id="p",
        final_action=outcome.value,
        policy_digest="policy-1",
        findings=findings,
    )
    rows = [
        Vulnerability(
            vuln=cve,
            severity=severity,
            package_name="lib",
            is_kev=Raw(json.encode(exploited.get(cve))),
        )
        for cve, severity in (severities or {}).items()
    ]
    return Report(
        tag=TAG,
        trigger=TRIGGER,
        outcome=outcome,
        reason="because",
        image_digest=digest,
        vulnerabilities=None if severities is None else VulnerabilityList(rows, Raw(b"[]")),
        evaluation=replace(said, **evaluation),
    )


def stopped(*severities: tuple[str, Severity | None], at: datetime = NOON) -> Entry:
    """An entry that was said to be stopped by these."""
    known = {key(cve): severity for cve, severity in severities}
    return replace(
        FRESH,
        version=1,
        verdict=Outcome.STOP,
        digest=OLD,
        policy_digest="policy-1",
        stopping=AnnouncedFindings(known, len(known)),
        unreported=UnreportedChanges(OLD, "policy-1"),
        first_stop_at=at,
        evaluated_at=at,
        result_at=at,
        notice_at=at,
    )


def kind(news: News | None) -> EventType | None:
    return news.event_type if news else None
