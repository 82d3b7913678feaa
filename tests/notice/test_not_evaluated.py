"""Rules of the NOT_EVALUATED mail that no golden notice shows."""

import pytest

from rescan.ledger.failing import Failing
from rescan.ledger.news import News
from tests.support.notices.announced import FIRST_STOP, NOW, not_evaluated
from tests.support.notices.news_cases import (
    credentials_refused,
    no_longer_in_anchore,
    watched_tag_not_found,
)
from tests.support.notices.outbox_texts import notice_of


@pytest.mark.parametrize(
    ("news", "subject", "says"),
    [
        pytest.param(
            credentials_refused(),
            "NOT EVALUATED for 7 h: payments/api:2.4.1",
            "No STOP stands against it",
            id="error",
        ),
        pytest.param(
            not_evaluated("why", first_stop_at=FIRST_STOP),
            "NOT EVALUATED for 7 h, still STOP: payments/api:2.4.1",
            "STOP, since 2026-11-20",
            id="error-while-stopped",
        ),
        pytest.param(
            no_longer_in_anchore(),
            "NOT EVALUATED, no longer in Anchore, still STOP: payments/api:2.4.1",
            "STOP, since 2026-11-20",
            id="gone",
        ),
        pytest.param(
            watched_tag_not_found(),
            "NOT EVALUATED for 7 h, not in Anchore: payment/api:2.4.1",
            "No STOP stands against it",
            id="watched",
        ),
    ],
)
def test_standing_stop_is_said_in_subject_first_line_and_second_paragraph(
    news: News, subject: str, says: str
) -> None:
    notice = notice_of(news)
    first, second, *_ = notice.body.split("\n\n")
    assert (notice.subject, first.split("\n")[0]) == (subject, f"{subject}.")
    assert says in second.replace("\n", " ")


@pytest.mark.parametrize("news", [no_longer_in_anchore(), watched_tag_not_found()])
def test_image_that_anchore_does_not_have_is_not_promised_another_try(news: News) -> None:
    assert "tried again" not in notice_of(news).body


def test_step_that_nobody_knows_is_shown_as_it_is() -> None:
    body = notice_of(not_evaluated("why", failing=Failing(NOW, "submit", "why"))).body
    assert "\nStep       submit\n" in body
