"""The notice of what there is to say: a subject and a body for people, attributes for machines."""

from rescan.model import Severity
from rescan.news import News
from rescan.notice.expiring import Expiring
from rescan.notice.expiring_mail import expiring_body, expiring_subject
from rescan.notice.facts import policy_id, team_of
from rescan.notice.notice import Notice
from rescan.notice.outage import Outage
from rescan.notice.outage_mail import outage_body, outage_subject
from rescan.notice.recovered_mail import recovered_body, recovered_subject
from rescan.notice.recovery import Recovery
from rescan.notice.result import (
    expiring_result,
    outage_result,
    recovered_result,
    stop_result,
)
from rescan.notice.stop import Stop
from rescan.notice.stop_mail import stop_body, stop_subject
from rescan.notice.told import Told
from rescan.plain_text import one_line

__all__ = ["NONE", "fix_word", "notice_of", "value"]

# SNS refuses an empty attribute.
NONE = "none"


def notice_of(told: Told) -> Notice:
    """The notice; pure.

    It keeps the limits of SNS by construction: the result has at most 120,000 bytes, subject,
    body and the other attributes fewer than 130,000 together.
    """
    match told:
        case Stop():
            return _of_stop(told)
        case Recovery():
            return _of_recovery(told)
        case Outage():
            return _of_outage(told)
        case Expiring():
            return _of_expiring(told)


def _of_stop(stop: Stop) -> Notice:
    fix = fix_word(stop.fix_available)
    attributes = _attributes(stop.news, stop.worst, fix, stop_result(stop))
    return Notice(stop_subject(stop), stop_body(stop), attributes)


def _of_recovery(recovery: Recovery) -> Notice:
    attributes = _attributes(recovery.news, recovery.worst, NONE, recovered_result(recovery))
    return Notice(recovered_subject(recovery), recovered_body(recovery), attributes)


def _of_outage(outage: Outage) -> Notice:
    attributes = _attributes(outage.news, Severity.UNKNOWN, NONE, outage_result(outage))
    return Notice(outage_subject(outage), outage_body(outage), attributes)


def _of_expiring(expiring: Expiring) -> Notice:
    fix = fix_word(expiring.fix_available)
    attributes = _attributes(expiring.news, expiring.worst, fix, expiring_result(expiring))
    return Notice(expiring_subject(expiring), expiring_body(expiring), attributes)


def _attributes(news: News, worst: Severity, fix_available: str, result: str) -> dict[str, str]:
    """Ten, as many as SNS delivers raw. It refuses an empty one: a missing value is "none"."""
    report = news.report
    return {
        "event_type": news.event_type.value,
        "registry": value(news.tag.registry),
        "repository": value(news.tag.repository),
        "tag": value(news.tag.tag),
        "team": team_of(news),
        "final_action": value(report.final_action if report else None),
        "policy_id": value(policy_id(news)),
        "max_severity": NONE if worst is Severity.UNKNOWN else str(worst),
        "fix_available": fix_available,
        "result": result,
    }


def fix_word(fix_available: bool | None) -> str:
    """Of the attribute: true, false, or none where nothing is known of fixes."""
    return NONE if fix_available is None else str(fix_available).lower()


def value(text: str | None) -> str:
    """Of an attribute: bounded, never empty."""
    return one_line(text or "", 256) or NONE
