"""The floods: what a team gets when very many of its images stop, each for reasons of its own."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tests.lab.simulation.estate import Estate
from tests.lab.simulation.scenario import Figures, Scenario

SEED = 1
# One worker takes 83 minutes for so many images.
_IMAGES, _STOPPED = 6_150, 2_000
_HELD_UP, _AWAY = 400, timedelta(hours=30)
# The sweeps until SNS is back, of which the last reminds of what the first has found.
HOURS = (6, 12, 18, 24.5)
# How large a share of the findings is in other images, too.
DIVERSITY = {"all different": 0.0, "half of them common": 0.5, "all of them common": 1.0}

Flood = tuple[str, Figures]


def slow_sweep(common: float, scale: float = 1) -> Estate:
    """A third of a team's images is to stop; the last one is pushed in the middle of the sweep.

    With fewer images the sweep takes as long, since Anchore is slower.
    """
    images = round(_IMAGES * scale)
    chance = Random(SEED)  # noqa: S311 - chance, no secret
    stopped = frozenset(chance.sample(range(images), round(_STOPPED * scale)))
    scenario = Scenario(
        images,
        stopped,
        workers=1,
        list_seconds=0.3 / scale,
        scan_seconds=2 / scale,
        check_seconds=1 / scale,
        jitter=0.5,
        seed=SEED,
        common=common,
    )
    estate = Estate(scenario)
    estate.push(max(stopped), minutes=40)
    return estate


def sns_away(common: float, scale: float = 1, reminder_hours: float = 24) -> Estate:
    """SNS is to take no message for longer than a day, while all images of a team stop."""
    images = round(_HELD_UP * scale)
    scenario = Scenario(
        images,
        frozenset(range(images)),
        workers=10,
        jitter=0.5,
        seed=SEED,
        common=common,
        refused=_AWAY,
        reminder_hours=reminder_hours,
    )
    return Estate(scenario)


def floods() -> Iterator[Flood]:
    """In their order in the page."""
    for diversity, common in DIVERSITY.items():
        label = f"{_STOPPED:,} images in 83 min, findings {diversity}"
        yield label, slow_sweep(common).sweep()
    label = "the same, half of them common, and a day later the sweep that reminds"
    yield label, slow_sweep(DIVERSITY["half of them common"]).sweep(24.5)
    for hours in (24, 1_000):
        label = f"{_HELD_UP} images, SNS away for {_AWAY / timedelta(hours=1):g} h"
        label += ", without reminders" if hours > 24 else ""
        yield label, sns_away(DIVERSITY["half of them common"], reminder_hours=hours).sweep(*HOURS)
