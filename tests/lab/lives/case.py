"""A life's trace as the auditor's rules look at it; no word of the product here either."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tests.lab.lives.trace import (
    Asked,
    Calm,
    Ended,
    Fault,
    Image,
    Published,
    Refused,
    Rest,
    Seen,
    Sent,
    Started,
    Trace,
    Truth,
    Wrote,
)

_Kind = TypeVar("_Kind", bound=Seen)
VERDICTS = frozenset({"stop", "warn", "go"})
# What a scan that fails is answered as.
EMPTY = "scan failed"
_GONE = "no longer in Anchore"


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold, when, and how."""

    rule: str
    at: float
    what: str


@dataclass(frozen=True)
class Told:
    """What the readers of a channel know of an image once they have the message.

    `known` are the findings that they have been told of since the STOP began, `before` those that
    they were told of until then; `was_stopped` is what they took it for. A message about several
    images does not list all findings: from then on `is_partial`.
    """

    message: Published
    image: Image
    was_stopped: bool
    stopped: bool
    before: frozenset[str]
    known: frozenset[str]
    is_partial: bool = False


class Case:
    """The trace, sorted."""

    def __init__(self, trace: Trace) -> None:
        self.estate = trace.estate
        self.seen = trace.seen
        self._by_type: dict[type[Seen], list[Seen]] = defaultdict(list)
        for seen in trace.seen:
            self._by_type[type(seen)].append(seen)

    def all(self, kind: type[_Kind]) -> list[_Kind]:
        """All that was seen of a kind, in order."""
        return self._by_type[kind]  # type: ignore[return-value]

    @cached_property
    def calm_at(self) -> float:
        """From when on nothing fails."""
        return self.all(Calm)[0].at

    @cached_property
    def rest(self) -> Rest:
        """What was left."""
        return self.all(Rest)[0]

    @cached_property
    def truths(self) -> dict[str, list[Truth]]:
        """What Anchore said of each tag, in order."""
        found: dict[str, list[Truth]] = defaultdict(list)
        for truth in self.all(Truth):
            found[truth.tag].append(truth)
        return found

    @cached_property
    def asked(self) -> dict[str, list[Asked]]:
        """Of each invocation what Anchore answered it."""
        return self._by_who(Asked)

    @cached_property
    def faults(self) -> dict[str, list[Fault]]:
        """Of each invocation what went wrong in it."""
        return self._by_who(Fault)

    @cached_property
    def sent(self) -> dict[str, list[Sent]]:
        """Of each invocation what it sent to the queues."""
        return self._by_who(Sent)

    @cached_property
    def wrote(self) -> dict[str, list[Wrote]]:
        """Of each invocation what it wrote."""
        return self._by_who(Wrote)

    @cached_property
    def ends(self) -> dict[str, Ended]:
        """How each invocation ended."""
        return {ended.who: ended for ended in self.all(Ended)}

    @cached_property
    def starts(self) -> dict[str, Started]:
        """How each invocation began."""
        return {started.who: started for started in self.all(Started)}

    @cached_property
    def checks(self) -> dict[str, list[Asked]]:
        """The evaluations of each tag, in order."""
        found: dict[str, list[Asked]] = defaultdict(list)
        for asked in self.all(Asked):
            if asked.step == "check" and asked.tag is not None:
                found[asked.tag].append(asked)
        return found

    @cached_property
    def refused(self) -> set[tuple[str, str]]:
        """Channel and tag of what SNS never took."""
        return {
            (refused.channel, image.tag)
            for refused in self.all(Refused)
            for image in refused.images
        }

    @cached_property
    def told(self) -> dict[tuple[str, str], list[Told]]:
        """Of each channel and image what its readers were told, in order."""
        found: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for message in self.all(Published):
            for image in message.images:
                history = found[message.channel, image.tag]
                history.append(_told(message, image, history[-1] if history else None))
        return found

    def verdict_of(self, check: Asked) -> bool:
        """Whether the evaluation is a real one: a go or a warn needs a fresh list before it."""
        if check.said == "stop":
            return check.sound
        if check.said not in VERDICTS:
            return False
        return any(asked.sound for asked in self._lists(check))

    def is_empty_at_first(self, check: Asked) -> bool:
        """Whether a scan failed before any was known to find something: nobody could tell."""
        if not any(asked.said == EMPTY for asked in self._lists(check)):
            return False
        return not any(
            other.sound
            and other.digest == check.digest
            and self.finished(other.who)
            and self.ends[other.who].at < check.at
            for other in self.checks[check.tag or ""]
        )

    def _lists(self, check: Asked) -> list[Asked]:
        """Those that the evaluation's run was answered before it."""
        return [
            asked
            for asked in self.asked[check.who]
            if asked.step == "vuln" and asked.digest == check.digest and asked.at <= check.at
        ]

    def stands(self, check: Asked, before: float, after: float) -> bool:
        """Whether it was true for so many seconds before and after it was answered."""
        since, until = self._era(check)
        return since <= check.at - before and check.at + after <= until

    def _era(self, check: Asked) -> tuple[float, float]:
        """From when until when Anchore said the same of the tag as then, but for findings."""
        since, until = 0.0, float("inf")
        alike = (check.digest, check.said)
        was_alike = False
        for truth in self.truths[check.tag or ""]:
            is_alike = (truth.digest, truth.action) == alike
            if truth.at > check.at:
                if not is_alike:
                    until = truth.at
                    break
            elif not (is_alike and was_alike):
                since = truth.at
            was_alike = is_alike
        return since, until

    def finished(self, who: str) -> bool:
        """Whether the invocation ended well, and its work did not go back."""
        ended = self.ends.get(who)
        if ended is None or ended.how != "answered":
            return False
        return not self.went_back(who)

    def went_back(self, who: str) -> bool:
        """Whether its work was sent again or deferred."""
        deferred = any(wrote.key.startswith("work#") for wrote in self.wrote.get(who, ()))
        return who in self.sent or deferred

    def _by_who(self, kind: type[_Kind]) -> dict[str, list[_Kind]]:
        found: dict[str, list[_Kind]] = defaultdict(list)
        for seen in self.all(kind):
            found[seen.who].append(seen)
        return dict(found)


def is_gone(message: Published) -> bool:
    """Whether it says that Anchore has the image no longer, which ends a STOP."""
    return message.kind == "NOT_EVALUATED" and _GONE in message.reason


def _told(message: Published, image: Image, last: Told | None) -> Told:
    was_stopped = last is not None and last.stopped
    before = last.known if last is not None and was_stopped else frozenset[str]()
    if message.kind in ("STOP", "REMINDER"):
        known = before | {name for name, _ in image.findings}
        is_partial = not message.whole or (was_stopped and last is not None and last.is_partial)
        return Told(message, image, was_stopped, True, before, known, is_partial)
    stopped = was_stopped and message.kind not in ("RECOVERED", "ENDED") and not is_gone(message)
    is_partial = stopped and last is not None and last.is_partial
    return Told(message, image, was_stopped, stopped, before, before, is_partial)


def stopped_at_last(history: list[Told]) -> bool:
    """What the readers take the image for in the end."""
    return bool(history) and history[-1].stopped


def each_told(case: Case) -> Iterator[tuple[str, str, Told]]:
    """Channel, tag and what was told, each in its order."""
    for (channel, tag), history in case.told.items():
        for told in history:
            yield channel, tag, told
