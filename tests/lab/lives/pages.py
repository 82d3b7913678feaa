"""Sweeps by pages, in a part of the lives: how much a page has, and which rows move.

In Anchore's list there are rows besides those of the tags: of images that are not active any more.
They come and go while a sweep reads the list, and move the others from page to page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

# The share of lives that have them, of those that ask what runs and of the others: a fifth of all.
_SHARE_ASKING, _SHARE = 1 / 2, 1 / 10
# Of fewer rows a page, some pages of the limits near it would not overlap.
_ROWS = 5


@dataclass(frozen=True)
class Pages:
    """Sweeps of more rows than `most_rows` go by pages, of so many rows and entries.

    `moving` are the names of the rows that come and go, `fixed` of those that stay.
    """

    most_rows: int
    rows: int
    entries: int
    fixed: frozenset[str]
    moving: tuple[str, ...]


def has_some(seed: int, *, asks_what_runs: bool) -> bool:
    """Whether it is a life with sweeps by pages."""
    share = _SHARE_ASKING if asks_what_runs else _SHARE
    return Random(f"has pages {seed}").random() < share  # noqa: S311 - chance, no secret


def planned(seed: int, tags: Sequence[str]) -> Pages:
    """Of a life with these tags."""
    chance = Random(f"pages {seed}")  # noqa: S311 - chance, no secret
    # Beside each tag, and before all of them.
    names = sorted(f"{tag}-{number}" for tag in tags for number in range(3))
    names += [f"0.example.com/first:{number}" for number in range(3)]
    fixed = frozenset(chance.sample(names, chance.randint(3, 5)))
    return Pages(
        most_rows=chance.choice((0, 2, 8)),
        rows=_ROWS,
        entries=chance.choice((1, 2, 3)),
        fixed=fixed,
        moving=tuple(name for name in names if name not in fixed) if chance.random() < 0.7 else (),
    )


def watched(seed: int, names: Sequence[str], *, others: bool) -> str:
    """The watch list of these tags: patterns, and some names; or none, if there are no `others`."""
    chance = Random(f"watched {seed}")  # noqa: S311 - chance, no secret
    if not others and chance.random() < 0.5:
        return ""
    named = [name for name in names[1:] if chance.random() < 0.5]
    patterns = (name if name in named else f"{name.rpartition(':')[0]}:*" for name in names)
    return ",".join(patterns)
