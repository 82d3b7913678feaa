"""Notices that become one message: the facts for its mail and its attributes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from rescan.gate.model import Severity
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.news import EventType, ImageEvent, stable_id
from rescan.outbox.envelope import Envelope, Issue
from rescan.outbox.items import Channel, PendingNotice


class Shared(Struct, frozen=True):
    """An issue that so many images of a group have, too."""

    issue: Issue
    images: int


class Repository(Struct, frozen=True):
    """The images of a group that stand in one repository, worst first."""

    registry: str
    name: str
    images: tuple[Envelope, ...]

    @property
    def full_name(self) -> str:
        """registry/repository."""
        return f"{self.registry}/{self.name}"


class Group(Struct, frozen=True, kw_only=True):
    """Notices about `issue`, or (None) with nothing in common; at least one, oldest first.

    They agree in channel, team, kind, policy and final action. `images` counts all parts;
    `before` counts the images of the messages before, since `began_at`. All messages about an issue
    have the same `storm`, which is a thread in a chat.
    """

    storm: str
    issue: Issue | None
    members: tuple[PendingNotice, ...]
    images: int
    before: int = 0
    began_at: datetime | None = None
    part: int = 1
    parts: int = 1

    @property
    def envelopes(self) -> list[Envelope]:
        """What its notices are about, oldest first."""
        return [member.envelope for member in self.members]

    @property
    def worst_first(self) -> list[Envelope]:
        """The same: what runs first, then exploited, the worst severity, most findings."""
        return sorted(self.envelopes, key=lambda e: (*_badness(e), -e.findings, e.order))

    @property
    def id(self) -> str:
        """The same for the same notices."""
        return stable_id(self.storm, sorted(envelope.id for envelope in self.envelopes))

    @property
    def channel(self) -> Channel:
        """Where it goes."""
        return self.members[0].channel

    @property
    def team(self) -> str:
        """Whose it is."""
        return self.members[0].envelope.team

    @property
    def event_type(self) -> ImageEvent:
        """What kind of notice it is."""
        kind = self.members[0].envelope.event_type
        if kind is EventType.SUMMARY:
            raise ValueError("a summary is about all images, so never one of several notices")
        return kind

    @property
    def policy_id(self) -> str | None:
        """By which policy."""
        return self.members[0].envelope.policy_id

    @property
    def policy_name(self) -> str | None:
        """What people call that policy."""
        return self.members[0].envelope.policy_name

    @property
    def final_action(self) -> str | None:
        """What Anchore said of all of them."""
        return self.members[0].envelope.final_action

    @property
    def registry(self) -> str | None:
        """The one that all of them are in."""
        registries = {envelope.tag.registry for envelope in self.envelopes}
        return registries.pop() if len(registries) == 1 else None

    @property
    def cause(self) -> FailureCause | None:
        """What keeps all of them from being evaluated."""
        causes = {envelope.cause for envelope in self.envelopes}
        return causes.pop() if len(causes) == 1 else None

    @property
    def worst(self) -> Severity:
        """The worst severity of any of its images."""
        return max(envelope.worst for envelope in self.envelopes)

    @property
    def fix_available(self) -> bool | None:
        """Whether any image has a finding with a fix; None when nothing is known of fixes."""
        known = [
            envelope.fix_available
            for envelope in self.envelopes
            if envelope.fix_available is not None
        ]
        return any(known) if known else None

    @property
    def exploited(self) -> int:
        """How many of its images have a finding that is known to be exploited."""
        return sum(bool(envelope.known_exploited) for envelope in self.envelopes)

    @property
    def known_exploited(self) -> bool | None:
        """Whether any image has such a finding; None when nobody says of any."""
        said = {envelope.known_exploited for envelope in self.envelopes} - {None}
        return any(said) if said else None

    @property
    def late(self) -> int:
        """How many of its images are overdue."""
        return sum(envelope.overdue for envelope in self.envelopes)

    @property
    def overdue(self) -> bool:
        """Whether any of its images is."""
        return self.late > 0

    @property
    def running(self) -> int:
        """How many of its images are known to run."""
        return sum(envelope.runs for envelope in self.envelopes)

    @property
    def runs(self) -> bool:
        """Whether any of its images is."""
        return self.running > 0

    @property
    def names_all_places(self) -> bool:
        """Whether all places are named of each image that runs."""
        running = (envelope.running for envelope in self.envelopes if envelope.running)
        return all(one.total == len(one.places) for one in running)

    def contexts(self) -> list[str]:
        """Where its images run, as far as that is named: the place of most of them first."""
        running = (envelope.running for envelope in self.envelopes if envelope.running)
        return _by_number(place.context for one in running for place in one.places)

    def exploited_issues(self) -> list[Issue]:
        """What is known to be exploited, each once: of most images first."""
        every = [i for e in self.envelopes for i in e.issues if i.known_exploited]
        by_key = {issue.key: issue for issue in every}
        return [by_key[key] for key in _by_number(issue.key for issue in every)]

    def packages(self) -> list[str]:
        """The packages that the issue is in, most frequent first."""
        return _by_number(each.package for each in self._of_the_issue())

    def fixes(self) -> list[str]:
        """The versions that fix the issue, most frequent first."""
        return _by_number(each.fixed_in for each in self._of_the_issue())

    def ends(self) -> list[datetime]:
        """When allowlists stop suppressing the issue, or (None) any; earliest first."""
        every = (issue for envelope in self.envelopes for issue in envelope.issues)
        about = self._of_the_issue() if self.issue else every
        return sorted({each.until for each in about if each.until is not None})

    def _of_the_issue(self) -> Iterator[Issue]:
        """The issue as each image has it."""
        for envelope in self.envelopes:
            for each in envelope.issues:
                if self.issue is not None and each.key == self.issue.key:
                    yield each

    def repositories(self) -> list[Repository]:
        """The repository of the worst image first; of equally bad ones, that of most images."""
        images: defaultdict[tuple[str, str], list[Envelope]] = defaultdict(list)
        for envelope in self.worst_first:
            images[envelope.tag.registry, envelope.tag.repository].append(envelope)
        every = [Repository(*name, tuple(found)) for name, found in images.items()]
        return sorted(every, key=lambda r: (*_badness(r.images[0]), -len(r.images), r.full_name))

    def other_issues(self) -> list[Shared]:
        """The issues that its images have besides: exploited, of most images, then the worst."""
        issues: dict[str, Issue] = {}
        images: Counter[str] = Counter()
        for envelope in self.envelopes:
            for issue in envelope.issues:
                issues.setdefault(issue.key, issue)
                images[issue.key] += 1
        if self.issue is not None:
            images.pop(self.issue.key, None)
        shared = [Shared(issues[key], count) for key, count in images.items()]
        return sorted(
            shared,
            key=lambda s: (
                not s.issue.known_exploited,
                -s.images,
                -s.issue.severity,
                s.issue.key,
            ),
        )


def _badness(envelope: Envelope) -> tuple[bool, bool, int]:
    """What runs first, then exploited, then the worst severity."""
    return not envelope.runs, not envelope.known_exploited, -envelope.worst


def _by_number(values: Iterable[str | None]) -> list[str]:
    return [value for value, _ in Counter(value for value in values if value).most_common()]
