"""Notices stay within the limits, whatever the number and length of what they say."""

import json

import pytest

from rescan.notice.result import LARGEST_RESULT
from tests.support.notices.announced import stop
from tests.support.notices.floods import (
    expiring_flood,
    flood,
    recovery_flood,
)
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.rendered import mail
from tests.support.notices.reports import evaluation, finding, report

pytestmark = pytest.mark.slow


def test_flood_is_cut_honestly() -> None:
    notice = notice_of(flood("\U0001f680", 10_000))
    stopping = json.loads(notice.result)["stopping"]
    assert (stopping["total"], stopping["new"]) == (20_000, 10_000)
    assert 0 < stopping["shown"] == len(stopping["findings"]) < 10_000
    assert {finding["new"] for finding in stopping["findings"]} == {True}
    assert (
        "\n40 of 10,000 shown. The others are in Anchore, under the digest below.\n"
        "\n10,000 known findings stop it too, 10,000 high; first stopped 2026-11-24\n"
        "21:51 UTC.\n\n"
    ) in notice.body


def test_flood_of_cleared_findings_is_cut_honestly() -> None:
    notice = notice_of(recovery_flood("x"))
    said = json.loads(notice.result)["cleared"]
    assert 0 < said["shown"] == len(said["findings"]) < 20_000
    assert said["total"] == 10**9
    assert "\n40 of 1,000,000,000 shown, the worst ones.\n\n" in notice.body


def test_floods_of_what_changes_and_what_is_held_back_leave_room_for_what_stops() -> None:
    result = json.loads(notice_of(flood("\U0001f680", 10_000)).result)
    for name, total in (("held_back", 2_000), ("changes", 7_000 + 10**9)):
        part = result[name]
        assert part["total"] == total
        assert 0 < part["shown"] == len(part["findings"])
        assert len(json.dumps(part, ensure_ascii=False).encode()) < 20_000


def test_list_of_what_ends_is_cut_honestly() -> None:
    body = notice_of(expiring_flood("x")).body
    assert "\n40 of 1,000 shown, those that end first.\n" in body
    assert "\n 40. " in body
    assert "\n 41. " not in body


def test_result_is_filled_as_far_as_it_may_be() -> None:
    """With ordinary findings the room is used, not given away to a careful estimate."""
    notice = mail("stop_storm")
    assert LARGEST_RESULT - 500 < len(notice.result.encode()) <= LARGEST_RESULT


def test_huge_message_is_cut_in_body_and_result() -> None:
    huge = finding("41cb7cdf", "m" * 300_000, gate="dockerfile", trigger="instruction")
    notice = notice_of(stop(report(evaluation(huge))))
    cut = "m" * 237 + "..."
    assert json.loads(notice.result)["stopping"]["findings"][0]["message"] == cut
    assert f"\n  1. POLICY  dockerfile/instruction\n     {cut}\n\n" in notice.body
