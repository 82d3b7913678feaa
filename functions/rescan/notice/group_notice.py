"""The message of a group: a subject and a body for people, attributes for machines."""

from collections.abc import Iterable

from rescan.model import Severity
from rescan.notice.group import Group
from rescan.notice.group_mail import group_body, group_subject
from rescan.notice.group_result import group_result
from rescan.notice.notice import Notice
from rescan.notice.notice_of import NONE, fix_word, value

__all__ = ["group_notice"]


def group_notice(group: Group) -> Notice:
    """The notice; `registry`, `repository` and `tag` hold each value of its images once.

    A subscription's filter matches a String.Array when any of its values matches: whoever would
    have got one of the notices gets the group.
    """
    tags = [gist.tag for gist in group.gists]
    worst = group.worst
    attributes: dict[str, str | tuple[str, ...]] = {
        "event_type": group.event_type.value,
        "registry": _each(tag.registry for tag in tags),
        "repository": _each(tag.repository for tag in tags),
        "tag": _each(tag.tag for tag in tags),
        "team": group.team,
        "final_action": value(group.final_action),
        "policy_id": value(group.policy_id),
        "max_severity": NONE if worst is Severity.UNKNOWN else str(worst),
        "fix_available": fix_word(group.fix_available),
        "result": group_result(group),
    }
    return Notice(group_subject(group), group_body(group), attributes)


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value(each) for each in values}))
