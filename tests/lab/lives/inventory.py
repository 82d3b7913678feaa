"""What runs, as agents report it to Anchore: rows by context, which stay and grow old.

An agent reports its context every five minutes. What is worked out from that is worked out when
somebody asks: no report is an event of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from math import ceil

from tests.lab.lives.trace import Ran

_REPORT_SECONDS = 300.0

Span = tuple[float, float]


@dataclass
class Inventory:
    """`steady` runs in the first context for ever, and its row names no digest.

    `silent` and `vanished` are the spans in which an agent reports nothing, or Anchore has nothing
    of its context. `withheld` says how the inventory is refused until when.
    """

    contexts: tuple[str, ...]
    steady: str
    runs: dict[tuple[str, str | None, str], list[Span]] = field(default_factory=dict)
    silent: dict[str, list[Span]] = field(default_factory=dict)
    vanished: dict[str, list[Span]] = field(default_factory=dict)
    withheld: tuple[str, float] = ("", 0.0)

    def __post_init__(self) -> None:
        if self.contexts:
            self.run(self.steady, None, self.contexts[0], (0.0, float("inf")))

    def run(self, tag: str, digest: str | None, context: str, span: Span) -> None:
        """It runs there for so long."""
        self.runs.setdefault((tag, digest, context), []).append(span)

    def rows(self, now: float) -> tuple[Ran, ...]:
        """A row for each image and context in which it was ever seen."""
        return tuple(
            Ran(tag, digest, context, first, last)
            for (tag, digest, context), spans in sorted(self.runs.items(), key=str)
            if not _in(self.vanished.get(context, []), now)
            for first, last in self._seen(spans, context, now)
        )

    def how_withheld(self, now: float) -> str:
        """Refused, empty, or not at all."""
        how, until = self.withheld
        return how if now < until else ""

    def _seen(self, spans: list[Span], context: str, now: float) -> Iterator[Span]:
        """When it was reported first and last, if ever."""
        silent = self.silent.get(context, [])
        every = [_reports(span, now) for span in spans]
        first = [at for reports in every for at in _first(reports, silent)]
        if first:
            yield min(first), max(at for reports in every for at in _first(reports[::-1], silent))


def _reports(span: Span, now: float) -> range:
    """When its agent is due to report it."""
    return range(ceil(span[0] / _REPORT_SECONDS), int(min(span[1], now) // _REPORT_SECONDS) + 1)


def _first(reports: range, silent: list[Span]) -> Iterator[float]:
    """The first that the agent makes, if any."""
    made = (number * _REPORT_SECONDS for number in reports)
    return islice((at for at in made if not _in(silent, at)), 1)


def _in(spans: list[Span], at: float) -> bool:
    return any(begin <= at < end for begin, end in spans)
