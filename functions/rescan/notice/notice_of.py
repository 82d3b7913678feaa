"""The notice of what there is to say: a subject and a body for people, attributes for machines."""

from rescan.gate.model import Severity
from rescan.ledger.news import ImageNews
from rescan.notice.attributes import attributes, value
from rescan.notice.expiring import Expiring
from rescan.notice.expiring_mail import expiring_body, expiring_subject
from rescan.notice.facts import policy_id, team_of
from rescan.notice.outage import Outage
from rescan.notice.outage_mail import outage_body, outage_subject
from rescan.notice.recovered_mail import recovered_body, recovered_subject
from rescan.notice.recovery import Recovery
from rescan.notice.result import expiring_result, outage_result, recovered_result, stop_result
from rescan.notice.stop import Stop
from rescan.notice.stop_mail import stop_body, stop_subject
from rescan.notice.told import Told
from rescan.outbox.notice import AttributeValue, Notice


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
    said = _attributes(stop.news, stop.worst, stop.fix_available, stop_result(stop))
    return Notice(stop_subject(stop), stop_body(stop), said)


def _of_recovery(recovery: Recovery) -> Notice:
    said = _attributes(recovery.news, recovery.worst, None, recovered_result(recovery))
    return Notice(recovered_subject(recovery), recovered_body(recovery), said)


def _of_outage(outage: Outage) -> Notice:
    said = _attributes(outage.news, Severity.UNKNOWN, None, outage_result(outage))
    return Notice(outage_subject(outage), outage_body(outage), said)


def _of_expiring(expiring: Expiring) -> Notice:
    result = expiring_result(expiring)
    said = _attributes(expiring.news, expiring.worst, expiring.fix_available, result)
    return Notice(expiring_subject(expiring), expiring_body(expiring), said)


def _attributes(
    news: ImageNews, worst: Severity, fix_available: bool | None, result: str
) -> dict[str, AttributeValue]:
    return attributes(
        news.event_type,
        registry=value(news.tag.registry),
        repository=value(news.tag.repository),
        tag=value(news.tag.tag),
        team=team_of(news),
        final_action=news.report.final_action if news.report else None,
        policy_id=policy_id(news),
        worst=worst,
        fix_available=fix_available,
        result=result,
    )
