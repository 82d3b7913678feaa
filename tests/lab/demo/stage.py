"""The function between fakes: every part is the product's own, on a ledger that stays.

Time passes only by `pass_until` and where the function sleeps. Each minute the queue delivers what
is due, and the publisher has its turn, as in AWS.
"""

import io
import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import requests
from aws_lambda_powertools import Logger

from rescan.anchore.active_tags import list_active_tags
from rescan.anchore.build import dialect_of, transport_of
from rescan.anchore.client import AnchoreClient
from rescan.anchore.data_version import read_data_version
from rescan.aws.ecr_domains import dns_suffix
from rescan.events.commands import Gate, SweepPage
from rescan.events.dispatcher import Answer, Dispatcher
from rescan.gate.inventory import Inventory
from rescan.kernel.clock import Clock
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally
from rescan.ledger.entry import Entry
from rescan.memory.deferred import MemoryDeferred
from rescan.memory.ledger import MemoryLedger
from rescan.memory.outbox import MemoryOutbox
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice, string_value
from rescan.settings import Settings
from rescan.work.parts import Container, Parts
from rescan_cli.replay.invocation import Mail
from rescan_cli.replay.mount import RouterAdapter
from tests.support.environment import LEAST

_MINUTE = timedelta(minutes=1)
_SECRET = json.dumps({"username": "demo", "password": "demo-only"})
_PUBLISH = {"publish": "notices"}


class Mailbox:
    """A topic in memory, and whoever reads it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def publish(self, notice: Notice) -> str:
        notice.check()
        attributes = {name: string_value(value) for name, value in notice.attributes.items()}
        self.mails.append(Mail(notice.subject, notice.body, attributes))
        return f"message-{len(self.mails)}"

    def confirmed_subscriptions(self) -> int:
        return 1


class Queue:
    """Implements `ports.WorkQueue`: each message has the moment from which it is received."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: list[tuple[datetime, Gate]] = []

    def send(self, gate: Gate, delay: timedelta) -> None:
        self._sent.append((self._clock() + delay, gate))

    def send_all(self, gates: Iterable[Gate]) -> int:
        messages = [(self._clock(), gate) for gate in gates]
        self._sent += messages
        return len(messages)

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        raise NotImplementedError("its sweeps have no pages")

    def is_busy(self) -> bool:
        return bool(self._due())

    def take(self) -> Gate | None:
        """The first message that is due; None when none is."""
        if not (due := self._due()):
            return None
        self._sent.remove(due[0])
        return due[0][1]

    def _due(self) -> list[tuple[datetime, Gate]]:
        return [message for message in self._sent if message[0] <= self._clock()]


class Stage:
    """The function, and the hands of AWS around it; `answer` is Anchore's."""

    def __init__(
        self, answer: Callable[[httpx.Request], httpx.Response], now: datetime, **variables: str
    ) -> None:
        self.now = now
        self.mailbox, self.ledger = Mailbox(), MemoryLedger()
        self._queue, self._deferred = Queue(lambda: self.now), MemoryDeferred()
        self.settings = Settings.parse(LEAST | variables)
        container = self._container(_session(answer))
        parts = Parts(
            container,
            self._queue,
            self.ledger,
            MemoryOutbox(self.ledger),
            self._deferred,
            timedelta(seconds=self.settings.notice_window_seconds),
        )
        self._function = Dispatcher(
            lambda: parts.handlers, _unexamined, dns_suffix, container.logger
        )

    def handle(self, event: object) -> Answer:
        """What the function answers to the event; RescanError when it fails."""
        return self._function.handle(event, Deadline.after(300))

    def deliver(self, event: object) -> Answer:
        """Hand the event to the function as a message of a queue."""
        return self.handle(_batch_of(json.dumps(event)))

    def pass_until(self, moment: datetime) -> None:
        """Let the minutes pass; what is due at the last one is done as well."""
        self._minute()
        while self.now < moment:
            self.now = min(moment, self.now + _MINUTE)
            self._minute()

    def work_through(self) -> None:
        """Deliver what is due, one by one for one order of requests; what fails comes back."""
        while gate := self._queue.take():
            if self.handle(_batch_of(gate.encode()))["batchItemFailures"]:
                self._queue.send(gate, _MINUTE)

    def entries(self) -> list[Entry]:
        """What the ledger remembers, by image."""
        return sorted(self.ledger.entries.values(), key=lambda entry: str(entry.tag))

    def _minute(self) -> None:
        self.work_through()
        if self.ledger.notices or self._deferred.work:
            self.handle(_PUBLISH)

    def _container(self, session: requests.Session) -> Container:
        settings = self.settings
        transport, dialect = transport_of(settings, lambda: _SECRET, session), dialect_of(settings)
        return Container(
            settings=settings,
            anchore_until=lambda deadline: AnchoreClient(transport, dialect, deadline),
            active_tags=lambda deadline, seen: list_active_tags(transport, deadline, seen),
            inventory=lambda deadline: Inventory(),
            data_version=lambda deadline: read_data_version(transport, None, deadline),
            topics={Channel.STOPS: self.mailbox},
            tally=Tally(),
            logger=_silent_logger(),
            clock=lambda: self.now,
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def _unexamined(deadline: Deadline) -> Answer:
    return {"results": [], "ignored": "the demo has no stack that could be examined"}


def _session(answer: Callable[[httpx.Request], httpx.Response]) -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, RouterAdapter(answer))
    return session


def _silent_logger() -> Logger:
    handler = logging.StreamHandler(io.StringIO())
    return Logger(service=f"demo-{uuid4()}", logger_handler=handler)


def _batch_of(body: str) -> dict[str, Any]:
    """As SQS hands a message to the function."""
    return {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body}]}
