"""Which team the notices of an image are for, by the name of its repository.

An annotation in Anchore takes precedence. When neither names a team it is `unrouted`, and a
subscription without a filter policy gets the notice all the same.
"""

from functools import lru_cache

from msgspec import Struct

from rescan.kernel.image_tag import ImageTag, RepositoryPattern
from rescan.kernel.safe_text import one_line

UNROUTED = "unrouted"

_LONGEST = 100


class Route(Struct, frozen=True):
    """The repositories of one team."""

    pattern: RepositoryPattern
    team: str


class Teams(Struct, frozen=True):
    """Routes in order: the first that matches an image decides its team."""

    routes: tuple[Route, ...] = ()

    @classmethod
    @lru_cache(1)  # each image asks for the same
    def parse(cls, text: str) -> "Teams":
        """Read e.g. `payments/*=payments,*/web-*=frontend`; ValueError says what was expected."""
        return cls(tuple(_route(entry.strip()) for entry in text.split(",") if entry.strip()))

    def of(self, tag: ImageTag) -> str:
        """The team of the tag's repository, or `unrouted`."""
        return next((r.team for r in self.routes if r.pattern.matches(tag)), UNROUTED)


def team_name(text: str) -> str | None:
    """The name on one line, of at most 100 characters; None when nothing is left of it."""
    return one_line(text, _LONGEST) or None


def _route(entry: str) -> Route:
    pattern, equals, team = (part.strip() for part in entry.partition("="))
    if not pattern or not equals or not team:
        raise ValueError(f"pattern=team in each entry, not {entry!r}")
    if team_name(team) != team:
        raise ValueError(f"a team of at most {_LONGEST} characters on one line, not {team!r}")
    return Route(RepositoryPattern.parse(pattern), team)
