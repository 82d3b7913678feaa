"""The message of a group: a subject and a body for people, attributes for machines."""

from collections.abc import Iterable

from rescan.notice.attributes import attributes, value
from rescan.notice.group_chat import group_chat
from rescan.notice.group_mail import group_body, group_subject
from rescan.notice.group_result import group_result
from rescan.outbox.group import Group
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice


def group_notice(group: Group) -> Notice:
    """The notice for the group's channel.

    `registry`, `repository` and `tag` hold each value of its images once.
    A subscription's filter matches a String.Array when any of its values matches: whoever would
    have got one of the notices gets the group.
    """
    tags = [envelope.tag for envelope in group.envelopes]
    said = attributes(
        group.event_type,
        registry=_each(tag.registry for tag in tags),
        repository=_each(tag.repository for tag in tags),
        tag=_each(tag.tag for tag in tags),
        team=group.team,
        final_action=group.final_action,
        policy_id=group.policy_id,
        worst=group.worst,
        fix_available=group.fix_available,
        result=group_result(group),
    )
    body = group_chat(group) if group.channel is Channel.CHAT else group_body(group)
    return Notice(group_subject(group), body, said)


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value(each) for each in values}))
