"""The short attributes, and the news that no notice is made of."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.gate.model import Outcome, Severity
from rescan.gate.report import Report
from rescan.kernel.errors import NoticeInvalid
from rescan.ledger.changes import ClearedBy
from rescan.ledger.news import (
    ExpiringNews,
    News,
    NotEvaluatedNews,
    RecoveredNews,
    ReminderNews,
    StopNews,
)
from rescan.outbox.notice import AttributeValue
from tests.support.notices.announced import (
    FIRST_STOP,
    NOW,
    SCHEDULE,
    cleared,
    not_evaluated,
    recovered,
    reminder,
    stop,
)
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.reports import (
    TAG,
    evaluation,
    exploited,
    finding,
    no_fix,
    report,
    typical,
)


def test_attribute_without_a_value_is_the_word_none() -> None:
    bare = report(evaluation(policy_id=None), final_action=None)
    attributes = dict(notice_of(stop(bare)).attributes)
    del attributes["result"]
    assert attributes == {
        "event_type": "STOP",
        "registry": TAG.registry,
        "repository": "payments/api",
        "tag": "2.4.1",
        "team": "payments",
        "final_action": "none",
        "max_severity": "none",
        "fix_available": "none",
        "traits": ("none",),
    }


NO_STOP = [outcome for outcome in Outcome if outcome is not Outcome.STOP]


@pytest.mark.parametrize("outcome", NO_STOP)
@pytest.mark.parametrize("kind", [stop, reminder])
def test_nothing_but_a_stop_is_announced_as_one(
    kind: Callable[[Report], News], outcome: Outcome
) -> None:
    expected = f"2.4.1 is {outcome}, expected stop for a {kind.__name__.upper()}$"
    with pytest.raises(NoticeInvalid, match=expected):
        kind(replace(typical(), outcome=outcome))


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in Outcome if outcome not in (Outcome.GO, Outcome.WARN)]
)
def test_nothing_but_a_verdict_is_announced_as_a_recovery(outcome: Outcome) -> None:
    expected = f"2.4.1 is {outcome}, expected go or warn for a RECOVERED$"
    with pytest.raises(NoticeInvalid, match=expected):
        recovered(report=replace(typical(), outcome=outcome))


@pytest.mark.parametrize("outcome", [Outcome.STOP, Outcome.WARN, Outcome.GO])
def test_verdict_is_not_announced_as_not_evaluated(outcome: Outcome) -> None:
    expected = f"2.4.1 is {outcome}, expected no verdict for a NOT_EVALUATED$"
    with pytest.raises(NoticeInvalid, match=expected):
        not_evaluated("why", report=replace(typical(), outcome=outcome))


FACTS: dict[str, Any] = {"id": "1", "tag": TAG, "trigger": SCHEDULE, "at": NOW}


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (StopNews, "report"),
        (ReminderNews, "report"),
        (RecoveredNews, "report"),
        (ExpiringNews, "report"),
        (NotEvaluatedNews, "failing"),
    ],
)
def test_news_without_its_facts_cannot_be_made(kind: type[News], missing: str) -> None:
    with pytest.raises(TypeError, match=f"Missing required argument '{missing}'"):
        kind(**FACTS)


def test_news_that_cannot_be_made_is_no_news_of_a_changed_report_either() -> None:
    news = stop(typical())
    with pytest.raises(NoticeInvalid, match=r"is go, expected stop for a STOP$"):
        replace(news, report=replace(news.report, outcome=Outcome.GO))


def without_result(news: News) -> dict[str, AttributeValue]:
    """The short attributes that say what the notice is about."""
    names = ("event_type", "final_action", "max_severity", "fix_available", "traits")
    attributes = notice_of(news).attributes
    return {name: attributes[name] for name in names}


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        pytest.param(
            stop(typical(), new=frozenset([finding("GHSA-5mg8-w23w-74h3+my-app-1.jar:guava").key])),
            ("STOP", "stop", "medium", "true", ("fixable",)),
            id="only-the-new-findings-count",
        ),
        pytest.param(
            reminder(typical()),
            ("REMINDER", "stop", "critical", "true", ("fixable",)),
            id="reminder",
        ),
        pytest.param(
            recovered(
                cleared("CVE-1+a", None, ClearedBy.FIXED),
                cleared("CVE-2+b", Severity.LOW, ClearedBy.FIXED),
            ),
            ("RECOVERED", "go", "low", "none", ("none",)),
            id="worst-of-the-cleared",
        ),
        pytest.param(recovered(), ("RECOVERED", "go", "none", "none", ("none",)), id="none-known"),
        pytest.param(
            not_evaluated("why", first_stop_at=FIRST_STOP),
            ("NOT_EVALUATED", "none", "none", "none", ("none",)),
            id="not-evaluated",
        ),
        pytest.param(
            stop(exploited()),
            ("STOP", "stop", "critical", "true", ("fixable", "exploited")),
            id="exploited",
        ),
        pytest.param(stop(no_fix()), ("STOP", "stop", "high", "false", ("none",)), id="neither"),
    ],
)
def test_attributes_are_about_what_the_notice_says(
    news: News, expected: tuple[AttributeValue, ...]
) -> None:
    assert tuple(without_result(news).values()) == expected
