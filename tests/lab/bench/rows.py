"""Rows for the tests of the harness."""

from tests.lab.bench.figures import Compared, Limited


def compared(ours: tuple[float, ...], *, at_most: float = 1.1, what: str = "a row") -> Compared:
    """Against a floor of 10 ms at each turn."""
    floor = (0.010,) * len(ours)
    return Compared(what=what, floor_is="the floor", ours=ours, floor=floor, at_most=at_most)


def limited(
    *ours: float, at_most: float = 10.0, unit: str = "MB", what: str = "a limit"
) -> Limited:
    """Against a limit."""
    return Limited(what=what, limit_is="the limit", ours=ours, at_most=at_most, unit=unit)
