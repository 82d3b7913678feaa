"""Simulates sweeps, what runs, pushes, feeds and floods, and writes docs/simulation.md."""

import sys
from collections.abc import Iterator
from random import Random

from tests.lab.simulation.estate import Estate
from tests.lab.simulation.floods import floods
from tests.lab.simulation.punctual import detected, pushed
from tests.lab.simulation.report import Run, page, tables
from tests.lab.simulation.running import watched
from tests.lab.simulation.scenario import Scenario
from tests.support.paths import ROOT

IMAGES = 10_000
STOPPED = 400
SEED = 1


def sweeps() -> Iterator[Run]:
    """One worker, ten, fifty; and fifty in a storm."""
    chance = Random(SEED)  # noqa: S311 - chance, no secret
    anywhere = frozenset(chance.sample(range(IMAGES), STOPPED))
    in_a_row = frozenset(range(IMAGES // 2, IMAGES // 2 + STOPPED))
    for label, workers, stopped in (
        ("1", 1, anywhere),
        ("10", 10, anywhere),
        ("50", 50, anywhere),
        (f"50, the {STOPPED} in a row", 50, in_a_row),
    ):
        scenario = Scenario(IMAGES, stopped, workers, jitter=0.5, seed=SEED)
        yield label, scenario, Estate(scenario).sweep()


def main() -> None:
    simulated = (
        list(sweeps()),
        list(watched()),
        list(pushed()),
        list(detected()),
        list(floods()),
    )
    sys.stdout.write(tables(simulated))
    path = ROOT / "docs" / "simulation.md"
    path.write_text(page(simulated), encoding="utf-8")


if __name__ == "__main__":
    main()
