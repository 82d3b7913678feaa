"""The notice of a STOP: a subject and a body for people, attributes for machines."""

from rescan.model import Report, Severity
from rescan.notice.body import body
from rescan.notice.notice import Notice
from rescan.notice.result import result
from rescan.notice.stop import Stop
from rescan.notice.subject import subject
from rescan.plain_text import one_line

__all__ = ["stop_notice"]

_NONE = "none"


def stop_notice(report: Report) -> Notice:
    """The notice of a report whose outcome is STOP (NoticeInvalid otherwise); pure.

    It keeps the limits of SNS by construction: the result has at most 120,000 bytes, subject,
    body and the other attributes fewer than 130,000 together.
    """
    stop = Stop.of(report)
    return Notice(subject(stop), body(stop), _attributes(stop))


def _attributes(stop: Stop) -> dict[str, str]:
    """All ten-at-most of type String; SNS refuses an empty one, so a missing value is "none"."""
    report = stop.report
    worst = None if stop.worst is Severity.UNKNOWN else str(stop.worst)
    return {
        "event_type": "STOP",
        "registry": _value(report.tag.registry),
        "repository": _value(report.tag.repository),
        "tag": _value(report.tag.tag),
        "final_action": _value(report.final_action),
        "policy_id": _value(report.policy_id),
        "max_severity": _value(worst),
        "fix_available": _NONE if stop.fix_available is None else str(stop.fix_available).lower(),
        "result": result(stop),
    }


def _value(text: str | None) -> str:
    return one_line(text or "", 256) or _NONE
