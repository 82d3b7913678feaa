"""`make bench`: measures, writes docs/benchmarks.md, fails when a bound is missed."""

import sys
from collections.abc import Iterable

from tests.lab.bench import (
    artifact_size,
    batch,
    cold_start,
    growth,
    many_rows,
    small_image,
    sweep,
    sweep_page,
)
from tests.lab.bench.cost import measure_work
from tests.lab.bench.figures import Measured, Row
from tests.lab.bench.kept import keep, kept, moved
from tests.lab.bench.page import page, row_table
from tests.lab.bench.plots import cold_start_plot, growth_plot
from tests.support.paths import ROOT

_DOCS = ROOT / "docs"
_FIGURES = _DOCS / "benchmarks.json"
_MEASURES = (cold_start, artifact_size, small_image, many_rows, batch, sweep, sweep_page, growth)
_RUNS = 5


def exit_status(rows: Iterable[Row]) -> int:
    """0 when all bounds are met, else 1."""
    return 0 if all(row.is_met for row in rows) else 1


def main() -> int:
    """Measure, write, compare."""
    measured = _together([module.measure(_RUNS) for module in _MEASURES])
    moves = moved(kept(_FIGURES), measured.rows)
    (_DOCS / "benchmarks.md").write_text(page(measured, measure_work(_RUNS), moves, _RUNS))
    (_DOCS / "benchmarks-growth.svg").write_text(growth_plot(measured.curves))
    if measured.parts:
        (_DOCS / "benchmarks-cold-start.svg").write_text(cold_start_plot(measured.parts))
    keep(_FIGURES, measured.rows)
    sys.stdout.write("\n".join((row_table(measured.rows), "", *moves, "")))
    return exit_status(measured.rows)


def _together(parts: Iterable[Measured]) -> Measured:
    parts = tuple(parts)
    return Measured(
        rows=tuple(row for part in parts for row in part.rows),
        parts=tuple(start for part in parts for start in part.parts),
        curves=tuple(curve for part in parts for curve in part.curves),
    )


if __name__ == "__main__":
    sys.exit(main())
