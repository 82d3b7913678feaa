"""What Anchore's data say of a vulnerability besides its severity, whatever package has it.

Source: Anchore's OpenAPI, `PackageVulnerability` and `NvdDataObject`. `is_kev` and `epss` stand in
`nvd_data` since 2.12.1, and in the row itself since 2.13.0. Servers write -1.0 for a score that
there is none of. No verdict depends on any of it: what is absent or of another type is not known.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from msgspec import Raw, Struct

from rescan.gate.model import Vulnerability
from rescan.kernel.json_decoding import NULL, lenient, preload_decoders
from rescan.kernel.web_address import web_address

_Shape = TypeVar("_Shape")


class Epss(Struct, frozen=True, order=True):
    """How likely an exploit is within 30 days, and which share of CVEs is less likely: 0 to 1."""

    score: float
    percentile: float | None = None


class Advisory(Struct, frozen=True):
    """`known_exploited`: listed by CISA as exploited (KEV); None when nobody says.

    `cvss` is the highest base score, 0 to 10; `url` a page for people.
    """

    known_exploited: bool | None = None
    epss: Epss | None = None
    cvss: float | None = None
    url: str | None = None

    @classmethod
    def of(cls, rows: Sequence[Vulnerability]) -> "Advisory":
        """Of all rows of one vulnerability; where they differ, the worst."""
        nvd = [record for row in rows for record in _each(row.nvd_data, _Record)]
        vendor = [record for row in rows for record in _each(row.vendor_data, _Record)]
        return cls(
            known_exploited=_any_says([row.is_kev for row in rows] + [r.is_kev for r in nvd]),
            epss=_highest([row.epss for row in rows] + [r.epss for r in nvd]),
            cvss=max((score for record in nvd + vendor for score in record.scores), default=None),
            url=next(filter(None, (web_address(lenient(row.url, str)) for row in rows)), None),
        )


class _Scores(Struct, frozen=True):
    base_score: Raw = NULL


class _Record(Struct, frozen=True):
    """An item of `nvd_data` or of `vendor_data`."""

    is_kev: Raw = NULL
    epss: Raw = NULL
    cvss_v2: Raw = NULL
    cvss_v3: Raw = NULL

    @property
    def scores(self) -> Iterator[float]:
        for scores in (self.cvss_v2, self.cvss_v3):
            base = (lenient(scores, _Scores) or _Scores()).base_score
            if (score := _within(base, 10)) is not None:
                yield score


class _Epss(Struct, frozen=True):
    epss: Raw = NULL
    percentile: Raw = NULL


def _any_says(raws: Iterable[Raw]) -> bool | None:
    said = [value for raw in raws if (value := lenient(raw, bool)) is not None]
    return any(said) if said else None


def _highest(raws: Iterable[Raw]) -> Epss | None:
    """The row has a list of them, `nvd_data` one; either may stand in either."""
    return max(
        (
            Epss(score, _within(read.percentile, 1))
            for raw in raws
            for read in _each(raw, _Epss)
            if (score := _within(read.epss, 1)) is not None
        ),
        key=lambda epss: epss.score,
        default=None,
    )


def _within(raw: Raw, most: float) -> float | None:
    """A number from 0 to `most`; None for any other, and for what is no number."""
    number = lenient(raw, float)
    return number if number is not None and 0 <= number <= most else None


def _each(raw: Raw, shape: type[_Shape]) -> Iterator[_Shape]:
    """The items of a list that can be read; of an object, itself."""
    items = lenient(raw, list[Raw])
    for item in [raw] if items is None else items:
        if (read := lenient(item, shape)) is not None:
            yield read


preload_decoders(list[Raw], _Record, _Scores, _Epss, float, bool, str)
