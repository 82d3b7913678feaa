"""Two plots as SVG: how time and memory grow, and what a cold start consists of."""

import sys
from collections.abc import Iterable, Sequence
from copy import copy
from math import log10
from statistics import median
from typing import Any
from xml.etree.ElementTree import fromstring, register_namespace, tostring

import pygal
from pygal.style import Style

from tests.lab.bench.figures import Curve, Part

# For plugins, which are not used here, pygal adds a finder of the old kind: Python
# 3.11 would warn of it at each import that fails.
sys.meta_path[:] = [it for it in sys.meta_path if not isinstance(it, pygal.PluginImportFixer)]

_SVG = "http://www.w3.org/2000/svg"
_TICKS = (1, 2, 5, 10, 20, 50, 100)
_COLORS = ("#0b5fa5", "#c2410c", "#15803d", "#7c3aed", "#0e7490", "#6b7280")
_STYLE = Style(
    background="white",
    plot_background="white",
    font_family="sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    title_font_size=16,
    legend_font_size=13,
    value_font_size=13,
    value_colors=("white",) * 8,
    opacity="1",
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#dddddd",
    colors=_COLORS,
)
_SETTINGS: dict[str, Any] = {
    "pretty_print": True,
    "legend_at_bottom": True,
    "truncate_legend": -1,
    "width": 900,
    "height": 620,
}


def growth_plot(curves: Sequence[Curve]) -> str:
    """Both axes in multiples of the smallest size, so that a straight diagonal is linear."""
    largest = max(curve.points[-1].size / curve.points[0].size for curve in curves)
    ticks = [tick for tick in _TICKS if tick <= largest]
    chart = pygal.XY(
        title="Growth of time (solid) and memory (dashed); both axes are logarithmic",
        x_title="size, x the smallest",
        y_title="time or memory, x that of the smallest size",
        x_labels=_labels(ticks),
        y_labels=_labels(ticks),
        range=(0, log10(largest)),
        xrange=(0, log10(largest)),
        legend_at_bottom_columns=1,
        style=_in_pairs(len(curves)),
        **_SETTINGS,
    )
    for curve in curves:
        times = [point.seconds for point in curve.points]
        memory = [point.megabytes for point in curve.points]
        sizes = [point.size for point in curve.points]
        span = f"{curve.what}, {sizes[0]:,} to {sizes[-1]:,}"
        chart.add(
            f"{span}: time, {times[0] * 1000:,.0f} to {times[-1] * 1000:,.0f} ms",
            _multiples(sizes, times),
            stroke_style={"width": 2},
        )
        chart.add(
            f"{span}: memory, {memory[0]:.1f} to {memory[-1]:.1f} MB",
            _multiples(sizes, memory),
            stroke_style={"width": 2, "dasharray": "6, 4"},
        )
    chart.add(
        "linear",
        [(0, 0), (log10(largest), log10(largest))],
        stroke_style={"dasharray": "1, 4"},
        show_dots=False,
    )
    return _svg(chart, "growth")


def cold_start_plot(parts: Sequence[Part]) -> str:
    """One bar for each way to start, its parts in the order of time."""
    wholes = list(dict.fromkeys(part.whole for part in reversed(parts)))  # drawn from below
    chart = pygal.HorizontalStackedBar(
        title="A cold start, from the process to the first answer",
        x_title="milliseconds",
        x_labels=wholes,
        print_values=True,
        legend_at_bottom_columns=2,
        value_formatter=lambda value: f"{value:.0f}" if value else "",
        style=_STYLE,
        **_SETTINGS,
    )
    for name in dict.fromkeys(part.name for part in parts):
        chart.add(name, [_milliseconds(parts, whole, name) for whole in wholes])
    return _svg(chart, "cold-start")


def _in_pairs(curves: int) -> Style:
    """One colour for the time and the memory of a curve, and one for the line of comparison."""
    paired = [color for color in _COLORS[:curves] for _ in ("time", "memory")]
    style = copy(_STYLE)
    style.colors = (*paired, _COLORS[-1])
    return style


def _milliseconds(parts: Iterable[Part], whole: str, name: str) -> float | None:
    found = [part.seconds for part in parts if (part.whole, part.name) == (whole, name)]
    return median(found[0]) * 1000 if found else None


def _multiples(sizes: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    return [
        (log10(size / sizes[0]), log10(value / values[0]))
        for size, value in zip(sizes, values, strict=True)
    ]


def _labels(ticks: Iterable[int]) -> list[dict[str, Any]]:
    return [{"value": log10(tick), "label": f"{tick}"} for tick in ticks]


def _svg(chart: Any, name: str) -> str:
    """The same bytes for the same figures: no random id, no comment with the date, no script."""
    chart.uuid = name
    picture = fromstring(chart.render())  # noqa: S314 - our own picture
    for parent in picture.iter():
        for script in parent.findall(f"{{{_SVG}}}script"):
            parent.remove(script)
    register_namespace("", _SVG)
    return f"{tostring(picture, encoding='unicode')}\n"
