"""A sweep over so many images, at several numbers in flight.

`python -m tests.lab.simulation.scale 100000`: minutes for each number. So this is no part of
`make simulation`.
"""

import sys
import time
from collections.abc import Iterator
from random import Random
from resource import RUSAGE_SELF, getrusage

from tests.lab.simulation.estate import Estate
from tests.lab.simulation.scenario import Scenario

# Containers and images in a batch: 50, 250 and 1,000 in flight.
IN_FLIGHT = ((10, 5), (50, 5), (10, 100))
_ONE_STOPS_OF = 20
_SEED = 1


def rows(images: int) -> Iterator[str]:
    """A line each: what is in flight, the last verdict and notice, messages, requests, our cost."""
    chance = Random(_SEED)  # noqa: S311 - chance, no secret
    stopped = frozenset(chance.sample(range(images), images // _ONE_STOPS_OF))
    for workers, batch in IN_FLIGHT:
        began = time.perf_counter()
        scenario = Scenario(images, stopped, workers, batch_size=batch, jitter=0.5, seed=_SEED)
        figures = Estate(scenario).sweep()
        memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        yield (
            f"{images:,} images, {workers * batch:,} in flight: complete {figures.complete},"
            f" last notice {figures.last_published}, {sum(figures.published.values()):,} messages,"
            f" {figures.anchore_calls:,} requests; simulated in"
            f" {time.perf_counter() - began:,.0f} s and {memory:,.0f} MB"
        )


def main() -> None:
    for images in map(int, sys.argv[1:]):
        for row in rows(images):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
