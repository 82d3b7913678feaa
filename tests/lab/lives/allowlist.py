"""Allowlists with items that end, in a part of the lives: a GO becomes a STOP by the clock alone.

Anchore keeps an evaluation until the feeds, the policy or a forced refresh make it anew: that an
item has ended meanwhile does not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

# The share of lives that have such items.
SHARE = 1 / 8
_NAME = "exceptions"
# The last item ends while it is calm; a sweep is behind it still.
_CALM_SECONDS = 8 * 3600.0


@dataclass(frozen=True)
class Item:
    """It keeps the vulnerability from counting until so many seconds have passed."""

    id: str
    name: str
    package: str
    until: float


def has_some(seed: int) -> bool:
    """Whether it is a life with such items."""
    return Random(f"has an allowlist {seed}").random() < SHARE  # noqa: S311 - chance, no secret


def planned(seed: int, stopping: Mapping[str, str], calm_at: float) -> tuple[Item, ...]:
    """Items for some of the vulnerabilities that stop images, each with its package."""
    chance = Random(f"allowlist {seed}")  # noqa: S311 - chance, no secret
    return tuple(_items(chance, stopping, calm_at))


def _items(chance: Random, stopping: Mapping[str, str], calm_at: float) -> Iterator[Item]:
    """Some have two, of which the last one counts."""
    for name, package in sorted(stopping.items()):
        for number in range(chance.choice((0, 1, 1, 1, 2))):
            until = round(chance.uniform(0.1 * calm_at, calm_at + _CALM_SECONDS))
            yield Item(f"{name}-{number}", name, package if number else "*", until)


@dataclass
class Allowlist:
    """What it lets pass, and since when Anchore keeps each evaluation; `state` is what ends them.

    `endless` are the vulnerabilities that it lets pass for ever.
    """

    items: tuple[Item, ...]
    endless: set[str]
    _kept: dict[str, tuple[float, object]] = field(default_factory=dict)

    @cached_property
    def _until(self) -> dict[str, float]:
        """When the last item of each vulnerability ends."""
        return {item.name: item.until for item in sorted(self.items, key=lambda item: item.until)}

    def allows(self, name: str, now: float) -> bool:
        """Whether a vulnerability does not count."""
        return name in self.endless or now < self._until.get(name, 0.0)

    def held(self, names: Iterable[str], now: float) -> Iterator[tuple[str, float]]:
        """Those that count once their last item has ended, and when that is."""
        for name in set(names) - self.endless:
            if now < (until := self._until.get(name, 0.0)):
                yield name, until

    def evaluated_at(self, digest: str, now: float, state: object) -> float:
        """When the evaluation was made that Anchore answers now."""
        at, before = self._kept.get(digest, (now, state))
        if not self.items or before != state:
            at = now
        self._kept[digest] = at, state
        return at

    def make_anew(self, digest: str) -> None:
        """A forced refresh ends what is kept."""
        self._kept.pop(digest, None)

    def described(self, moment: Callable[[float], str]) -> dict[str, Any]:
        """As a policy has it."""
        if not self.items:
            return {}
        ending = [_item(i.id, f"{i.name}+{i.package}", moment(i.until)) for i in self.items]
        endless = [_item(name, f"{name}+*", None) for name in sorted(self.endless)]
        return {"allowlists": [{"id": _NAME, "name": _NAME, "items": [*ending, *endless]}]}

    def match(self, name: str, now: float) -> dict[str, Any]:
        """Of a finding: the item that lets it pass."""
        named = (i.id for i in self.items if i.name == name and now < i.until)
        item = name if name in self.endless else next(named, None)
        if not self.items or item is None:
            return {}
        return {"allowlist_match": {"id": _NAME, "name": _NAME, "matched_rule_id": item}}

    @property
    def mapping(self) -> dict[str, Any]:
        """The rule that names the list."""
        return {"matched_mapping_rule": {"allowlist_ids": [_NAME]}} if self.items else {}


def _item(name: str, trigger: str, until: str | None) -> dict[str, Any]:
    return {"id": name, "gate": "vulnerabilities", "trigger_id": trigger, "expires_on": until}
