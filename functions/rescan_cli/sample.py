"""A STOP of no image, for trying out who reads the topic: whole, and marked TEST all over."""

from datetime import datetime

from msgspec import Raw
from msgspec.structs import replace

from rescan.gate.evaluation import Evaluation, Finding
from rescan.gate.model import Outcome, Trigger, TriggerKind, Vulnerability, VulnerabilityList
from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.news import StopNews, stable_id
from rescan.notice.render import outbox_items
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice

MARK = "TEST"
_TAG = ImageTag("registry.example.com", "anchore-rescan/test-notice", "TEST")
_POLICY = "TEST-policy"
_NOTE = "TEST: sent by anchore-rescan test-notice. There is no such image; nothing is stopped."
# Real ones, so that links and filters behind the topic have something to find.
_ROWS = (
    Vulnerability(
        vuln="CVE-2021-44228",
        severity="Critical",
        package="log4j-core-2.14.1",
        package_name="log4j-core",
        package_version="2.14.1",
        package_path="/app/lib/log4j-core-2.14.1.jar",
        fix="2.17.1",
    ),
    Vulnerability(
        vuln="CVE-2011-3374",
        severity="Negligible",
        package="apt-2.6.1",
        package_name="apt",
        package_version="2.6.1",
        fix="None",
    ),
)
_FINDINGS = (
    Finding(
        gate="vulnerabilities",
        trigger="package",
        trigger_id="CVE-2021-44228+log4j-core",
        message="CRITICAL Vulnerability found in java package type - log4j-core (CVE-2021-44228)",
        action="stop",
        policy_id=_POLICY,
        rule_id="TEST-rule",
    ),
    Finding(
        gate="dockerfile",
        trigger="effective_user",
        trigger_id="TEST-finding",
        message="User root found as effective user",
        action="stop",
        policy_id=_POLICY,
        rule_id="TEST-rule",
    ),
)


def sample_notice(now: datetime, team: str) -> Notice:
    """By the way and in the shape of every STOP: filters and readers see what they will see.

    Its event type is STOP; subject and body begin with TEST, and so does the result's `id`.
    """
    news = StopNews(
        id=f"{MARK}-{stable_id(now)}",
        tag=_TAG,
        trigger=Trigger(TriggerKind.DIRECT),
        at=now,
        policy_id=_POLICY,
        report=_report(now),
        first_stop_at=now,
        team=team,
    )
    notice = outbox_items(news, [Channel.STOPS])[0].notice
    subject = f"{MARK}: {notice.subject}"[:99]
    return replace(notice, subject=subject, body=f"{_NOTE}\n\n{notice.body}")


def _report(now: datetime) -> Report:
    digest = Digest(f"sha256:{0:064x}")
    return Report(
        tag=_TAG,
        trigger=Trigger(TriggerKind.DIRECT),
        outcome=Outcome.STOP,
        reason="2 findings stop it",
        image_digest=digest,
        vulnerabilities=VulnerabilityList(_ROWS, Raw(b"[]")),
        final_action="stop",
        policy_id=_POLICY,
        evaluation=Evaluation(
            image_digest=digest,
            evaluated_tag=str(_TAG),
            policy_id=_POLICY,
            final_action="stop",
            final_action_reason="policy_evaluation",
            evaluated_at=now.isoformat(timespec="seconds"),
            mapped_to_rule=True,
            problems=(),
            findings=_FINDINGS,
        ),
        notes=(_NOTE,),
    )
