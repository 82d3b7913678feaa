"""Notices as messages: of news for the outbox, of a summary for the outbox, of a group for SNS."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from rescan.ledger.news import News
from rescan.notice.attributes import attributes, value
from rescan.notice.chat import chat_body
from rescan.notice.envelopes import envelope_of
from rescan.notice.group_chat import group_chat
from rescan.notice.group_mail import group_body, group_subject
from rescan.notice.group_result import group_result
from rescan.notice.notice_of import notice_of
from rescan.notice.summary import Summary
from rescan.notice.summary_chat import summary_chat
from rescan.notice.summary_notice import summary_envelope, summary_mail
from rescan.notice.told import told_of
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice


def outbox_items(news: News, channels: Iterable[Channel]) -> tuple[OutboxItem, ...]:
    """The notice of the news for each channel; NoticeInvalid when its facts contradict its kind."""
    told = told_of(news)
    return _for_each(channels, envelope_of(told), notice_of(told), lambda: chat_body(told))


def summary_outbox_items(summary: Summary, channels: Iterable[Channel]) -> tuple[OutboxItem, ...]:
    """The notice of the summary for each channel, under the id of its day.

    A summary that still waits in the outbox is replaced by the next one of the same day.
    """
    envelope = summary_envelope(summary)
    mail = summary_mail(summary)
    return _for_each(channels, envelope, mail, lambda: summary_chat(summary, envelope.id))


def group_notice(group: Group) -> Notice:
    """The message of the group for its channel.

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


def _for_each(
    channels: Iterable[Channel], envelope: Envelope, mail: Notice, chat: Callable[[], str]
) -> tuple[OutboxItem, ...]:
    """All with the mail's subject and attributes, so that filters choose alike."""
    return tuple(
        OutboxItem(
            channel, envelope, replace(mail, body=chat()) if channel is Channel.CHAT else mail
        )
        for channel in channels
    )


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value(each) for each in values}))
