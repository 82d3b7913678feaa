"""Images of several platforms, in a part of the lives: the records of an index, each of its own.

A push names the index. Anchore learns of its first record then, of the others now or later, and
analyzes each in its own time: one may fail, take for ever, or be analyzed again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.lab.lives.digests import digest_of

# The share of lives that have such images, and how long these are at most: they ask for more.
SHARE = 1 / 8
LONGEST_SECONDS = 5 * 3600.0
_ARCHITECTURES = ("amd64", "arm64", "s390x")
_NEVER = float("inf")
# Of a moment, so that no rounding puts it before.
_BEHIND = 0.001


@dataclass(frozen=True)
class Platform:
    """A record of an index; it comes `late` seconds after the index, and its analysis takes more.

    `fails`: the analysis ends without a result. `again` is when it begins once more, and how long
    that takes.
    """

    digest: str
    architecture: str
    late: float = 0.0
    analysis: float = 0.0
    fails: bool = False
    again: tuple[float, float] | None = None

    def status(self, seconds: float) -> str | None:
        """As Anchore says it so long after it learned of the index; None: there is no record."""
        if seconds < self.late:
            return None
        if seconds < self.late + self.analysis or self._is_again(seconds):
            return "analyzing"
        return "analysis_failed" if self.fails else "analyzed"

    def moments(self) -> Iterator[float]:
        """When the status has changed, so long after the index."""
        began, took = self.again or (_NEVER, 0.0)
        every = (self.late, self.late + self.analysis, began, began + took)
        return (each + _BEHIND for each in every if each != _NEVER)

    def _is_again(self, seconds: float) -> bool:
        began, took = self.again or (_NEVER, 0.0)
        return began <= seconds < began + took


Indexes = Mapping[str, tuple[Platform, ...]]


def planned(seed: int, tags: Mapping[str, tuple[str, ...]]) -> Indexes:
    """Of some of the digests that these tags are on in turn: the platforms of each."""
    chance = Random(f"platforms {seed}")  # noqa: S311 - chance, no secret
    several = chance.sample(sorted(tags), min(len(tags), chance.choice((1, 1, 2))))
    digests = [digest for name in several for digest in tags[name] if chance.random() < 0.8]
    return {digest: tuple(_platforms(chance, digest)) for digest in digests}


def has_some(seed: int) -> bool:
    """Whether it is a life with such images."""
    return Random(f"has platforms {seed}").random() < SHARE  # noqa: S311 - chance, no secret


def _platforms(chance: Random, index: str) -> Iterator[Platform]:
    """One at most has no analysis, so that the image has a verdict in the end."""
    number = chance.choice((2, 2, 2, 3))
    lacking = chance.randrange(number) if chance.random() < 0.25 else None
    for position in range(number):
        architecture = _ARCHITECTURES[position]
        late = chance.choice((0.0, 0.0, 60.0, 4000.0)) * chance.random() if position else 0.0
        analysis = chance.choice((0.0, 0.0, 30.0, 30.0, 600.0, 4000.0))
        fails = position == lacking
        if fails and position and chance.random() < 0.2:
            analysis = _NEVER
        again = (chance.uniform(5000, 20000), chance.choice((600.0, 9000.0, 25000.0)))
        is_again = not fails and chance.random() < 0.4
        digest = digest_of(f"{index} {architecture}")
        yield Platform(digest, architecture, late, analysis, fails, again if is_again else None)


@dataclass
class Records:
    """What Anchore has of each index, by when it learned of that.

    `left_at` is when a tag moved on from it: what had not come by then is dated no later, and so
    comes no more.
    """

    indexes: Indexes
    learned_at: dict[str, float] = field(default_factory=dict)
    left_at: dict[str, float] = field(default_factory=dict)
    index_of: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.index_of = {
            one.digest: index for index, every in self.indexes.items() for one in every
        }

    def learn(self, index: str, now: float) -> list[float]:
        """After how many seconds something of it changes; nothing of what is no index."""
        self.learned_at.setdefault(index, now)
        return sorted({at for one in self.indexes.get(index, ()) for at in one.moments()})

    def leave(self, index: str, now: float) -> None:
        """Its tag is on another digest."""
        self.left_at.setdefault(index, now)

    def listed(self, index: str, now: float) -> list[tuple[Platform, str]]:
        """The records that are there, with their status; the one that came last first."""
        since, left = now - self.learned_at[index], self.left_at.get(index, _NEVER)
        came = (one for one in self.indexes[index] if self.learned_at[index] + one.late < left)
        found = [(one, status) for one in came if (status := one.status(since))]
        return sorted(found, key=lambda each: -each[0].late)

    def analyzed(self, index: str, now: float) -> list[Platform]:
        """Those that Anchore can judge."""
        return [one for one, status in self.listed(index, now) if status == "analyzed"]

    def is_analyzed(self, digest: str, now: float) -> bool:
        """Of a platform's digest."""
        index = self.index_of[digest]
        return any(one.digest == digest for one in self.analyzed(index, now))
