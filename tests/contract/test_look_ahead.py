"""A recorded answer whose allowlist item has an end: from Anchore's words to those of the mail."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import json

from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.ledger.news import ExpiringNews
from rescan.notice.result import verdict_result
from tests.recordings import recording
from tests.support.contract.drift import CHECK, drifted, reported
from tests.support.notices.outbox_texts import notice_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HELD = "CVE-2017-17458+mercurial"


def held_alone_until(end: Any) -> Callable[[Any], Any]:
    """Only what an allowlist holds back is left, by an item that ends so."""

    def change(check: Any) -> Any:
        (evaluation,) = check["evaluations"]
        evaluation["final_action"] = "go"
        details = evaluation["details"]
        details["findings"] = [f for f in details["findings"] if f["allowlisted"]]
        details["policy"]["allowlists"][0]["items"][0]["expires_on"] = end
        return check

    return change


def gone_through_until(end: Any) -> Report:
    report = reported(drifted(recording("stop"), CHECK, held_alone_until(end)))
    assert report.outcome is Outcome.GO
    return report


def test_end_in_the_answer_becomes_an_expiring() -> None:
    report = gone_through_until("2026-12-01T00:00:00Z")
    notice = notice_of(ExpiringNews.unremembered(report, NOW))
    assert notice.subject == "EXPIRING: GO until 2026-12-01, then STOP (high): payments/api:2.4.1"
    assert f"then STOP on {HELD.replace('+', ' ')}." in notice.body.replace("\n", " ")


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param("2026-12-01T00:00:00", [("2026-12-01T00:00:00Z", HELD)], id="no-zone"),
        pytest.param("2026-11-01T00:00:00Z", [(None, HELD)], id="over"),
        pytest.param("next week", [(None, HELD)], id="no-moment"),
        pytest.param(1795167064, [(None, HELD)], id="a-number"),
        pytest.param({"at": []}, [(None, HELD)], id="an-object"),
        pytest.param(None, [], id="no-end"),
    ],
)
def test_only_an_end_that_is_certain_is_promised(
    end: Any, expected: list[tuple[str | None, str]]
) -> None:
    report = gone_through_until(end)
    result = json.decode(verdict_result(report, NOW))
    held = result["held_back"]["findings"]
    assert [(found["until"], found["what"]) for found in held] == expected
