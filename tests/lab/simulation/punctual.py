"""How long it takes from the moment at which Anchore could know: of pushes, and of new feeds."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tests.lab.simulation.estate import Estate
from tests.lab.simulation.scenario import Scenario

SEED = 1
# The template's defaults.
_WORKERS, _PUSH_WORKERS = 2, 2
SWEEP_HOURS, FEED_MINUTES = 6, 5
_IMAGES, _PUSHES = 10_000, 100
# How many minutes Anchore takes to analyze a push, all within these bounds being as likely.
AT_ONCE, MINUTES = (0, 0), (1, 20)
_ESTATE, FEED_HOURS, _DAYS, _STOPS_OF_A_FEED = 500, 4, 2, 5
_BEFORE_THE_FIRST = 1

Punctual = tuple[str, Estate]


def pushes_beside_a_sweep(
    workers: int,
    push_workers: int | None,
    scale: float = 1,
    analysis: tuple[float, float] = AT_ONCE,
) -> Estate:
    """An estate after a sweep, while which images were pushed at any moment of 25 minutes."""
    images = round(_IMAGES * scale)
    estate = Estate(
        Scenario(
            images,
            frozenset(range(0, images, 25)),
            workers,
            push_workers=push_workers,
            jitter=0.5,
            seed=SEED,
        )
    )
    chance = Random(SEED)  # noqa: S311 - chance, no secret
    for image in chance.sample(range(images), round(_PUSHES * scale**0.5)):
        takes = timedelta(minutes=chance.uniform(*analysis))
        estate.push(image, minutes=chance.uniform(0, 25 * scale), analysis=takes)
    estate.lives()
    return estate


def pushed() -> Iterator[Punctual]:
    """In their order in the page."""
    yield "one queue, 2 workers", pushes_beside_a_sweep(_WORKERS, None)
    yield "one queue, 4 workers", pushes_beside_a_sweep(_WORKERS + _PUSH_WORKERS, None)
    yield "two queues, 2 workers each", pushes_beside_a_sweep(_WORKERS, _PUSH_WORKERS)
    label = "the same, and analyses take {} to {} min".format(*MINUTES)
    yield label, pushes_beside_a_sweep(_WORKERS, _PUSH_WORKERS, analysis=MINUTES)


def fed(
    *, clock: bool, by_feeds: bool = False, images: int = _ESTATE, days: float = _DAYS
) -> Estate:
    """An estate after days of sweeps and of feeds, each of which stops a few images of its own."""
    last = days * 24
    moves = range(_BEFORE_THE_FIRST, int(last), FEED_HOURS)
    stops = frozenset(range(len(moves) * _STOPS_OF_A_FEED))
    estate = Estate(
        Scenario(
            images,
            stops,
            _WORKERS,
            jitter=0.5,
            seed=SEED,
            feeds=tuple(map(float, moves)),
            by_feeds=by_feeds,
        )
    )
    if clock:
        estate.time.begin(lambda: estate.check_feeds(FEED_MINUTES), after=60)
    estate.lives(*range(SWEEP_HOURS, int(last) + SWEEP_HOURS, SWEEP_HOURS))
    return estate


def detected() -> Iterator[Punctual]:
    """In their order in the page."""
    yield f"the schedule, every {SWEEP_HOURS} h", fed(clock=False)
    yield f"the schedule, and the feed clock, every {FEED_MINUTES} min", fed(clock=True)
    yield "the same, with Refresh at feed", fed(clock=True, by_feeds=True)
