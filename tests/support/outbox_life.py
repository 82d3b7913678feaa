"""An outbox that lives through windows: notices come, calls fail, containers end, time passes."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import PublishFailed
from rescan.kernel.publish_fault import PublishFault
from rescan.ledger.news import EventType
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice
from rescan.work.publisher import Publisher
from tests.support.fakes import NOON, FakeLedger, FakeOutbox, FakeTopic
from tests.support.faults import Crash, Fault, Faults, Faulty
from tests.support.one_publisher import RULES, publisher_of
from tests.support.outbox_notices import ids_of, outbox_item

TEAMS = ("payments", "web")


@dataclass(frozen=True)
class Arrival:
    """Notices of so many images from the `first` on; each image has its team.

    `finding` None: each is about a finding of its own. Of an image that is not stopped no REMINDER
    and no RECOVERED comes.
    """

    first: int = 0
    images: int = 1
    finding: str | None = "CVE-1"
    event_type: EventType = EventType.STOP
    pushed: bool = False


@dataclass(frozen=True)
class Window:
    """What comes, and then a run of the publisher a minute; of a new container, if it `restarts`.

    Of the calls that are to fail the first `spared` go well, and so many `fail` (None: all). SNS
    never takes a message about an image that is `bad`; what waits about a `garbled` one cannot be
    decoded as long as the window lasts, in which all messages are refused for a `fault`, if any.
    """

    arrivals: tuple[Arrival, ...] = ()
    faults: dict[str, Fault] = field(default_factory=dict)
    spared: int = 0
    fail: int | None = None
    restarts: bool = False
    minutes: int = 1
    bad: frozenset[int] = frozenset()
    garbled: frozenset[int] = frozenset()
    fault: PublishFault | None = None

    def has(self, *calls: str, faults: Iterable[Fault] = Fault) -> bool:
        """Whether any of these calls, or any call at all, meets one of the faults."""
        planned = self.faults.items()
        return any(fault in faults and (not calls or call in calls) for call, fault in planned)


@dataclass
class _Reader(FakeTopic):
    """Takes down when each message came; takes none that is about a `bad` notice."""

    clock: Callable[[], datetime] = lambda: NOON
    times: list[datetime] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    topic_fault: PublishFault | None = None

    def publish(self, notice: Notice) -> str:
        if self.topic_fault is not None:
            raise PublishFailed("SNS refused", self.topic_fault)
        if not self.bad.isdisjoint(ids_of(notice)):
            raise PublishFailed("SNS refused the message", PublishFault.MESSAGE)
        self.times.append(self.clock())
        return super().publish(notice)


class OutboxLife:
    """`now` is moved by the publisher's rests and by the windows alone; `came` are all notices."""

    def __init__(self) -> None:
        self.now = NOON
        self.ledger = FakeLedger()
        self.came: dict[str, OutboxItem] = {}
        self.quiet_since = NOON
        self.spoiled: set[str] = set()
        self._stopped: set[str] = set()
        self._reader = _Reader(clock=lambda: self.now)
        self._faults = Faults()
        self._publisher = self._container()

    def lives(self, windows: list[Window]) -> "OutboxLife":
        """One window after the other."""
        for window in windows:
            self._faults.planned = window.faults
            self._faults.spared, self._faults.most = window.spared, window.fail
            for arrival in window.arrivals:
                self._arrive(arrival)
            if window.restarts:
                self._publisher = self._container()
            self._spoil(window)
            self._runs(window.minutes)
        self._faults.planned = {}
        self._spoil(Window())
        self.quiet_since = self.now
        return self

    def settles(self, minutes: int) -> "OutboxLife":
        """Time goes on, without faults and news, for so many minutes or until nothing is left."""
        for _ in range(minutes):
            if not (self.ledger.due or self.ledger.flights):
                break
            self._runs(1)
        return self

    def _spoil(self, window: Window) -> None:
        """Let what SNS never takes stay so; what could not be decoded is decoded again."""
        self._reader.topic_fault = window.fault
        self._reader.bad |= self._about(window.bad)
        garbled = self._about(window.garbled)
        self.ledger.garbled.clear()
        self.ledger.garbled |= {key for key in self.ledger.due if key[1] in garbled}
        self.spoiled |= self._reader.bad | garbled

    def _about(self, images: Iterable[int]) -> set[str]:
        subjects = {f"image-{image}" for image in images}
        return {name for name, item in self.came.items() if item.envelope.subject in subjects}

    def _arrive(self, arrival: Arrival) -> None:
        for image in range(arrival.first, arrival.first + arrival.images):
            subject = f"image-{image}"
            if not self._may_come(subject, arrival.event_type):
                continue
            self.now += timedelta(milliseconds=1)
            number = len(self.came)
            item = outbox_item(
                number,
                arrival.finding or f"CVE-own-{number}",
                at=self.now,
                subject=subject,
                team=TEAMS[image % 2],
                event_type=arrival.event_type,
                pushed=arrival.pushed,
            )
            self.came[item.envelope.id] = item
            self.ledger.due[Channel.STOPS, item.envelope.id] = item

    def _may_come(self, subject: str, kind: EventType) -> bool:
        """As the ledger decides."""
        if kind is EventType.STOP:
            self._stopped.add(subject)
        elif subject not in self._stopped:
            return False
        elif kind is EventType.RECOVERED:
            self._stopped.remove(subject)
        return True

    def _container(self) -> Publisher:
        outbox, topic = Faulty(FakeOutbox(self.ledger)), Faulty(self._reader)
        outbox.faults = topic.faults = self._faults
        return publisher_of(outbox, topic, lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _runs(self, minutes: int) -> None:
        for _ in range(minutes):
            try:
                self._publisher.run(Deadline.after(600))
            except Crash:
                self._publisher = self._container()
            self.now += RULES.window

    # --- what readers have

    @property
    def messages(self) -> list[Notice]:
        """Each message, in order."""
        return self._reader.notices

    @property
    def times(self) -> Counter[str]:
        """How often each notice was published, alone or in a group."""
        return Counter(name for _, name in self._published())

    @property
    def aside(self) -> set[str]:
        """The notices that are kept and wait no longer."""
        return {name for _, name in self.ledger.aside}

    @property
    def never(self) -> set[str]:
        """The notices that were neither published nor set aside, but for reminders of what was."""
        published = self.times.keys()
        images = {self.came[name].envelope.subject for name in published}
        return {
            name
            for name, item in self.came.items()
            if name not in published | self.aside
            and not (
                item.envelope.event_type is EventType.REMINDER and item.envelope.subject in images
            )
        }

    def longest_wait(self, *kinds: EventType, since: datetime = NOON) -> timedelta:
        """From when a notice of the kinds came, but not before `since`, until it was published."""
        first: dict[str, datetime] = {}
        for at, name in self._published():
            if self.came[name].envelope.event_type in kinds:
                first.setdefault(name, at)
        waits = [at - max(self.came[name].envelope.at, since) for name, at in first.items()]
        return max(waits, default=timedelta())

    def out_of_order(self) -> list[tuple[str, str]]:
        """Notices of one image, of which the earlier was published behind the later."""
        order: defaultdict[str, list[int]] = defaultdict(list)
        for position, (_, name) in enumerate(self._published()):
            order[name].append(position)
        images: defaultdict[str, list[str]] = defaultdict(list)
        for name, item in self.came.items():
            if order[name]:
                images[item.envelope.subject].append(name)
        pairs = [pair for names in images.values() for pair in pairwise(names)]
        return [(a, b) for a, b in pairs if order[a][-1] > order[b][0]]

    def ids_of_repeated(self) -> list[set[str]]:
        """Of each notice that was published more than once the ids of its messages."""
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for message, message_id in zip(self._reader.notices, self._reader.ids, strict=True):
            for name in ids_of(message):
                ids[name].append(message_id)
        return [set(found) for found in ids.values() if len(found) > 1]

    def most_within(self, span: timedelta, team: str | None = None) -> int:
        """How many messages came within such a span at most; for one team only, if named."""
        times = [
            at
            for at, message in zip(self._reader.times, self._reader.notices, strict=True)
            if team in (None, self.came[next(ids_of(message))].envelope.team)
        ]
        return max((sum(t <= u < t + span for u in times) for t in times), default=0)

    def readers_of(self, message: Notice) -> set[tuple[str, EventType, str | None]]:
        """Whose its notices are, and of which kind and policy."""
        envelopes = [self.came[name].envelope for name in ids_of(message)]
        return {(envelope.team, envelope.event_type, envelope.policy_id) for envelope in envelopes}

    def _published(self) -> Iterator[tuple[datetime, str]]:
        for at, message in zip(self._reader.times, self._reader.notices, strict=True):
            for name in ids_of(message):
                yield at, name
