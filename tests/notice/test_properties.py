"""Whatever images and servers call themselves, SNS takes the notice and the schema its result."""

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.kernel.ui_link import UiLink
from rescan.kernel.web_address import web_address
from rescan.ledger.news import ImageEvent, News
from rescan.outbox.notice import Notice
from tests.support.notices import chat as chat_message
from tests.support.notices.drawn import any_news
from tests.support.notices.outbox_texts import mail_and_chat
from tests.support.notices.schema import errors

LINK = UiLink.parse("https://anchore.example.com/{registry}/{repository}/{tag}/{digest}")
ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?([/?#][A-Za-z0-9/?#&=%+:,._~-]*)?")
WORDS = {
    "final_action": {"stop", "warn", "go", "none"},
    "max_severity": {"critical", "high", "medium", "low", "negligible", "none"},
    "fix_available": {"true", "false", "none"},
    "traits": {"fixable", "exploited", "none"},
}


@st.composite
def linked_or_not(draw: st.DrawFn, event_type: ImageEvent) -> News:
    """Any news of the kind, with or without the image's address in Anchore's UI."""
    news: News = draw(any_news(event_type))
    digest = news.report.image_digest if news.report else None
    return replace(news, anchore_url=draw(st.sampled_from([None, LINK.of(news.tag, digest)])))


def assert_no_text_of_others_is_in_an_address(mail: Notice, result: Any) -> None:
    findings = result["stopping"]["findings"] if result["stopping"] else []
    addresses = [result["anchore_url"], *(finding["url"] for finding in findings)]
    assert [a for a in addresses if a is not None and not ADDRESS.fullmatch(a)] == []
    lines = {line.strip() for line in mail.body.split("\n")}
    shown = {finding["url"] for finding in findings if finding["new"]} - {None}
    assert shown <= lines


def assert_only_known_words_are_filtered_by(notice: Notice) -> None:
    for name, words in WORDS.items():
        value = notice.attributes[name]
        assert set([value] if isinstance(value, str) else value) <= words


@pytest.mark.parametrize("event_type", get_args(ImageEvent))
@given(data=st.data())
@settings(max_examples=30, deadline=None, database=None, derandomize=True)
def test_any_news_can_be_announced(event_type: ImageEvent, data: st.DataObject) -> None:
    """One draw for all that a notice keeps: to draw takes longer than to look at it."""
    mail, chat = (item.notice for item in mail_and_chat(data.draw(linked_or_not(event_type))))
    result = json.loads(mail.result)
    assert (mail.problems(), chat.problems()) == ([], [])
    assert mail.attributes["event_type"] == event_type
    assert (errors(result), chat_message.errors(json.loads(chat.body))) == ([], [])
    assert_no_text_of_others_is_in_an_address(mail, result)
    for notice in (mail, chat):
        assert_only_known_words_are_filtered_by(notice)


@given(st.text(), st.sampled_from(["https://nvd.nist.gov/", "http://", ""]))
def test_text_is_an_address_only_when_nothing_in_it_can_end_a_link(text: str, start: str) -> None:
    address = web_address(start + text)
    assert address is None or (address == start + text and ADDRESS.fullmatch(address))
