"""By when findings are due, and what is overdue: in the first line, the list and the result."""

import json
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.ledger.news import News, StoppedNews
from rescan.notice.render import group_notice
from rescan.notice.times import due
from tests.support.notices.announced import NOW, reminder, stop
from tests.support.notices.group_cases import about, group_of, of_an_exploit, tags
from tests.support.notices.news_cases import now_exploited, overdue
from tests.support.notices.outbox_texts import chat_of, group_chat, notice_of
from tests.support.notices.reports import exploited, typical

TODAY = NOW.date()
KEYS = [finding.key for finding in typical().blocking]
FRIDAY = date(2026, 11, 27)


def first_lines(body: str) -> str:
    return " ".join(body.split("\n\n", 1)[0].splitlines())


def dated(*dates: date) -> dict[FindingKey, date]:
    return dict(zip(KEYS, dates, strict=False))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        pytest.param(3, "due Friday 2026-11-27", id="ahead"),
        pytest.param(0, "due Tuesday 2026-11-24", id="today"),
        pytest.param(-1, "overdue by 1 day", id="yesterday"),
        pytest.param(-1_000, "overdue by 1,000 days", id="long-ago"),
    ],
)
def test_a_date_is_due_until_its_day_is_over(days: int, words: str) -> None:
    assert due(TODAY + timedelta(days=days), TODAY) == words


def test_first_line_of_a_stop_says_when_the_first_finding_is_due() -> None:
    news = stop(typical(), due=dated(FRIDAY + timedelta(days=9), FRIDAY))
    said = first_lines(notice_of(news).body)
    assert "6 findings stop payments/api:2.4.1, due Friday 2026-11-27." in said


def test_reminder_that_is_overdue_leads_with_it() -> None:
    notice = notice_of(overdue())
    assert notice.subject.startswith(
        "REMINDER: overdue by 4 days, still STOP after 4 d, 3 findings"
    )
    assert first_lines(notice.body).startswith(
        "REMINDER, critical, exploited: overdue by 4 days, still STOP after 4 d. 3 findings stop"
        " payments/api:2.4.1. Do not deploy it."
    )
    assert "Due        Friday 2026-11-20, overdue by 4 days\n" in notice.body


def test_reminder_that_is_not_overdue_says_when_it_will_be() -> None:
    said = first_lines(notice_of(reminder(typical(), due=dated(FRIDAY))).body)
    assert "still STOP after 4 d. 6 findings stop payments/api:2.4.1, due Friday" in said


def test_each_finding_has_its_date_where_they_differ() -> None:
    body, chat = notice_of(overdue()).body, chat_of(overdue()).body
    assert "     overdue by 4 days; EPSS 94 %;" in body
    assert "     due Saturday 2026-12-05; EPSS 10 %;" in body
    assert chat.count("overdue by 4 days") == 4  # title, summary, lead, finding
    assert chat.count("due Saturday 2026-12-05") == 1


def test_one_date_of_all_findings_is_said_once() -> None:
    news = stop(typical(), due=dict.fromkeys(KEYS, FRIDAY))
    body = notice_of(news).body
    assert (body.count("due Friday"), body.count("Due        Friday 2026-11-27")) == (1, 1)


@pytest.mark.parametrize("news", [stop(typical()), reminder(typical())])
def test_without_dates_nothing_is_said_of_any(news: News) -> None:
    notice = notice_of(news)
    assert "due" not in notice.body.lower().replace("overdue", "due")
    assert "due_at" not in notice.result
    assert "overdue" not in notice.attributes["traits"]


def test_result_has_the_dates_of_the_image_and_of_each_finding() -> None:
    result = json.loads(notice_of(overdue()).result)
    assert result["due_at"] == "2026-11-20"
    assert [found.get("due_at") for found in result["stopping"]["findings"]] == [
        "2026-11-20",
        "2026-12-05",
        None,
    ]


@pytest.mark.parametrize(("late", "trait"), [(0, False), (1, True)])
def test_trait_says_that_the_image_is_overdue(late: int, trait: bool) -> None:
    new = frozenset([KEYS[0]])
    news = stop(typical(), new=new, due={KEYS[-1]: TODAY - timedelta(days=late)})
    assert ("overdue" in notice_of(news).attributes["traits"]) is trait


# --- now known to be exploited


def test_it_is_said_first_that_a_finding_is_now_known_to_be_exploited() -> None:
    notice = notice_of(now_exploited())
    assert notice.subject == (
        "STOP: CVE-2023-4911 is now known to be exploited (high) in payments/api:2.4.1"
    )
    assert first_lines(notice.body).startswith(
        "STOP, high, exploited: CVE-2023-4911 is now known to be exploited. 1 finding stops"
        " payments/api:2.4.1, due Friday 2026-11-27. Do not deploy it."
    )
    assert "- 1 now known to be exploited: CVE-2023-4911 glibc-common" in notice.body


def test_the_one_that_turned_comes_before_what_is_new_with_it() -> None:
    said = now_exploited()
    assert isinstance(said, StoppedNews)
    every = frozenset(finding.key for finding in exploited().blocking)
    result = json.loads(notice_of(replace(said, new=every)).result)
    assert [found["new"] for found in result["stopping"]["findings"]] == [True] * 3
    assert result["stopping"]["findings"][0]["vulnerability"] == "CVE-2023-4911"
    assert first_lines(notice_of(replace(said, new=every)).body).startswith(
        "STOP, critical, exploited: CVE-2023-4911 is now known to be exploited. 3 new findings stop"
    )


# --- many images


def test_group_says_what_is_now_known_to_be_exploited_and_of_how_many_images() -> None:
    notice = group_notice(of_an_exploit())
    assert notice.subject == (
        "STOP, exploited: CVE-2023-4911 (high) is now known to be exploited: stops 12 images"
    )
    group = json.loads(notice.result)["group"]
    assert group["matter"]["now_exploited"] is True
    assert {member["due_at"] for member in group["members"]} == {"2026-11-27"}


def test_group_of_reminders_says_how_many_images_are_overdue() -> None:
    keys = [finding.key for finding in exploited().blocking]
    newses = [
        about(reminder(exploited(), due={keys[0]: TODAY - timedelta(days=number % 3)}), number, tag)
        for number, tag in enumerate(tags(range(12)))
    ]
    group = group_of(newses)
    notice = group_notice(group)
    assert "8 of 12 images are overdue." in first_lines(notice.body)
    assert json.loads(notice.result)["group"]["overdue"] == 8
    assert notice.attributes["traits"] == ("fixable", "exploited", "overdue")
    assert "8 of 12 images are overdue" in group_chat(group).body
