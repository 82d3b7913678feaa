"""One invocation's calls to the outside: each is a point at which time passes and things go wrong.

What befalls an invocation is drawn from its name and the seed alone. So it meets the same faults
whatever else is left out of the life, which is how a failing life is made short.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, TypeVar

from tests.lab.lives.trace import Fault

_Answer = TypeVar("_Answer")
# Lambda ends an invocation after that.
TIMEOUT_SECONDS = 300.0
# The service is away for a while: each call is refused.
AWAY = "away"


class Killed(BaseException):
    """The process has ended; no code of the function's own may live on."""


@dataclass(frozen=True)
class Dangers:
    """How likely each kind of fault is at a call, and those that this life leaves out.

    `left_out` names them as `invocation/number`. `planned` has the only faults that there are.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    left_out: Collection[str] = frozenset()
    planned: Mapping[str, str] | None = None


class Surroundings(Protocol):
    """What a call needs to know of the world."""

    dangers: Dangers
    is_calm: bool
    calls: Counter[str]

    def latency(self, invocation: "Invocation", service: str, seconds: float) -> float: ...
    def passed(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    def see(self, seen: Any) -> None: ...
    def is_away(self, service: str) -> bool: ...


@dataclass
class Invocation:
    """An invocation of Lambda in a container; its calls are numbered from 1."""

    name: str
    world: Surroundings
    chance: Random
    started: float
    calls: int = 0
    is_dead: bool = False

    def make(self, service: "Service", name: str, effect: Callable[[], _Answer]) -> _Answer:
        """The answer of a call with this effect, or what went wrong instead."""
        self.live()
        self.calls += 1
        number = self.calls
        self.world.calls[service.name] += 1
        draw, latency = self.chance.random(), self.chance.random()
        seconds = service.seconds * (0.2 + 2 * latency * latency)
        self.world.sleep(self.world.latency(self, service.name, seconds))
        self.live()
        fault = self._fault(draw, service, f"{self.name}/{number}")
        if fault is None:
            return effect()
        self.world.see(Fault(self.world.passed(), self.name, fault, name, number))
        return self._failing(fault, service, effect)

    def _fault(self, draw: float, service: "Service", place: str) -> str | None:
        world = self.world
        if world.dangers.planned is not None:
            kind = world.dangers.planned.get(place)
            return kind if kind in service.faults else None
        if world.is_calm:
            return None
        if world.is_away(service.name):
            return None if place in world.dangers.left_out else AWAY
        for kind, rate in world.dangers.rates.items():
            draw -= rate
            if draw < 0:
                is_met = kind in service.faults and place not in world.dangers.left_out
                return kind if is_met else None
        return None

    def _failing(self, fault: str, service: "Service", effect: Callable[[], _Answer]) -> _Answer:
        if fault == "kill before":
            self.die()
        if fault == "kill after":
            with suppress(Exception):  # nobody hears that it was refused
                effect()
            self.die()
        if fault == "slow":
            answer = effect()
            self.pass_time(1 + 40 * self.chance.random() ** 3)
            return answer
        return self._tried_again(fault, service, effect)

    def _tried_again(
        self, fault: str, service: "Service", effect: Callable[[], _Answer]
    ) -> _Answer:
        """As the client of AWS does it: a try that fails is followed by another, if it has one."""
        if fault == "lost":
            effect()
        for _ in range(1, service.tries):
            if fault != AWAY and self.chance.random() < 0.5:
                return effect()
            if fault == "lost":
                effect()
        self.pass_time(2.0 if fault == "lost" else 0.1)
        raise service.refusal(fault)

    def pass_time(self, seconds: float) -> None:
        """Let others go on; the process may be ended meanwhile."""
        self.live()
        self.world.sleep(seconds)
        self.live()

    def live(self) -> None:
        """Whatever a dead process still tries is not done."""
        if not self.is_dead and self.world.passed() - self.started <= TIMEOUT_SECONDS:
            return
        if not self.is_dead:
            self.world.see(Fault(self.world.passed(), self.name, "timeout", "", self.calls))
        self.is_dead = True
        raise Killed

    def die(self) -> None:
        """The process ends here."""
        self.is_dead = True
        raise Killed


@dataclass(frozen=True)
class Service:
    """A service that is called: how long it takes, how often its client tries, how it fails."""

    name: str
    seconds: float
    tries: int
    faults: frozenset[str]
    refusal: Callable[[str], Exception]
