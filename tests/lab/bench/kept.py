"""The figures of before: docs/benchmarks.json, by the row that they are of."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import json

from tests.lab.bench.figures import Row

_NOTABLE = 0.10
# An exponent near 0 is noise: what counts is how far it moved on the way to linear.
_LINEAR = 1.0


def kept(path: Path) -> dict[str, float]:
    """The medians that were kept; none on the first run."""
    return json.decode(path.read_bytes(), type=dict[str, float]) if path.exists() else {}


def keep(path: Path, rows: Iterable[Row]) -> None:
    """Keep the medians of these rows for the next run."""
    medians = {row.what: round(row.figure.median, 4) for row in rows}
    path.write_bytes(json.format(json.encode(medians)) + b"\n")


def moved(before: Mapping[str, float], rows: Sequence[Row]) -> list[str]:
    """A sentence for each row that moved by more than a tenth, or is new, or is gone."""
    if not before:
        return ["none were kept before: these are the first"]
    measured = {row.what for row in rows}
    gone = [f"{what}: measured no more" for what in before if what not in measured]
    return gone + [said for row in rows if (said := _change(before.get(row.what), row))]


def _change(before: float | None, row: Row) -> str | None:
    now = row.figure.median
    if before is None:
        return f"{row.what}: {now:.3g}, new"
    if abs(now - before) <= _NOTABLE * (_LINEAR if row.unit == "exponent" else abs(before)):
        return None
    return f"{row.what}: {before:.3g} before, {now:.3g} now"
