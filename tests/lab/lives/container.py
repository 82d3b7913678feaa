"""A container of Lambda: the function's own parts as `rescan.bootstrap` puts them together.

The edges are those that the decision `docs/decisions/lives.md` names: the clients of AWS, whose
methods are called, and the session below which HTTP begins. Clock, pause and chance come from
outside as well.
"""

import logging
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools import Logger

from rescan.anchore.active_tags import list_active_tags, list_tag_page
from rescan.anchore.build import dialect_of, transport_of
from rescan.anchore.client import AnchoreClient
from rescan.anchore.data_version import read_data_version
from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Transport
from rescan.aws.deferred_table import DeferredTable
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.aws.page_table import PageTable
from rescan.aws.sns_topic import StopTopic
from rescan.aws.work_queue import WorkQueue
from rescan.events.dispatcher import Dispatcher
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import RescanError
from rescan.kernel.metrics import Tally
from rescan.kernel.tag_pages import TagPages
from rescan.outbox.items import Channel
from rescan.settings import Settings
from rescan.work.lanes import Lanes
from rescan.work.page_steps import MOST_ENTRIES
from rescan.work.parts import Container as Held
from rescan.work.parts import Parts
from tests.lab.lives.anchore import Anchore, AnchoreSession
from tests.lab.lives.at_once import AtOnce
from tests.lab.lives.batches import InTurn
from tests.lab.lives.calls import TIMEOUT_SECONDS, Invocation, Killed
from tests.lab.lives.dynamodb import TABLE, DynamoDB, Table
from tests.lab.lives.messages import Sns, Sqs
from tests.lab.lives.pages import Pages
from tests.lab.lives.plan import Plan
from tests.support.environment import LEAST, TOPIC_ARN

if TYPE_CHECKING:
    from collections.abc import Callable

CHAT_ARN = TOPIC_ARN.replace("stops", "chat")
WORK_URL, PUSH_URL = (
    f"https://sqs.eu-central-1.amazonaws.com/123456789012/{name}" for name in ("work", "pushes")
)
# What `app.handler` keeps back of an invocation's time.
_RESERVE_SECONDS = 35.0


class World(Protocol):
    """What a container is in."""

    anchore: Anchore
    plan: Plan
    table: Table
    settings: Settings

    def now(self) -> datetime: ...
    def passed(self) -> float: ...
    def see(self, seen: Any) -> None: ...


@cache
def settings_of(environment: tuple[tuple[str, str], ...]) -> Settings:
    """The settings of an environment, on top of the least."""
    urls = {"WORK_QUEUE_URL": WORK_URL, "PUSH_QUEUE_URL": PUSH_URL, "LEDGER_TABLE": TABLE}
    return Settings.parse(LEAST | urls | dict(environment))


class _Unexpected(logging.Handler):
    """Tells of the exceptions that the function logs as unexpected, in whichever life it is."""

    def __init__(self) -> None:
        super().__init__()
        self.tell: Callable[[str], None] = lambda error: None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.tell(repr(record.exc_info[1]))


UNEXPECTED = _Unexpected()
_LOGGER = Logger(service="lives", level="ERROR", logger_handler=UNEXPECTED)


class Container:
    """It handles one event at a time; `skew` is how many seconds its clock is ahead."""

    def __init__(self, world: Any, name: str, chance: Random, skew: float) -> None:
        self.name = name
        self._world = world
        self._skew = timedelta(seconds=skew)
        self._invocation: Invocation | None = None
        self._tally = Tally()
        handlers = self._parts(chance).handlers
        self._begin: Callable[[Any], Invocation] | None = None
        self._dispatcher = Dispatcher(
            lambda: handlers,
            _examine,
            lambda region: "amazonaws.com",
            _LOGGER,
            threads=lambda number: InTurn(self._begin_record),
        )

    def handle_batch(self, event: Any, begin: "Callable[[Any], Invocation]") -> tuple[str, Any]:
        """The same for several records; each is begun as an invocation of its own."""
        self._begin = begin
        return self._handle(event)

    def _begin_record(self, record: Any) -> None:
        assert self._begin is not None
        self._invocation = self._begin(record)

    def handle(self, event: Any, invocation: Invocation) -> tuple[str, Any]:
        """How it ended, and the answer or the error in words."""
        self._invocation = invocation
        return self._handle(event)

    def _handle(self, event: Any) -> tuple[str, Any]:
        deadline = Deadline.after(
            TIMEOUT_SECONDS - _RESERVE_SECONDS, self._world.passed, _RESERVE_SECONDS / 2
        )
        try:
            answer = self._dispatcher.handle(event, deadline)
        except Killed:
            return "killed", ""
        except RescanError as error:
            return "failed", f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - told as what it is
            return "crashed", repr(error)
        return "answered", answer

    def measured(self) -> dict[str, float]:
        """The metrics since the last time."""
        return {metric.value: value for metric, value in self._tally.take().items()}

    def _current(self) -> Invocation:
        assert self._invocation is not None
        return self._invocation

    def _clock(self) -> datetime:
        now: datetime = self._world.now()
        return now + self._skew

    def _sleep(self, seconds: float) -> None:
        self._current().pass_time(seconds)

    def _parts(self, chance: Random) -> Parts:
        settings: Settings = self._world.settings
        session = AnchoreSession(self._world.anchore, self._current)
        transport = transport_of(settings, lambda: '{"token": "none-of-ours"}', session)
        dialect = dialect_of(settings)
        pages: Pages | None = self._world.plan.pages
        dynamodb: Any = DynamoDB(self._world.table, self._current)
        held = Held(
            settings=settings,
            anchore_until=lambda deadline: AnchoreClient(transport, dialect, deadline),
            active_tags=partial(list_active_tags, transport, **_page_rows(pages)),
            inventory=lambda deadline: read_inventory(
                transport, deadline, self._clock(), timedelta(hours=settings.running_within_hours)
            ),
            tag_pages=_tag_pages(transport, pages) if pages else None,
            most_entries=pages.entries if pages else MOST_ENTRIES,
            data_version=partial(read_data_version, transport, settings.policy_id),
            topics=self._topics(),
            tally=self._tally,
            logger=_LOGGER,
            clock=self._clock,
            sleep=self._sleep,
            jitter=chance.random,
        )
        return Parts(
            held,
            self._queue(),
            LedgerTable(dynamodb, TABLE, AtOnce),
            OutboxTable(dynamodb, TABLE, self._sleep),
            DeferredTable(dynamodb, TABLE),
            timedelta(seconds=settings.notice_window_seconds),
            PageTable(dynamodb, TABLE, self._sleep),
        )

    def _topics(self) -> dict[Channel, StopTopic]:
        names = {TOPIC_ARN: "stops", CHAT_ARN: "chat"}
        sns: Any = Sns(self._world, self._current, self.name, names)
        topics = {Channel.STOPS: StopTopic(sns, TOPIC_ARN)}
        if self._world.settings.chat_topic_arn:
            topics[Channel.CHAT] = StopTopic(sns, CHAT_ARN)
        return topics

    def _queue(self) -> Lanes:
        sqs: Any = Sqs(self._world, self._current)
        return Lanes(
            WorkQueue(sqs, WORK_URL, sleep=self._sleep, threads=AtOnce),
            WorkQueue(sqs, PUSH_URL, "PUSH_QUEUE_URL", sleep=self._sleep, threads=AtOnce),
        )


def _page_rows(pages: Pages | None) -> dict[str, Any]:
    return {"page_rows": pages.rows} if pages else {}


def _tag_pages(transport: Transport, pages: Pages) -> TagPages:
    most, rows = pages.most_rows, pages.rows
    return TagPages(
        most,
        few=lambda deadline, seen: list_active_tags(transport, deadline, seen, most, rows),
        page=lambda deadline, seen, after: list_tag_page(transport, deadline, seen, after, rows),
    )


def _examine(deadline: Deadline) -> dict[str, Any]:
    raise NotImplementedError
