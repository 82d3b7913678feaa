"""The floods on a tenth of their images: how many messages a team gets of them at most."""

from datetime import timedelta
from functools import cache

import pytest

from rescan.ledger.news import EventType
from rescan.outbox.storm import LONGEST_GAP
from tests.lab.simulation.estate import WINDOW, Estate
from tests.lab.simulation.floods import DIVERSITY, HOURS, slow_sweep, sns_away
from tests.support.fakes import NOON

pytestmark = pytest.mark.slow

SCALE = 0.1
# `make simulation` takes them all.
EXTREMES = {name: common for name, common in DIVERSITY.items() if common in (0.0, 1.0)}
any_diversity = pytest.mark.parametrize("common", EXTREMES.values(), ids=EXTREMES)


@cache
def swept(common: float) -> Estate:
    """The slow sweep, and a day later the one that reminds: what is stopped comes first in it."""
    flood = slow_sweep(common, SCALE)
    flood.sweep(26)
    return flood


def stopped(estate: Estate) -> list[str]:
    return sorted(str(estate.scenario.tag(number)) for number in estate.scenario.stopped)


@any_diversity
def test_a_team_whose_images_all_stop_for_reasons_of_their_own_gets_forty_messages_at_most(
    common: float,
) -> None:
    flood = swept(common)
    moments = [m.at - NOON for m in flood.topic.messages if m.kind is EventType.STOP]
    assert timedelta(minutes=80) < max(moments) < timedelta(minutes=110)
    assert len(moments) <= 40
    assert sorted(flood.topic.named(EventType.STOP)) == stopped(flood)
    assert flood.figures().longest_wait <= LONGEST_GAP + WINDOW


@any_diversity
def test_a_push_in_the_middle_has_its_own_message_at_the_next_look(common: float) -> None:
    flood = swept(common)
    pushed = str(flood.scenario.tag(max(flood.scenario.stopped)))
    stops = [m for m in flood.topic.messages if m.kind is EventType.STOP]
    [message] = [m for m in stops if pushed in m.images]
    assert message.images == (pushed,)
    assert message.at - flood.ledger.decided[EventType.STOP, pushed] <= WINDOW


@any_diversity
def test_a_day_later_the_reminders_of_a_sweep_are_one_message(common: float) -> None:
    flood = swept(common)
    assert flood.figures().published[EventType.REMINDER] == 1
    assert sorted(flood.topic.named(EventType.REMINDER)) == stopped(flood)


@pytest.mark.parametrize("common", [0.5])
def test_reminders_of_stops_that_sns_did_not_take_make_no_message(common: float) -> None:
    flood, without = sns_away(common, SCALE), sns_away(common, SCALE, reminder_hours=1_000)
    figures = flood.sweep(*HOURS)
    assert figures.published == without.sweep(*HOURS).published
    assert figures.published[EventType.STOP] <= 40
    assert sorted(flood.topic.named(EventType.STOP)) == stopped(flood)
    assert flood.ledger.due == {}
