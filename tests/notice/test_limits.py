"""Notices stay within the limits, whatever the number and length of what they say."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import pytest
from msgspec.structs import replace

from rescan.evaluation import Allowlisted, FindingKey, Problem
from rescan.image_tag import ImageTag
from rescan.model import Outcome, Severity
from rescan.news import (
    Change,
    ChangedFinding,
    Changes,
    ClearedBy,
    ClearedFinding,
    EventType,
    Failing,
    News,
)
from rescan.notice.result import LARGEST_RESULT
from tests.notice.announced import FIRST_STOP, NOW, held, stop
from tests.notice.news_cases import GOLDEN
from tests.notice.reports import (
    evaluation,
    finding,
    listed,
    report,
    row,
)
from tests.notice.said import notice_of


@cache
def flood(character: str, number: int = 1_000) -> News:
    """Twice as many findings, every text of which is long and made of one character."""
    text = character * 400
    rows = [row(f"{n}{text}", "High", f"{n}{text}", text, fix=text) for n in range(number)]
    found = [finding(f"{row.vuln}+{row.package_name}") for row in rows]
    found += [
        finding(
            f"{n}{text}+{text}",
            text,
            policy_id=text,
            rule_id=text,
            trigger=f"{n}{text}",
            recommendation=f"{n}{text}",
        )
        for n in range(number)
    ]
    flooded = report(
        evaluation(
            *found,
            problems=tuple(Problem("error", text, text) for _ in range(50)),
            policy_id=text,
            evaluated_at=text,
            findings_problem=text * 2,
            allowlisted=tuple(_held(text)),
        ),
        tag=ImageTag(text, text, text),
        reason=text * 2,
        notes=(text * 2,) * 10,
        vulnerabilities=listed(*rows),
        vulnerabilities_problem=text * 2,
    )
    return stop(
        flooded,
        id=text,
        policy_id=text,
        previous_digest=text,
        new=frozenset(finding.key for finding in found[::2]),
        changes=Changes(NOW, policy_changed=True, findings=tuple(_changed(text)), more=10**9),
    )


def _held(text: str) -> Iterator[Allowlisted]:
    """A thousand ends within the next days, and as many findings without a known one."""
    for number in range(1_000):
        until = NOW + timedelta(minutes=number + 1)
        yield held(f"{number}{text}+{text}", until, allowlist=f"{number}{text}")
        yield held(f"{text}{number}+{text}", None, ends=None)


def _changed(text: str) -> Iterator[ChangedFinding]:
    for number in range(1_000):
        key = FindingKey(text, "vulnerabilities", text, f"{number}{text}+{text}")
        for change in Change:
            yield ChangedFinding(key, Severity.HIGH, change, before=Severity.LOW)


def recovery_flood(character: str) -> News:
    """The same after a WARN that cleared as many."""
    text = character * 400
    stopped = flood(character)
    assert stopped.report is not None
    return replace(
        stopped,
        event_type=EventType.RECOVERED,
        report=replace(stopped.report, outcome=Outcome.WARN),
        cleared=tuple(
            ClearedFinding(
                FindingKey(text, text, text, f"{number}{text}+{text}"), Severity.HIGH, by
            )
            for number in range(5_000)
            for by in ClearedBy
        ),
        cleared_total=10**9,
    )


def expiring_flood(character: str) -> News:
    """The same of a GO that allowlists alone make one."""
    stopped = flood(character)
    assert stopped.report is not None
    go = replace(stopped.report, outcome=Outcome.GO)
    return replace(stopped, event_type=EventType.EXPIRING, report=go)


def outage_flood(character: str) -> News:
    """The same after a failure that says much."""
    text = character * 400
    stopped = flood(character)
    assert stopped.report is not None
    return replace(
        stopped,
        event_type=EventType.NOT_EVALUATED,
        report=replace(stopped.report, outcome=Outcome.NOT_EVALUATED),
        failing=Failing(FIRST_STOP, text, text * 2),
    )


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("x", id="one-byte"),
        pytest.param("\U0001f680", id="four-bytes"),
        pytest.param('"', id="quote"),
        pytest.param("\x01", id="control"),
        pytest.param("\ud800", id="surrogate"),
    ],
)
@pytest.mark.parametrize("flooded", [flood, recovery_flood, outage_flood, expiring_flood])
def test_notice_of_a_flood_keeps_every_limit(
    flooded: Callable[[str], News], character: str
) -> None:
    notice = notice_of(flooded(character))
    assert notice.problems() == []
    assert notice.size() <= 250_000
    assert len(notice.result.encode()) <= LARGEST_RESULT


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
    for name, total in (("held_back", 2_000), ("changes", 6_000 + 10**9)):
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
    notice = notice_of(GOLDEN["stop_storm"]())
    assert LARGEST_RESULT - 500 < len(notice.result.encode()) <= LARGEST_RESULT


def test_huge_message_is_cut_in_body_and_result() -> None:
    huge = finding("41cb7cdf", "m" * 300_000, gate="dockerfile", trigger="instruction")
    notice = notice_of(stop(report(evaluation(huge))))
    cut = "m" * 237 + "..."
    assert json.loads(notice.result)["stopping"]["findings"][0]["message"] == cut
    assert f"\n  1. POLICY  dockerfile/instruction\n     {cut}\n\n" in notice.body
