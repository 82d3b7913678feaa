"""What a measurement hands over: raw samples, and the bound that they are held against."""

from statistics import median, quantiles

from msgspec import Struct


class Spread(Struct, frozen=True):
    """The middle of the samples, and the middle half of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: tuple[float, ...]) -> "Spread":
        """Of one sample or more."""
        low, _, high = quantiles(samples, method="inclusive") if len(samples) > 1 else samples * 3
        return cls(median(samples), low, high)


class Compared(Struct, frozen=True, kw_only=True):
    """Ours against a floor: sample i of both was taken one after the other.

    `what` and `floor_is` are phrases of the table, `unit` that of the samples (s, MB);
    `at_most` bounds ours as a multiple of the floor.
    """

    what: str
    floor_is: str
    ours: tuple[float, ...]
    floor: tuple[float, ...]
    at_most: float
    unit: str = "s"

    @property
    def figure(self) -> Spread:
        """Ours as a multiple of the floor, run by run: what slows both cancels out."""
        return Spread.of(tuple(a / b for a, b in zip(self.ours, self.floor, strict=True)))

    @property
    def is_met(self) -> bool:
        """Whether the median keeps to the bound."""
        return self.figure.median <= self.at_most


class Limited(Struct, frozen=True, kw_only=True):
    """Ours against a limit that stands before anything is measured, in the same unit."""

    what: str
    limit_is: str
    ours: tuple[float, ...]
    at_most: float
    unit: str

    @property
    def figure(self) -> Spread:
        """Ours, in `unit`."""
        return Spread.of(self.ours)

    @property
    def is_met(self) -> bool:
        """Whether the median keeps to the limit."""
        return self.figure.median <= self.at_most


Row = Compared | Limited


class Part(Struct, frozen=True):
    """A part of the cold start, in the order of time; several may form one whole."""

    whole: str
    name: str
    seconds: tuple[float, ...]


class Point(Struct, frozen=True):
    """One size of a growth: medians."""

    size: int
    seconds: float
    megabytes: float


class Curve(Struct, frozen=True):
    """What grows (`what`) with what (`sizes_are`), smallest size first."""

    what: str
    sizes_are: str
    points: tuple[Point, ...]


class Measured(Struct, frozen=True):
    """What `measure(runs)` of a module hands over."""

    rows: tuple[Row, ...] = ()
    parts: tuple[Part, ...] = ()
    curves: tuple[Curve, ...] = ()
