"""How a STOP ends that no evaluation ends: after a long silence, or out of sight."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.inventory import Place
from rescan.gate.model import Severity
from rescan.gate.running import Running
from rescan.ledger.ends import SILENCE, after_sight, after_silence
from rescan.ledger.entry import Entry
from rescan.ledger.news import EndCause, EndedNews
from tests.support.entries import OLD, TAG, TRIGGER, stopped
from tests.support.fakes import NOON

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
ASKED = NOON - 2 * DAY
IN_EU = Running(ASKED, (OLD,), (Place("kubernetes", "eu", ASKED),), 1)
STOPPED = replace(
    stopped(("CVE-1", Severity.HIGH)),
    version=7,
    policy_id="p",
    team="payments",
    sweep=ASKED,
    result_at=ASKED,
    first_stop_at=NOON - 9 * DAY,
    unknown_push=None,
    running=IN_EU,
    old_digest=OLD,
)
NEVER_STOPPED = replace(STOPPED, verdict=None)


def forgotten(now: datetime, running: Running | None = IN_EU) -> Entry:
    """What is left of the entry: who it is about, and nothing of the STOP."""
    return Entry(
        subject=STOPPED.subject,
        tag=TAG,
        policy_id="p",
        version=7,
        result_at=now,
        notice_at=now,
        sweep=ASKED,
        team="payments",
        running=running,
        old_digest=OLD,
    )


def told(news: EndedNews | None, cause: EndCause, now: datetime) -> None:
    """The news says of which image the STOP ends, since when, why, and by whom it is known."""
    assert news is not None
    assert (news.subject, news.tag, news.policy_id) == (STOPPED.subject, TAG, "p")
    assert (news.team, news.trigger, news.turn) == ("payments", TRIGGER, 7)
    assert (news.cause, news.at, news.asked_at) == (cause, now, ASKED)
    assert news.first_stop_at == NOON - 9 * DAY


def test_thirty_days_of_silence_end_a_stop() -> None:
    now = ASKED + SILENCE
    entry, news = after_silence(STOPPED, TRIGGER, now)
    told(news, EndCause.NO_LONGER_WATCHED, now)
    assert entry == forgotten(now)
    again = after_silence(STOPPED, TRIGGER, now + DAY)[1]
    assert again is not None
    assert news is not None
    assert again.id == news.id


@pytest.mark.parametrize(
    ("entry", "now"),
    [
        pytest.param(STOPPED, ASKED + SILENCE - SECOND, id="not-long-enough"),
        pytest.param(replace(STOPPED, result_at=None), ASKED + SILENCE, id="never-asked"),
        pytest.param(NEVER_STOPPED, ASKED + SILENCE, id="not-stopped"),
    ],
)
def test_otherwise_silence_ends_nothing(entry: Entry, now: datetime) -> None:
    assert after_silence(entry, TRIGGER, now) == (entry, None)


@pytest.mark.parametrize(
    ("cause", "running"),
    [
        (EndCause.NO_LONGER_RUNNING, Running(NOON - DAY, (OLD,))),
        (EndCause.BACK_UNDER_ITS_TAG, IN_EU),
    ],
)
def test_an_old_digest_out_of_sight_ends_its_stop(cause: EndCause, running: Running) -> None:
    entry, news = after_sight(STOPPED, cause, NOON - DAY, TRIGGER, NOON)
    told(news, cause, NOON)
    assert entry == forgotten(NOON, running)
    unseen = replace(STOPPED, running=None)
    entry, _ = after_sight(unseen, EndCause.NO_LONGER_RUNNING, NOON - DAY, TRIGGER, NOON)
    assert entry.running == Running(NOON - DAY)
    unasked = after_sight(replace(STOPPED, result_at=None), cause, NOON - DAY, TRIGGER, NOON)[1]
    assert unasked is not None
    assert unasked.asked_at == NOON


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(NEVER_STOPPED, id="not-stopped"),
        pytest.param(replace(STOPPED, old_digest=None), id="a-tag"),
        pytest.param(replace(STOPPED, running=replace(IN_EU, at=NOON - DAY)), id="seen-by-it"),
        pytest.param(replace(STOPPED, running=replace(IN_EU, at=NOON)), id="seen-by-a-later-one"),
    ],
)
def test_otherwise_no_sweep_ends_the_stop_of_an_old_digest(entry: Entry) -> None:
    cause = EndCause.NO_LONGER_RUNNING
    assert after_sight(entry, cause, NOON - DAY, TRIGGER, NOON) == (entry, None)
