"""Groups as the publisher puts them together, and what each of their messages must keep."""

import json
from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from rescan.kernel.image_tag import ImageTag
from rescan.notice.render import group_notice
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group
from rescan.outbox.grouping import plan
from rescan.outbox.items import Channel, PendingNotice
from tests.support.notices import chat as chat_message
from tests.support.notices import schema
from tests.support.notices.announced import NOW
from tests.support.notices.group_cases import RULES
from tests.support.notices.outbox_texts import group_chat


def broken(group: Group) -> list[str]:
    """Every limit and every rule of a schema that its mail or its chat message breaks."""
    mail, chat = group_notice(group), group_chat(group)
    return [
        *mail.problems(),
        *chat.problems(),
        *schema.errors(json.loads(mail.result)),
        *chat_message.errors(json.loads(chat.body)),
    ]


def groups(envelopes: list[Envelope]) -> list[Group]:
    """The messages about several images that the publisher makes of notices for one team."""
    waiting = [PendingNotice(Channel.STOPS, envelope) for envelope in envelopes]
    made = plan(waiting, {}, RULES, NOW + RULES.collected + RULES.window).groups
    return [group for group in made if len(group.members) > 1]


def many_of(envelope: Envelope, character: str, images: int) -> Iterator[Envelope]:
    """So many, each of a registry, a repository and a tag of its own, all long."""
    for number in range(images):
        name = f"{number}{character * 400}"
        tag = ImageTag(name, name, name)
        yield replace(envelope, id=name, subject=name, tag=tag, at=NOW + timedelta(seconds=number))
