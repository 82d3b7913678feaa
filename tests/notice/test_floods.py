"""Of thousands of findings, each as long as it may be, every message keeps every limit."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from rescan.ledger.news import News
from rescan.notice.result import LARGEST_RESULT
from rescan.outbox.grouping import MOST_IMAGES
from rescan.outbox.items import OutboxItem
from tests.support.notices.chat import errors
from tests.support.notices.floods import expiring_flood, flood, outage_flood, recovery_flood
from tests.support.notices.groups import broken, groups, many_of
from tests.support.notices.outbox_texts import mail_and_chat

pytestmark = pytest.mark.slow

Flood = Callable[[str], News]
IN_TAGS = {
    "four-bytes": "\U0001f680",
    "control": "\x01",
    "backtick": "`",
    "hosts": ".ab",
}
# No lone surrogate in a tag: the decoder of every answer refuses it.
CHARACTERS = {**IN_TAGS, "quote": '"', "surrogate": "\ud800"}
FLOODS = [flood, recovery_flood, outage_flood, expiring_flood]


@cache
def written(flooded: Flood, character: str) -> tuple[OutboxItem, OutboxItem]:
    """The mail and the chat message."""
    return mail_and_chat(flooded(character))


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
@pytest.mark.parametrize("flooded", FLOODS)
def test_mail_of_a_flood_keeps_every_limit(flooded: Flood, character: str) -> None:
    mail = written(flooded, character)[0].notice
    assert mail.problems() == []
    assert mail.size() <= 250_000
    assert len(mail.result.encode()) <= LARGEST_RESULT


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
@pytest.mark.parametrize("flooded", FLOODS)
def test_chat_message_of_a_flood_keeps_every_limit(flooded: Flood, character: str) -> None:
    chat = written(flooded, character)[1].notice
    assert (errors(json.loads(chat.body)), chat.problems()) == ([], [])


@pytest.mark.parametrize("flooded", FLOODS)
@pytest.mark.parametrize("character", IN_TAGS.values(), ids=IN_TAGS)
def test_group_of_long_names_keeps_every_limit(flooded: Flood, character: str) -> None:
    envelope = written(flooded, character)[0].envelope
    made = groups(list(many_of(envelope, character, MOST_IMAGES)))
    assert sum(len(group.members) for group in made) == MOST_IMAGES
    assert [problem for group in made for problem in broken(group)] == []
