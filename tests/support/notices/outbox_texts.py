"""News as it is written into the outbox: the mail, the chat message, the gist."""

from msgspec.structs import replace

from rescan.ledger.news import News
from rescan.notice.render import group_notice, outbox_items
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice


def notice_of(news: News) -> Notice:
    """For the STOP topic."""
    return _due(news, Channel.STOPS).notice


def chat_of(news: News) -> Notice:
    """For the chat topic."""
    return _due(news, Channel.CHAT).notice


def mail_and_chat(news: News) -> tuple[OutboxItem, OutboxItem]:
    """Both, of which what they share is worked out once."""
    mail, chat = outbox_items(news, [Channel.STOPS, Channel.CHAT])
    return mail, chat


def envelope_of(news: News) -> Envelope:
    """By which it is put together with others."""
    return _due(news, Channel.STOPS).envelope


def group_chat(group: Group) -> Notice:
    """Of the same notices, as they wait for the chat topic."""
    members = tuple(replace(member, channel=Channel.CHAT) for member in group.members)
    return group_notice(replace(group, members=members))


def _due(news: News, channel: Channel) -> OutboxItem:
    (due,) = outbox_items(news, [channel])
    return due
