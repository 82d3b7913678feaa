"""Whatever images and servers call themselves, SNS takes the notice and the schema its result."""

import json
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.kernel.ui_link import UiLink
from rescan.kernel.web_address import web_address
from rescan.ledger.news import ImageEvent
from tests.support.notices.drawn import any_news
from tests.support.notices.outbox_texts import mail_and_chat, notice_of
from tests.support.notices.schema import errors


@pytest.mark.parametrize("event_type", get_args(ImageEvent))
@given(data=st.data())
@settings(max_examples=25, deadline=None, database=None, derandomize=True)
def test_any_news_can_be_announced(event_type: ImageEvent, data: st.DataObject) -> None:
    notice = notice_of(data.draw(any_news(event_type)))
    assert notice.problems() == []
    assert notice.attributes["event_type"] == event_type
    assert errors(json.loads(notice.result)) == []


LINK = UiLink.parse("https://anchore.example.com/{registry}/{repository}/{tag}/{digest}")
ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?([/?#][A-Za-z0-9/?#&=%+:,._~-]*)?")
WORDS = {
    "final_action": {"stop", "warn", "go", "none"},
    "max_severity": {"critical", "high", "medium", "low", "negligible", "none"},
    "fix_available": {"true", "false", "none"},
    "traits": {"fixable", "exploited", "none"},
}


@pytest.mark.parametrize("event_type", get_args(ImageEvent))
@given(data=st.data())
@settings(max_examples=20, deadline=None, database=None, derandomize=True)
def test_no_text_of_others_gets_into_an_address_or_a_word_that_is_filtered_by(
    event_type: ImageEvent, data: st.DataObject
) -> None:
    drawn = data.draw(any_news(event_type))
    digest = drawn.report.image_digest if drawn.report else None
    mail, chat = mail_and_chat(replace(drawn, anchore_url=LINK.of(drawn.tag, digest)))
    result = json.loads(mail.notice.result)
    findings = result["stopping"]["findings"] if result["stopping"] else []
    addresses = [result["anchore_url"], *(finding["url"] for finding in findings)]
    assert [a for a in addresses if a is not None and not ADDRESS.fullmatch(a)] == []
    lines = {line.strip() for line in mail.notice.body.split("\n")}
    shown = {finding["url"] for finding in findings if finding["new"]} - {None}
    assert shown <= lines
    for name, words in WORDS.items():
        for notice in (mail.notice, chat.notice):
            value = notice.attributes[name]
            assert set([value] if isinstance(value, str) else value) <= words


@given(st.text(), st.sampled_from(["https://nvd.nist.gov/", "http://", ""]))
def test_text_is_an_address_only_when_nothing_in_it_can_end_a_link(text: str, start: str) -> None:
    address = web_address(start + text)
    assert address is None or (address == start + text and ADDRESS.fullmatch(address))
