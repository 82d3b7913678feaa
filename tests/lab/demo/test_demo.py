"""The story and the single events, by what is printed."""

import re

import pytest

from tests.lab.demo.__main__ import main
from tests.support.paths import ROOT

EVENTS = sorted((ROOT / "events").glob("*.json"))
SWEEP = ROOT / "events" / "schedule-rule.json"
MADE = "The recordings are made, not taken from a live server"
# Of each chapter: requests that Anchore answered, the mail, what is stopped afterwards.
CHAPTERS = (
    ("/check     1 x 200", "Subject: STOP: 6 findings (critical) in payments/api:2.4.1", "1 image"),
    ("/check     39 x 200", "No message: nothing is new", "1 image"),
    ("/check     39 x 200", "STOP: CVE-2018-15686 (high) newly stops 37 images", "38 images"),
    ("/check     39 x 200", "STOP: CVE-2013-2512 is now known to be exploited", "38 images"),
    ("/check     39 x 200", "REMINDER: overdue by 1 day, still STOP after 4 d", "38 images"),
    ("/check     1 x 200", "RECOVERED: payments/api:2.4.1 is GO again", "37 images"),
    (" x 500, 1 x 200", "STOP: 1 finding (critical, exploited) in orders/web:1.9.0", "38 images"),
    ("  nothing", "ALL QUIET: 39 of 39 images evaluated, 38 stopped", "38 images"),
)
REMEMBERED = {
    1: "6 findings; stopped since 2026-11-20 09:30 UTC",
    2: "last notice 2026-11-20 09:30 UTC",
    4: "the first one is due Monday 2026-11-23",
    5: "the first one is overdue by 1 day",
    6: "GO  payments/api:2.4.1, team payments",
}


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(arguments)
    printed = capsys.readouterr()
    assert (status, printed.err) == (0, "")
    assert [line for line in printed.out.splitlines() if len(line) > 80] == []
    return printed.out


def single(capsys: pytest.CaptureFixture[str], event: str) -> str:
    return shown(capsys, "--event", str(ROOT / "events" / f"{event}.json"))


@pytest.mark.slow
def test_the_story_has_eight_chapters_of_a_screen_each(capsys: pytest.CaptureFixture[str]) -> None:
    opening, *chapters = re.split(r"\n\d\. ", shown(capsys))
    assert opening.startswith(MADE)
    assert len(chapters) == len(CHAPTERS)
    for number, (chapter, expected) in enumerate(zip(chapters, CHAPTERS, strict=True), start=1):
        asked, said, stopped = expected
        _, _, remembered = chapter.partition("What the ledger remembers on ")
        assert len(chapter.splitlines()) <= 45
        assert asked in chapter, number
        assert said in chapter, number
        assert f"{stopped} stopped in all" in remembered, number
        assert REMEMBERED.get(number, "") in remembered, number


def test_every_event_is_shown_and_no_outcome_is_a_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for event in EVENTS:
        printed = single(capsys, event.stem)
        assert printed.startswith(MADE), event.stem
        assert "What the function answered" in printed, event.stem


@pytest.mark.parametrize(
    ("event", "answered", "mail"),
    [
        ("schedule-publish", "published: 1\nimages: 1\n", "Subject: STOP: 6 findings"),
        ("schedule-summarize", "quiet: true\nstopped: 1\n", "Subject: ALL QUIET: 2 of 3 images"),
        ("schedule-check", "\nenqueued: 3\n", "Subject: STOP: 6 findings"),
    ],
)
def test_what_a_schedule_asks_for_has_a_ledger_to_work_on(
    event: str, answered: str, mail: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = single(capsys, event)
    assert answered in printed
    assert printed.count("│ Subject: ") == 1
    assert mail in printed
    assert "\nSTOP  payments/api:2.4.1, team unrouted\n" in printed


def test_a_recording_alone_says_which_event_it_answers(capsys: pytest.CaptureFixture[str]) -> None:
    printed = shown(capsys, "--recording", "warn")
    assert "a direct invocation on the recording warn" in printed
    assert "\nWARN  payments/api:2.4.1, team unrouted\n" in printed


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--recording", "missing.har"), "missing.har is no HAR 1.2 recording"),
        (("--event", "missing.json"), "missing.json"),
        (("--event", str(SWEEP), "--recording", "stop"), "is not in the recording"),
    ],
)
def test_a_file_that_is_wrong_is_named(
    arguments: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert problem in printed.err
