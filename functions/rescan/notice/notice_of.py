"""The notice of what there is to say: a subject and a body for people, attributes for machines."""

from rescan.model import Severity
from rescan.news import EventType, News
from rescan.notice.expiring import Expiring
from rescan.notice.expiring_mail import expiring_body, expiring_subject
from rescan.notice.facts import policy_id
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
from rescan.plain_text import one_line

__all__ = ["notice_of"]

_NONE = "none"


def notice_of(news: News) -> Notice:
    """The notice (NoticeInvalid when the facts contradict the event type); pure.

    It keeps the limits of SNS by construction: the result has at most 120,000 bytes, subject,
    body and the other attributes fewer than 130,000 together.
    """
    match news.event_type:
        case EventType.STOP | EventType.REMINDER:
            return _of_stop(Stop.of(news))
        case EventType.RECOVERED:
            return _of_recovery(Recovery.of(news))
        case EventType.NOT_EVALUATED:
            return _of_outage(Outage.of(news))
        case EventType.EXPIRING:
            return _of_expiring(Expiring.of(news))


def _of_stop(stop: Stop) -> Notice:
    attributes = _attributes(stop.news, stop.worst, _fix(stop.fix_available), stop_result(stop))
    return Notice(stop_subject(stop), stop_body(stop), attributes)


def _of_recovery(recovery: Recovery) -> Notice:
    attributes = _attributes(recovery.news, recovery.worst, _NONE, recovered_result(recovery))
    return Notice(recovered_subject(recovery), recovered_body(recovery), attributes)


def _of_outage(outage: Outage) -> Notice:
    attributes = _attributes(outage.news, Severity.UNKNOWN, _NONE, outage_result(outage))
    return Notice(outage_subject(outage), outage_body(outage), attributes)


def _of_expiring(expiring: Expiring) -> Notice:
    attributes = _attributes(
        expiring.news, expiring.worst, _fix(expiring.fix_available), expiring_result(expiring)
    )
    return Notice(expiring_subject(expiring), expiring_body(expiring), attributes)


def _fix(available: bool | None) -> str:
    return _NONE if available is None else str(available).lower()


def _attributes(news: News, worst: Severity, fix_available: str, result: str) -> dict[str, str]:
    """All ten-at-most of type String; SNS refuses an empty one, so a missing value is "none"."""
    report = news.report
    return {
        "event_type": news.event_type.value,
        "registry": _value(news.tag.registry),
        "repository": _value(news.tag.repository),
        "tag": _value(news.tag.tag),
        "final_action": _value(report.final_action if report else None),
        "policy_id": _value(policy_id(news)),
        "max_severity": _NONE if worst is Severity.UNKNOWN else str(worst),
        "fix_available": fix_available,
        "result": result,
    }


def _value(text: str | None) -> str:
    return one_line(text or "", 256) or _NONE
