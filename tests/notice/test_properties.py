"""Whatever images and servers call themselves, SNS takes the notice and the schema its result."""

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescan.ledger.news import (
    ImageEvent,
)
from tests.support.notices.drawn import (
    any_news,
)
from tests.support.notices.said import notice_of
from tests.support.notices.schema import errors


@pytest.mark.parametrize("event_type", get_args(ImageEvent))
@given(data=st.data())
@settings(max_examples=60, deadline=None, database=None, derandomize=True)
def test_any_news_can_be_announced(event_type: ImageEvent, data: st.DataObject) -> None:
    notice = notice_of(data.draw(any_news(event_type)))
    assert notice.problems() == []
    assert notice.attributes["event_type"] == event_type
    assert errors(json.loads(notice.result)) == []
