"""The summary in words: first line how it is, second what to do, then proof of life and names."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescan.kernel.image_tag import ImageTag
from rescan.ledger.failing import Failing
from rescan.notice.render import summary_outbox_items
from rescan.notice.summary import Coverage, Dated, Failed, Summary, Unwatched
from rescan.notice.summary_result import LARGEST_SUMMARY_RESULT
from rescan.outbox.items import Channel
from tests.support.entries import OLD
from tests.support.notices import chat as chat_message
from tests.support.notices.chat import FOREIGN
from tests.support.notices.drawn import TEXT, TIMES
from tests.support.notices.golden import chat_files_of, files_of
from tests.support.notices.schema import errors
from tests.support.notices.summary_cases import GOLDEN_SUMMARIES, MORNING, SWEPT, notices_of, quiet

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TAG = ImageTag.parse("reg.io/app:1")
CASES = pytest.mark.parametrize("case", GOLDEN_SUMMARIES)


@CASES
def test_mail_and_chat_message_are_the_golden_ones(case: str) -> None:
    mail, chat = notices_of(GOLDEN_SUMMARIES[case]())
    expected = {**files_of(case, mail), **chat_files_of(case, chat)}
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected


@CASES
def test_result_and_chat_message_have_the_shapes_that_their_schemas_promise(case: str) -> None:
    mail, chat = notices_of(GOLDEN_SUMMARIES[case]())
    assert errors(json.loads(mail.result)) == []
    assert chat_message.errors(json.loads(chat.body)) == []


@CASES
def test_filters_choose_chat_and_mail_alike(case: str) -> None:
    mail, chat = notices_of(GOLDEN_SUMMARIES[case]())
    assert (chat.attributes, chat.subject) == (mail.attributes, mail.subject)


@CASES
def test_line_is_longer_than_72_columns_only_for_a_name_that_is_to_be_copied(case: str) -> None:
    mail, _ = notices_of(GOLDEN_SUMMARIES[case]())
    long = [line for line in mail.body.split("\n") if len(line) > 72]
    assert [line for line in long if len(line.split()) > 2] == []


# --- how it is


def test_a_sweep_whose_pages_ended_early_is_not_complete_whatever_has_a_result() -> None:
    summary = quiet(sweep=coverage(enqueuing=True))
    mail, _ = notices_of(summary)
    assert not summary.is_quiet
    assert mail.subject.startswith("NOT QUIET: 41 of about 41 images evaluated")
    assert "not complete: tags that were not listed" in mail.body


ONE = Dated(TAG, MORNING - HOUR)
FAILED = Failed(TAG, Failing(MORNING - HOUR, "regate", "HTTP 500"))


def coverage(**changes: Any) -> Coverage:
    """Of 41 images, all evaluated unless the changes say otherwise."""
    return Coverage(
        SWEPT, **({"expected": 41, "answered": 41, "evaluated": 41, "absent": 0} | changes)
    )


def large(**fields: Any) -> Summary:
    """Of 100,000 images 50 have no result."""
    counts = {"expected": 100_000, "answered": 99_950, "evaluated": 99_950}
    return quiet(sweep=coverage(**counts), **fields)


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        pytest.param(
            quiet(), "ALL QUIET: 41 of 41 images evaluated, 0 stopped, 0 not evaluated.", id="quiet"
        ),
        pytest.param(
            quiet(stopped=(Dated(TAG, MORNING - 12 * DAY), ONE)),
            "ALL QUIET: 41 of 41 images evaluated, 2 stopped (the oldest for 12 d),"
            " 0 not evaluated.",
            id="stopped",
        ),
        pytest.param(
            quiet(unknown_pushes=(Dated(TAG, MORNING - DAY),), ending=(ONE,)),
            "ALL QUIET: 41 of 41 images evaluated, 0 stopped, 0 not evaluated.",
            id="an-old-push-and-an-end",
        ),
        pytest.param(
            quiet(sweep=coverage(evaluated=40, absent=1)),
            "ALL QUIET: 40 of 41 images evaluated, 0 stopped, 0 not evaluated,"
            " 1 gone from Anchore.",
            id="gone",
        ),
        pytest.param(
            quiet(sweep=coverage(answered=39, evaluated=39)),
            "NOT QUIET: 39 of 41 images evaluated, 0 stopped, 0 not evaluated, 2 without a result.",
            id="missing",
        ),
        pytest.param(
            quiet(sweep=coverage(evaluated=40), failing=(FAILED,)),
            "NOT QUIET: 40 of 41 images evaluated, 0 stopped, 1 not evaluated.",
            id="failing",
        ),
        pytest.param(
            quiet(sweep=coverage(expected=42, unwatched=Unwatched(1, ("<none>",)))),
            "NOT QUIET: 41 of 42 images evaluated, 0 stopped, 0 not evaluated, 1 row not watched.",
            id="a-row-that-is-no-tag",
        ),
        pytest.param(
            large(failing=(FAILED,) * 100, unknown_pushes=(ONE,) * 100),
            "ALL QUIET: 99,950 of 100,000 images evaluated, 0 stopped, 100 not evaluated,"
            " 50 without a result, 100 pushed and unknown to Anchore.",
            id="one-of-a-thousand",
        ),
        pytest.param(
            large(failing=(FAILED,) * 101),
            "NOT QUIET: 99,950 of 100,000 images evaluated, 0 stopped, 101 not evaluated,"
            " 50 without a result.",
            id="more-than-one-of-a-thousand-fails",
        ),
        pytest.param(
            large(unknown_pushes=(ONE,) * 101),
            "NOT QUIET: 99,950 of 100,000 images evaluated, 0 stopped, 0 not evaluated,"
            " 50 without a result, 101 pushed and unknown to Anchore.",
            id="more-than-one-of-a-thousand-is-unknown",
        ),
        pytest.param(
            quiet(unknown_pushes=(ONE,)),
            "NOT QUIET: 41 of 41 images evaluated, 0 stopped, 0 not evaluated,"
            " 1 pushed and unknown to Anchore.",
            id="a-push-since-yesterday",
        ),
        pytest.param(
            quiet(next_sweep=MORNING - HOUR),
            "ALL QUIET: 41 of 41 images evaluated, 0 stopped, 0 not evaluated.",
            id="a-sweep-that-is-an-hour-late",
        ),
        pytest.param(
            quiet(next_sweep=MORNING - HOUR - timedelta(seconds=1)),
            "NOT QUIET: 41 of 41 images evaluated, 0 stopped, 0 not evaluated,"
            " the next sweep is overdue.",
            id="an-overdue-sweep",
        ),
        pytest.param(
            quiet(set_aside=2),
            "NOT QUIET: 41 of 41 images evaluated, 0 stopped, 0 not evaluated,"
            " 2 notices could not be published.",
            id="set-aside",
        ),
        pytest.param(
            quiet(sweep=None, next_sweep=None),
            "NOT QUIET: no sweep yet, 0 stopped, 0 not evaluated.",
            id="no-sweep",
        ),
    ],
)  # fmt: skip
def test_first_sentence_says_whether_all_is_well(summary: Summary, said: str) -> None:
    mail, _ = notices_of(summary)
    first = " ".join(mail.body.split("\n\n")[0].split("\n"))
    assert first.startswith(f"{said} ")
    assert json.loads(mail.result)["summary"]["quiet"] is said.startswith("ALL")


def test_a_quiet_day_on_which_a_few_were_missed_says_so_and_names_them() -> None:
    mail, _ = notices_of(large(failing=(FAILED,)))
    assert "The watcher is well: it missed no more than one image of a thousand.\n" in mail.body
    assert "Nothing to do" not in mail.body
    assert "NOT EVALUATED, OLDEST FIRST (1 of 1 shown)" in mail.body


def test_rows_that_are_no_tag_are_counted_and_the_first_are_named() -> None:
    names = tuple(f"a+{n}" for n in range(9))
    mail, _ = notices_of(quiet(sweep=coverage(expected=53, unwatched=Unwatched(12, names))))
    assert "Unwatched  12 rows of Anchore's list, such as a+0, a+1, a+2, a+3, a+4\n" in mail.body
    swept = json.loads(mail.result)["summary"]["sweep"]
    assert (swept["missing"], swept["unwatched"], swept["not_tags"]) == (0, 12, list(names[:5]))


def test_that_what_runs_is_not_known_is_said_with_the_reason() -> None:
    mail, chat = notices_of(quiet(running_unknown="HTTP 403 from [x](https://evil.example)"))
    assert "What runs  not known: HTTP 403 from" in mail.body
    assert "https://evil.example" not in mail.body
    assert "What runs: not known: " in json.loads(chat.body)["content"]["description"]
    summary = json.loads(mail.result)["summary"]
    assert summary["running_unknown"] == "HTTP 403 from [x](https://evil.example)"
    assert (summary["quiet"], errors(json.loads(mail.result))) == (True, [])
    known = json.loads(notices_of(quiet())[0].result)
    assert "running_unknown" not in known["summary"]


def test_each_moment_at_which_one_is_due_has_a_summary_and_so_has_one_by_hand() -> None:
    asked = ((MORNING, MORNING), (MORNING + HOUR, MORNING), (MORNING + HOUR, None))
    [first], [again], [by_hand] = (
        summary_outbox_items(quiet(at=at, due_at=due), [Channel.STOPS]) for at, due in asked
    )
    assert first.envelope.id == again.envelope.id != by_hand.envelope.id
    assert json.loads(first.notice.result)["id"] == first.envelope.id


def test_summary_has_a_notice_for_each_channel_that_is_on() -> None:
    both = summary_outbox_items(quiet(), [Channel.STOPS, Channel.CHAT])
    assert [due.channel for due in both] == [Channel.STOPS, Channel.CHAT]
    assert summary_outbox_items(quiet(), []) == ()


def test_lists_are_cut_honestly() -> None:
    mail, chat = notices_of(GOLDEN_SUMMARIES["summary_many"]())
    assert "STOPPED, OLDEST FIRST (30 of 1,234 shown)\n" in mail.body
    assert (
        "- Stopped, oldest first (8 of 1,234 shown):\n"
        in json.loads(chat.body)["content"]["description"]
    )
    stopped = json.loads(mail.result)["summary"]["stopped"]
    assert (stopped["total"], len(stopped["images"])) == (1_234, stopped["shown"])
    assert 30 < stopped["shown"] < 1_234


def test_of_a_push_that_failed_the_image_is_named_since_the_one_before_may_have_a_verdict() -> None:
    failing = Failing(MORNING - HOUR, "regate", "HTTP 500", pushed=OLD)
    mail, _ = notices_of(quiet(failing=(Failed(TAG, failing),)))
    assert f"1 h: {TAG}, the push of {OLD}, regate: HTTP 500" in " ".join(mail.body.split())


# --- limits


def flood(character: str) -> Summary:
    """Hundreds of images, every text of which is long and made of one character."""
    text = character * 400
    tag = ImageTag(text, text, text)
    dated = (Dated(tag, MORNING),) * 500
    failing = (Failed(tag, Failing(MORNING, text, text)),) * 500
    swept = coverage(unwatched=Unwatched(500, (text,) * 500))
    return quiet(
        sweep=swept,
        stopped=dated,
        failing=failing,
        unknown_pushes=dated,
        ending=dated,
        running_unknown=text,
    )


@pytest.mark.parametrize(
    "character", ["x", "\U0001f680", '"', "\\", "\x01", "\ud800", "\n", "x ", "`", "<", "\u2028"]
)
def test_summary_of_a_flood_keeps_every_limit(character: str) -> None:
    mail, chat = notices_of(flood(character))
    assert (mail.problems(), chat.problems()) == ([], [])
    assert mail.size() <= 250_000
    assert len(mail.result.encode()) <= LARGEST_SUMMARY_RESULT
    assert errors(json.loads(mail.result)) == []
    assert chat_message.errors(json.loads(chat.body)) == []


def summaries(text: st.SearchStrategy[str]) -> st.SearchStrategy[Summary]:
    """Any summary, with these for the texts of others."""
    tags = st.builds(ImageTag, text, text, text)
    dated = st.lists(st.builds(Dated, tags, st.none() | TIMES), max_size=3).map(tuple)
    failed = st.builds(Failed, tags, st.builds(Failing, TIMES, text, text))
    numbers = st.integers(0, 10**5)
    rows = st.builds(Unwatched, numbers, st.lists(text, max_size=5).map(tuple))
    sweeps = st.none() | st.builds(Coverage, TIMES, numbers, numbers, numbers, numbers, rows)
    return st.builds(
        Summary,
        at=TIMES,
        sweep=sweeps,
        under_way=sweeps,
        next_sweep=st.none() | TIMES.filter(lambda at: at.year < 9999),
        next_summary=st.none() | TIMES,
        stopped=dated,
        failing=st.lists(failed, max_size=3).map(tuple),
        unknown_pushes=dated,
        ending=dated,
        set_aside=numbers,
    )


@given(summary=summaries(TEXT))
@settings(max_examples=60, deadline=None, database=None, derandomize=True)
def test_any_summary_can_be_announced(summary: Summary) -> None:
    mail, chat = notices_of(summary)
    assert (mail.problems(), chat.problems()) == ([], [])
    assert errors(json.loads(mail.result)) == []
    assert chat_message.errors(json.loads(chat.body)) == []


@given(summary=summaries(FOREIGN))
@settings(max_examples=50, deadline=None, database=None, derandomize=True)
def test_text_of_others_stands_in_code_spans_alone(summary: Summary) -> None:
    _, chat = notices_of(summary)
    assert chat_message.outside_of_spans(json.loads(chat.body)) == []
