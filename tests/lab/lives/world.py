"""A life: Lambda, EventBridge and the queues around the function's containers, on one clock.

Sweeps come by their schedule, the publisher each minute in which something waits: a run without
anything to do changes nothing, and only some of them are made.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from random import Random
from typing import Any

from tests.lab.lives.anchore import Anchore
from tests.lab.lives.batches import ends
from tests.lab.lives.calls import Dangers, Invocation
from tests.lab.lives.container import (
    CHAT_ARN,
    PUSH_URL,
    UNEXPECTED,
    WORK_URL,
    Container,
    settings_of,
)
from tests.lab.lives.digests import digest_of
from tests.lab.lives.dynamodb import Table
from tests.lab.lives.plan import HOUR, Happening, Plan
from tests.lab.lives.trace import (
    Calm,
    Crashed,
    Ended,
    Estate,
    Image,
    Left,
    Measured,
    Pushed,
    Rest,
    Seen,
    Sent,
    Started,
    Trace,
)
from tests.lab.lives.turns import Turns
from tests.support.fakes import NOON
from tests.support.lambda_poller import Batch, Poller
from tests.support.runtime_api import Invocation as Outcome
from tests.support.sqs_queue import Message, SqsQueue

_VISIBILITY, _MOST_RECEIVES = 1800, 5
_CONCURRENCY = 2
_RETRIES = (60.0, 120.0)
# Sweeps after the faults: the first judges, the next two measure and tell what came late.
_CALM_SWEEPS = 3
_DONE = Outcome(answer={"batchItemFailures": []})


class World:
    """One life, as its plan and its seed have it."""

    calm_sweeps = _CALM_SWEEPS

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        chat = {"CHAT_TOPIC_ARN": CHAT_ARN} if plan.chat else {}
        self.settings = settings_of(tuple(sorted({**plan.environment, **chat}.items())))
        self.turns = Turns()
        self.seen: list[Seen] = []
        self.calls: Counter[str] = Counter()
        self.dangers = Dangers(plan.rates, plan.left_out)
        self.anchore = Anchore(plan, self.passed, self.see, NOON)
        self.table = Table(self.passed, self.see, self.random("table"))
        self.is_calm = False
        self._away: dict[str, float] = {}
        self._chance = self.random("world")
        self._lanes = {
            WORK_URL: _Lane("work", self, self.random("work")),
            PUSH_URL: _Lane("pushes", self, self.random("pushes")),
        }
        self._idle: list[Container] = []
        self._containers = 0
        self._names: dict[str, int] = {}
        self._publisher_at = -1.0
        # What waits by then waits for ever.
        self._last_at = plan.calm_at + 4 * 24 * HOUR
        self._idle_runs = 0
        self._throttled_until = 0.0
        self.table.lag = self._lag
        self.table.parts = self._chance.choice((0.0, 0.2, 0.5))
        if plan.pages:
            self.table.parts = 0.5
        self.table.on_pending = lambda item: self._wake_publisher()

    # --- what the parts of the world ask of it

    def passed(self) -> float:
        return self.turns.passed

    def sleep(self, seconds: float) -> None:
        self.turns.wait(seconds)

    def latency(self, invocation: Invocation, service: str, seconds: float) -> float:
        """How long the call takes, of which so much was drawn."""
        return seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.turns.passed)

    def see(self, seen: Any) -> None:
        self.seen.append(seen)

    def is_away(self, service: str) -> bool:
        return self.turns.passed < self._away.get(service, 0.0)

    def never_takes(self, images: tuple[Image, ...]) -> bool:
        poison = {tag.name for tag in self.plan.tags if tag.is_poison}
        return not poison.isdisjoint(image.tag for image in images)

    def send(self, url: str, body: str, delay: int, who: str) -> None:
        self._lanes[url].send(body, delay, who)

    def counts(self, url: str) -> tuple[int, int]:
        queue = self._lanes[url].queue
        return queue.visible, queue.in_flight

    def copies(self, url: str, body: str) -> int:
        """How often what this message asks for is asked for in the lane."""
        asked = _asked_in(body)
        return sum(_asked_in(message.body) == asked for message in self._lanes[url].queue.messages)

    def comes_twice(self, message: str, chance: Random) -> float | None:
        """After how many seconds SQS delivers the message again; None: it does not."""
        if self.is_calm or chance.random() >= 0.03:
            return None
        return chance.choice((0.0, 1.0, 30.0)) * chance.random()

    def entry_fails(self) -> bool:
        return not self.is_calm and "refused" in self.plan.rates and self._chance.random() < 0.05

    # --- the life

    def live(self) -> Trace:
        """What was seen of it, from the first push until all is at rest."""
        UNEXPECTED.tell = lambda error: self.see(Crashed(self.passed(), "", error))
        for happening in self.plan.happenings:
            self.turns.begin(partial(self._happen, happening), happening.at)
        for item in self.plan.items:
            self.turns.begin(self.anchore.tell, item.until)
        self.turns.begin(self._calm_down, self.plan.calm_at)
        self._plan_sweeps()
        self.turns.run()
        self.see(self._rest())
        return Trace(self.plan.seed, self._estate(), self.seen)

    def _estate(self) -> Estate:
        tags, hours = self.plan.tags, self.settings.sweep_hours
        return Estate(
            teams={tag.name: tag.team for tag in tags},
            watched=frozenset(tag.name for tag in tags if tag.watched),
            channels=frozenset({"stops", "chat"} if self.plan.chat else {"stops"}),
            sweep_seconds=hours * HOUR,
            reminder_seconds=self.settings.reminder_hours * HOUR,
            not_evaluated_seconds=self.settings.not_evaluated_hours * HOUR,
            only_running=self.settings.watch == "running",
            running_within_seconds=self.settings.running_within_hours * HOUR,
            indexes=dict(self.anchore.records.index_of),
        )

    def _plan_sweeps(self) -> None:
        """By the schedule, late, twice or never; while it is calm they come on time."""
        period, chance = self.settings.sweep_hours * HOUR, self.random("sweeps")
        at = chance.uniform(0, period)
        left = self.calm_sweeps
        while left:
            is_calm = at > self.plan.calm_at
            left -= is_calm
            for number in range(1 if is_calm else chance.choices((0, 1, 2), (1, 12, 1))[0]):
                late = 0.0 if is_calm else chance.choice((0.0, 30.0, 900.0)) * chance.random()
                event = {
                    "source": "aws.scheduler",
                    "detail-type": "Scheduled Event",
                    "time": (NOON + timedelta(seconds=at)).isoformat(),
                    "detail": "{}",
                }
                name = f"sweep-{at / HOUR:.1f}h-{number}"
                self.turns.begin(partial(self.start, event, name, "sweep"), at + late)
            at += period

    def _happen(self, happening: Happening) -> None:
        {
            "push": self._push,
            "feed": self._feed,
            "policy": self._edit_policy,
            "away": self._go_away,
            "deploy": self._deploy,
            "gone": self._remove,
            "throttle": self._throttle,
            "direct": self._ask_directly,
            "run": self._run,
            "silence": self._silence,
            "vanish": self._vanish,
            "withhold": self._withhold,
            "summary": self._summarize,
        }[happening.what](happening)

    def _push(self, push: Happening) -> None:
        tag = self.plan.tags[push.tag]
        digest = tag.digests[push.number]
        self.see(Pushed(self.passed(), push.name, tag.name, digest, len(push.times)))
        for late in push.times:
            self.turns.begin(partial(self._tell_of_push, tag.name, digest, self.now()), late)
        known_after = self._chance.choice((0.0, 1.0, 20.0, 60.0, 400.0)) * self._chance.random()
        self.turns.begin(partial(self._learn, tag.name, digest, push.seconds), known_after)

    def _learn(self, tag: str, digest: str, analysis: float) -> None:
        for at in (analysis, *self.anchore.learn(tag, digest, analysis)):
            self.turns.begin(self.anchore.tell, at)

    def _tell_of_push(self, tag: str, digest: str, at: datetime) -> None:
        """As EventBridge hands it to the queue; of a registry that is not ECR's nobody tells."""
        registry, _, rest = tag.partition("/")
        repository, _, name = rest.rpartition(":")
        account, *_ = registry.split(".")
        if not account.isdigit():
            body = {"rescan": {"tag": parts_of(tag), "trigger": _pushed(at), "digest": digest}}
        else:
            body = _ecr_event(account, repository, name, digest, at)
        self._lanes[PUSH_URL].send(json.dumps(body), 0, "eventbridge")

    def _feed(self, _: Happening) -> None:
        self.anchore.feed += 1
        self.anchore.fed_at = self.passed()
        self.anchore.tell()
        self._check_soon()

    def _edit_policy(self, edit: Happening) -> None:
        names = sorted({row.name for rows in self.plan.rows.values() for row in rows})
        if names:
            self.anchore.allowed ^= {names[edit.number % len(names)]}
        self.anchore.policy += 1
        self.anchore.edited_at = self.passed()
        self.anchore.tell()
        self._check_soon()

    def _check_soon(self) -> None:
        for minutes in (self._chance.uniform(0, 10), 40.0, 80.0):
            name = f"check-{self.passed() / HOUR:.2f}h-{minutes:.0f}"
            self.turns.begin(partial(self.start, {"check": "feeds"}, name, "check"), minutes * 60)

    def _go_away(self, away: Happening) -> None:
        self._away[away.service] = self.passed() + away.seconds
        if away.service == "scanner":
            self.anchore.scans_fail_until = self.passed() + away.seconds

    def _deploy(self, _: Happening) -> None:
        self._idle.clear()

    def _remove(self, gone: Happening) -> None:
        self.anchore.forget(self.plan.tags[gone.tag].name)

    def _throttle(self, throttle: Happening) -> None:
        self._throttled_until = self.passed() + throttle.seconds

    def _ask_directly(self, direct: Happening) -> None:
        self.start({"tag": self.plan.tags[direct.tag].name}, direct.name, "direct", retries=())

    def _summarize(self, summary: Happening) -> None:
        asked = {"summarize": "ledger", "due": self.now().isoformat()}
        self.start(asked, summary.name, "summary")

    def _run(self, run: Happening) -> None:
        tag = self.plan.tags[run.tag]
        stranger = digest_of(f"{tag.name} of nobody")
        digest = stranger if run.number < 0 else tag.digests[run.number]
        self.anchore.inventory.run(tag.name, digest, run.service, self._span(run))

    def _silence(self, silence: Happening) -> None:
        spans = self.anchore.inventory.silent.setdefault(silence.service, [])
        spans.append(self._span(silence))

    def _vanish(self, vanish: Happening) -> None:
        spans = self.anchore.inventory.vanished.setdefault(vanish.service, [])
        spans.append(self._span(vanish))

    def _withhold(self, withheld: Happening) -> None:
        self.anchore.inventory.withheld = withheld.service, self._span(withheld)[1]

    def _span(self, lasting: Happening) -> tuple[float, float]:
        return self.passed(), self.passed() + lasting.seconds

    def _calm_down(self) -> None:
        """Faults end; what was a dead letter is redriven, as an operator does."""
        self.is_calm = True
        self._away.clear()
        self._throttled_until = 0.0
        self.see(Calm(self.passed(), "world"))
        for lane in self._lanes.values():
            lane.redrive()
            self.turns.begin(lane.redrive, _MOST_RECEIVES * _VISIBILITY + 600)
        self._wake_publisher()

    # --- Lambda

    def start(
        self, event: Any, name: str, what: str, retries: tuple[float, ...] = _RETRIES
    ) -> None:
        """As an asynchronous event, which is repeated when it fails."""
        how = self.invoke(event, name, what)
        if how != "answered" and retries:
            again = partial(self.start, event, name, what, retries[1:])
            self.turns.begin(again, retries[0])

    def invoke(self, event: Any, name: str, what: str, message: str | None = None) -> str:
        """How the invocation ended; throttled when no container was free for it."""
        if self.passed() < self._throttled_until:
            return "throttled"
        name = self.named(name)
        chance = self.random(name)
        container = self._container(chance)
        self.see(Started(self.passed(), name, container.name, what, message))
        invocation = Invocation(name, self, chance, self.passed())
        how, detail = container.handle(event, invocation)
        if how != "killed":
            self.see(Measured(self.passed(), name, container.measured()))
            self._idle.append(container)
        failures = detail.get("batchItemFailures") if isinstance(detail, dict) else None
        how = "failed" if how == "answered" and failures else how
        self.see(Ended(self.passed(), name, how, container.name, _short(detail)))
        return how

    def invoke_batch(self, batch: Batch, queue: str) -> tuple[str, Any]:
        """How the invocation ended, and its answer; each of its records is one to the auditor."""
        if self.passed() < self._throttled_until:
            return "throttled", ""
        container = self._container(self.random(f"{queue}-{batch.messages[0].id} batch"))
        records = _Records(self, container, queue)
        event = batch.event()
        how, detail = container.handle_batch(event, records.begin)
        for record in event["Records"]:
            if record["messageId"] not in records.begun:  # the process ended before its turn came
                records.begin(record)
        if how != "killed":
            records.measure()
            self.seen += records.measured
            self._idle.append(container)
        for message, ended in ends(records.begun, how, detail).items():
            name = records.begun[message].name
            self.see(Ended(self.passed(), name, ended, container.name, _short(detail)))
        return how, detail

    def named(self, message: str) -> str:
        """The name of an invocation that works on it, which is the message's own at first."""
        self._names[message] = number = self._names.get(message, 0) + 1
        return message if number == 1 else f"{message}~{number}"

    def _container(self, chance: Random) -> Container:
        if self._idle and chance.random() > 0.1:
            return self._idle.pop(chance.randrange(len(self._idle)))
        self._containers += 1
        name = f"container-{self._containers}"
        return Container(self, name, self.random(name), chance.uniform(-2, 2))

    # --- the publisher's schedule

    def _wake_publisher(self, least: float = 0.0) -> None:
        """At the next minute; while things fail sometimes a minute later, or twice at once."""
        if self._publisher_at > self.passed() or self.passed() > self._last_at:
            return
        minutes = int((self.passed() + least) // 60) + 1
        if not self.is_calm and self._chance.random() < 0.1:
            minutes += 1
        self._publisher_at = minutes * 60.0
        late = [self._chance.random() * (0.5 if self.is_calm else 8.0)]
        if not self.is_calm and self._chance.random() < 0.1:
            late.append(late[0] + self._chance.choice((0.1, 1.0, 8.0)) * self._chance.random())
        for number, seconds in enumerate(late):
            run = partial(self._publish, f"publish-{minutes}m-{number}")
            self.turns.begin(run, self._publisher_at + seconds - self.passed())

    def _publish(self, name: str) -> None:
        before = {item["subject"]["S"] for item in self.table.waiting("notice")}
        self.start({"publish": "notices"}, name, "publish", retries=())
        waiting = {item["subject"]["S"] for item in self.table.waiting("notice")}
        self._idle_runs = self._idle_runs + 1 if waiting == before else 0
        if waiting:
            # What is collected for hours is looked at less often than each minute.
            self._wake_publisher(min(15, 4**self._idle_runs - 1) * 60.0)
        elif work := self.table.waiting("work"):
            due = min(datetime.fromisoformat(item["since"]["S"]) for item in work)
            self._wake_publisher(max(0.0, (due - self.now()).total_seconds()))

    # --- chance, and the end

    def _lag(self) -> float:
        draw = self._chance.random()
        return draw * 0.5 if self.is_calm or draw < 0.9 else (draw - 0.9) * 600

    def random(self, name: str) -> Random:
        return Random(f"{self.plan.seed} {name}")  # noqa: S311 - chance, no secret

    def _rest(self) -> Rest:
        publisher = self.table.items.get("publisher", {})
        claimed = publisher.get("claimed_until", {}).get("S", "")
        lanes = self._lanes.values()
        return Rest(
            self.passed(),
            "world",
            waiting=len(self.table.waiting("notice")),
            aside=len(self.table.waiting("aside")),
            flights=sum(name.startswith("flight_") for name in publisher),
            is_claimed=claimed > self.now().isoformat(),
            queued=sum(len(lane.queue.messages) for lane in lanes),
            dead=sum(len(lane.dead.messages) for lane in lanes),
            deferred=len(self.table.waiting("work")),
        )


class _Records:
    """Those of a batch, in a container: `begun` has the invocation of each, by its message."""

    def __init__(self, world: World, container: Container, queue: str) -> None:
        self.begun: dict[str, Invocation] = {}
        self.measured: list[Measured] = []
        self._world = world
        self._container = container
        self._queue = queue
        self._began = world.passed()

    def begin(self, record: Any) -> Invocation:
        self.measure()
        world, message = self._world, f"{self._queue}-{record['messageId']}"
        name = world.named(message)
        started = Started(world.passed(), name, self._container.name, self._queue, message)
        world.see(started)
        invocation = Invocation(name, world, world.random(name), self._began)
        self.begun[record["messageId"]] = invocation
        return invocation

    def measure(self) -> None:
        """What was counted since belongs to the last one that was begun."""
        if self.begun:
            *_, last = self.begun.values()
            measured = Measured(self._world.passed(), last.name, self._container.measured())
            self.measured.append(measured)


class _Lane:
    """A queue, its dead letters, and Lambda's poller of it."""

    def __init__(self, name: str, world: World, chance: Random) -> None:
        self.name = name
        self.dead = SqsQueue(world.passed)
        self.queue = SqsQueue(
            world.passed, _VISIBILITY, _MOST_RECEIVES, self.dead, order=self._shuffled
        )
        self._world = world
        self._chance = chance
        most = world.plan.batch_size
        self._poller = Poller(self.queue, most, reports_failures=True, allows_loops=True)
        self._free = _CONCURRENCY

    def send(self, body: str, delay: int, who: str) -> None:
        message = self.queue.send(body, delay)
        event = json.loads(body)
        gate, page = event.get("rescan", {}), event.get("sweep_page", {})
        tag = _subject_of(gate) if gate else None
        at, sweep = self._world.passed(), gate.get("sweep") or page.get("sweep")
        began = (datetime.fromisoformat(sweep) - NOON).total_seconds() if sweep else None
        digest = gate.get("digest") or event.get("detail", {}).get("image-digest")
        number, name = page.get("page"), self._id(message)
        self._world.see(Sent(at, who, self.name, name, tag, delay, began, digest, number))
        self._poll_after(delay)

    def redrive(self) -> None:
        for message in self.dead.messages:
            self._world.see(Left(self._world.passed(), "operator", self._id(message), "redriven"))
        if self.queue.redrive():
            self._poll_after(0.0)

    def _id(self, message: Message) -> str:
        return f"{self.name}-{message.id}"

    def _shuffled(self, messages: Iterable[Message]) -> list[Message]:
        every = list(messages)
        self._chance.shuffle(every)
        return every

    def _poll_after(self, seconds: float) -> None:
        self._world.turns.begin(self._poll, seconds + 0.01)

    def _poll(self) -> None:
        while self._free:
            dead = {message.id for message in self.dead.messages}
            batch = self._poller.take()
            self._bury(dead)
            if batch is None:
                return
            self._free -= 1
            self._world.turns.begin(partial(self._hand_over, batch))
            late = self._world.comes_twice(self._id(batch.messages[0]), self._chance)
            if late is not None:
                self._world.turns.begin(partial(self._hand_over_twice, batch), late)

    def _bury(self, before: set[str]) -> None:
        for message in self.dead.messages:
            if message.id not in before:
                self._world.see(Left(self._world.passed(), self.name, self._id(message), "dead"))

    def _hand_over(self, batch: Batch) -> None:
        ended = self._again(batch)
        self._free += 1
        held = {message.id for message in self.queue.messages}
        self._poller.settle(batch, ended)
        left = {message.id for message in self.queue.messages}
        for message in batch.messages:
            if message.id in held - left:
                self._world.see(Left(self._world.passed(), self.name, self._id(message), "done"))
            elif message.id in held:
                self._poll_after(max(0.0, message.visible_at - self._world.passed()))
        self._poll_after(0.0)

    def _hand_over_twice(self, batch: Batch) -> None:
        """Nothing comes of the second time: the first decides whether the message is done."""
        self._again(batch)

    def _again(self, batch: Batch) -> Outcome:
        """Hand it over; SQS may do so twice."""
        if batch.messages[1:]:
            how, answer = self._world.invoke_batch(batch, self.name)
            return Outcome(answer=answer) if how == "answered" else Outcome(error="failed")
        message = self._id(batch.messages[0])
        how = self._world.invoke(batch.event(), message, self.name, message)
        return _DONE if how == "answered" else Outcome(error="failed")


def _short(detail: Any) -> str:
    return str(detail)[:200]


def _pushed(at: datetime) -> dict[str, str]:
    return {"kind": "ecr_push", "at": at.isoformat()}


def parts_of(tag: str) -> dict[str, str]:
    """As a message of the function's own queue names a tag."""
    registry, _, rest = tag.partition("/")
    repository, _, name = rest.rpartition(":")
    return {"registry": registry, "repository": repository, "tag": name}


@lru_cache(maxsize=10_000)
def _asked_in(body: str) -> str:
    """The image that a message of the function's own asks for; the body itself of another."""
    gate = json.loads(body).get("rescan")
    return json.dumps([gate["tag"], gate.get("digest"), gate.get("sweep")]) if gate else body


def _subject_of(gate: Any) -> str:
    parts, old = gate["tag"], gate.get("old_digest")
    name = f"{parts['registry']}/{parts['repository']}:{parts['tag']}"
    return f"{name}@{old}" if old else name


def _ecr_event(account: str, repository: str, tag: str, digest: str, at: datetime) -> Any:
    return {
        "version": "0",
        "source": "aws.ecr",
        "detail-type": "ECR Image Action",
        "account": account,
        "region": "eu-central-1",
        "time": at.isoformat(),
        "detail": {
            "action-type": "PUSH",
            "result": "SUCCESS",
            "repository-name": repository,
            "image-tag": tag,
            "image-digest": digest,
        },
    }


def live(plan: Plan, calls: Counter[str] | None = None) -> Trace:
    """The trace of one life; `calls` counts what was called, by service."""
    world = World(plan)
    trace = world.live()
    if calls is not None:
        calls.update(world.calls)
    return trace
