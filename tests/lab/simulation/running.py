"""What it takes to gate what runs as well: the digests that tags have moved on from."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.lab.simulation.estate import Estate
from tests.lab.simulation.scenario import OLD, Figures, Scenario

SEED = 1
_IMAGES, _WORKERS = 10_000, 50
_RUNNING, _OLD = 3_000, 400


class Watch(NamedTuple):
    """A sweep's figures, and its requests by what they ask: list, vuln, check, page, ..."""

    label: str
    scenario: Scenario
    figures: Figures
    asked: dict[str, int]


def watch(label: str, running: int | None, old: int, scale: float = 1) -> Watch:
    """One sweep; without any `running` the inventory is not asked. Each old digest is to stop."""
    stopped = frozenset(range(OLD, OLD + round(old * scale)))
    scenario = Scenario(
        round(_IMAGES * scale),
        stopped or frozenset(range(round(_OLD * scale))),
        _WORKERS,
        jitter=0.5,
        seed=SEED,
        running=None if running is None else round(running * scale),
        old=len(stopped),
    )
    estate = Estate(scenario)
    return Watch(label, scenario, estate.sweep(), dict(estate.anchore.asked))


def watched(scale: float = 1) -> Iterator[Watch]:
    """In their order in the page."""
    yield watch("the active tags", None, 0, scale)
    yield watch(f"the same, and what runs: {_RUNNING:,} images, all current", _RUNNING, 0, scale)
    label = f"the same, and {_OLD:,} of them run an old digest"
    yield watch(label, _RUNNING, _OLD, scale)
