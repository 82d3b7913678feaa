"""Sweeps of very many images of very many teams: `make scale`, with IMAGES=.

Each size and number in flight is simulated in a process of its own. What was simulated is kept in
docs/scale.json, from which docs/scale-simulated.md and its plot are written: a large size takes
long, and need not be repeated for the others.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from statistics import mean
from typing import Any

from msgspec import json

from rescan.aws.ledger_items import item_of
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.tag_pages import MOST_ROWS
from rescan.work.ports import SweepRecord
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Curve, Point
from tests.lab.bench.memory import peak_rss_mb
from tests.lab.bench.plots import growth_plot
from tests.lab.simulation.estate import Estate
from tests.lab.simulation.scale_page import Sweep, page
from tests.lab.simulation.scenario import Scenario
from tests.support.fakes import NOON
from tests.support.paths import ROOT

KEPT = ROOT / "docs" / "scale.json"
PAGE, PLOT = ROOT / "docs" / "scale-simulated.md", ROOT / "docs" / "scale-growth.svg"
# Containers and images in a batch: 50, 250 and 1,000 in flight. The largest estate is swept once.
WORKERS = {50: (10, 5), 250: (50, 5), 1_000: (10, 100)}
_ONCE = 1_000_000
TEAMS = 1_000
_ONE_STOPS_OF = 20
_SEED = 1
_SAMPLED = 500


def swept(images: int, in_flight: int, teams: int = TEAMS) -> Sweep:
    """One image in 20 is newly stopped, by some of 200 findings that are common to all."""
    chance = Random(_SEED)  # noqa: S311 - chance, no secret
    stopped = frozenset(chance.sample(range(images), images // _ONE_STOPS_OF))
    workers, batch = WORKERS[in_flight]
    began = time.perf_counter()
    estate = Estate(
        Scenario(
            images,
            stopped,
            workers,
            batch_size=batch,
            jitter=0.5,
            seed=_SEED,
            common=1.0,
            teams=teams,
        )
    )
    if images > MOST_ROWS:
        # The sweep before has read the list by pages, too.
        before = SweepRecord(NOON - timedelta(days=1), images, by_pages=True)
        estate.ledger.sweeps.append(before)
    figures = estate.sweep()
    first, each = _by_team(estate)
    calls = Counter(estate.ledger.calls)
    sample = list(estate.ledger.entries.values())[:_SAMPLED]
    return Sweep(
        images=images,
        in_flight=in_flight,
        complete=figures.complete.total_seconds(),
        last_notice=figures.last_published.total_seconds(),
        first_of_last_team=max(first.values()).total_seconds(),
        stopped=figures.stopped,
        messages=sum(figures.published.values()),
        median_a_team=sorted(each.values())[len(each) // 2],
        most_a_team=max(each.values()),
        requests=figures.anchore_calls,
        reads=calls["read"],
        writes=calls["write"],
        pages=len(estate.pages.pages),
        page_reads=estate.pages.reads,
        entry_bytes=round(mean(_bytes_of(item_of(entry)) for entry in sample)),
        took=round(time.perf_counter() - began),
        cpu=round(time.process_time()),
        megabytes=round(peak_rss_mb()),
    )


def _by_team(estate: Estate) -> tuple[dict[str, timedelta], Counter[str]]:
    """When each team had its first message after its first verdict, and how many it had."""
    decided: dict[str, datetime] = {}
    for (_, tag), at in estate.ledger.decided.items():
        team = estate.scenario.team(ImageTag.parse(tag))
        decided[team] = min(at, decided.get(team, at))
    first: dict[str, timedelta] = {}
    each: Counter[str] = Counter()
    for message in estate.topic.messages:
        each[message.team] += 1
        first.setdefault(message.team, message.at - decided[message.team])
    return first, each


def _bytes_of(item: Mapping[str, Any]) -> int:
    """About what DynamoDB counts: names and values."""
    return sum(
        len(name) + len(value if isinstance(value, bytes) else str(value))
        for name, typed in item.items()
        for value in typed.values()
    )


def main() -> None:
    """Simulate the sizes that the arguments name, and write the page of all that is kept."""
    rows = _kept()
    for images in map(int, sys.argv[1:]):
        for in_flight in WORKERS if images < _ONCE else [max(WORKERS)]:
            row = in_child({}, swept, images, in_flight)
            rows[images, in_flight] = row
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
            _write(rows)


def _kept() -> dict[tuple[int, int], Sweep]:
    rows = json.decode(KEPT.read_bytes(), type=list[Sweep]) if KEPT.exists() else []
    return {(row.images, row.in_flight): row for row in rows}


def _write(rows: Mapping[tuple[int, int], Sweep]) -> None:
    every = [rows[key] for key in sorted(rows)]
    KEPT.write_bytes(json.format(json.encode(every)) + b"\n")
    PAGE.write_text(page(every), encoding="utf-8")
    curve = _curve(every)
    if len(curve.points) > 1:
        PLOT.write_text(growth_plot([curve]), encoding="utf-8")


def _curve(rows: list[Sweep]) -> Curve:
    """How the time of a sweep, and the memory of its simulation, grow with the images."""
    largest = [row for row in rows if row.in_flight == max(WORKERS)]
    points = tuple(Point(row.images, row.complete, row.megabytes) for row in largest)
    return Curve(f"a sweep, {max(WORKERS):,} in flight", "images", points)


if __name__ == "__main__":
    main()
