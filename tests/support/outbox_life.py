"""An outbox that lives through windows: notices come, calls fail, containers end, time passes."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from rescan.kernel.deadline import Deadline
from rescan.ledger.news import EventType
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice
from rescan.work.publisher import Publisher
from tests.support.fakes import NOON, FakeLedger, FakeOutbox, FakeTopic
from tests.support.faults import Crash, Fault, Faults, Faulty
from tests.support.notices_due import due, ids_of
from tests.support.one_publisher import RULES, publisher_of

TEAMS = ("payments", "web")


@dataclass(frozen=True)
class Arrival:
    """Notices on one finding, of so many images from the `first` on; each image has its team."""

    first: int = 0
    images: int = 1
    finding: str = "CVE-1"
    event_type: EventType = EventType.STOP


@dataclass(frozen=True)
class Window:
    """What comes, and then a run of the publisher a minute; of a new container, if it `restarts`.

    Of the calls that are to fail the first `spared` go well, and so many `fail` (None: all).
    """

    arrivals: tuple[Arrival, ...] = ()
    faults: dict[str, Fault] = field(default_factory=dict)
    spared: int = 0
    fail: int | None = None
    restarts: bool = False
    minutes: int = 1

    def has(self, *calls: str, faults: Iterable[Fault] = Fault) -> bool:
        """Whether any of these calls, or any call at all, meets one of the faults."""
        planned = self.faults.items()
        return any(fault in faults and (not calls or call in calls) for call, fault in planned)


@dataclass
class _Reader(FakeTopic):
    """Takes down when each message came."""

    clock: Callable[[], datetime] = lambda: NOON
    times: list[datetime] = field(default_factory=list)

    def publish(self, notice: Notice) -> str:
        self.times.append(self.clock())
        return super().publish(notice)


class OutboxLife:
    """`now` is moved by the publisher's rests and by the windows alone."""

    def __init__(self) -> None:
        self.now = NOON
        self.ledger = FakeLedger()
        self.dues: dict[str, OutboxItem] = {}
        self.quiet_since = NOON
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
            self._runs(window.minutes)
        self._faults.planned = {}
        self.quiet_since = self.now
        return self

    def settles(self, minutes: int) -> "OutboxLife":
        """Time goes on, without faults and news."""
        self._runs(minutes)
        return self

    def _arrive(self, arrival: Arrival) -> None:
        for image in range(arrival.first, arrival.first + arrival.images):
            self.now += timedelta(milliseconds=1)
            number = len(self.dues)
            made = due(
                number,
                arrival.finding,
                at=self.now,
                subject=f"image-{image}",
                team=TEAMS[image % 2],
                event_type=arrival.event_type,
            )
            self.dues[made.envelope.id] = self.ledger.due[Channel.STOPS, made.envelope.id] = made

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
    def tellings(self) -> Counter[str]:
        """How often each notice was told, alone or in a group."""
        return Counter(name for _, name in self._told())

    def longest_wait(self, since: datetime = NOON) -> timedelta:
        """From when a notice came, but not before `since`, until it was first told."""
        first: dict[str, datetime] = {}
        for at, name in self._told():
            first.setdefault(name, at)
        waits = [at - max(self.dues[name].envelope.at, since) for name, at in first.items()]
        return max(waits, default=timedelta())

    def out_of_order(self) -> list[tuple[str, str]]:
        """Notices of one image, of which the earlier was told behind the later."""
        order: defaultdict[str, list[int]] = defaultdict(list)
        for position, (_, name) in enumerate(self._told()):
            order[name].append(position)
        images: defaultdict[str, list[str]] = defaultdict(list)
        for name, each in self.dues.items():
            images[each.envelope.subject].append(name)
        pairs = [pair for names in images.values() for pair in pairwise(names)]
        return [(a, b) for a, b in pairs if order[a] and order[b] and order[a][-1] > order[b][0]]

    def most_in_a_second(self) -> int:
        """Of messages."""
        times, second = self._reader.times, timedelta(seconds=1)
        return max((sum(t <= u < t + second for u in times) for t in times), default=0)

    def readers_of(self, message: Notice) -> set[tuple[str, EventType, str | None]]:
        """Whose its notices are, and of which kind and policy."""
        envelopes = [self.dues[name].envelope for name in ids_of(message)]
        return {(envelope.team, envelope.event_type, envelope.policy_id) for envelope in envelopes}

    def _told(self) -> Iterator[tuple[datetime, str]]:
        for at, message in zip(self._reader.times, self._reader.notices, strict=True):
            for name in ids_of(message):
                yield at, name
