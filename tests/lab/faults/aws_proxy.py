"""A proxy between the function's process and AWS that refuses, stalls, loses and kills as told.

It forwards everything, with two changes that spare the tests their waiting: a message with
DelaySeconds goes to a queue of its own, from which the test takes it when time has passed; and
what was asked is written down.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Lock
from typing import NoReturn
from urllib.parse import unquote_plus

import urllib3
from werkzeug import Request, Response

from tests.lab.faults.loopback import BreakingServer, answering, has_hung_up, play
from tests.support.scripted_server import Act

_OF_ONE_CONNECTION = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class AwsCall(StrEnum):
    """What the function asks of AWS, by its purpose."""

    SECRET = "read the secret"
    READ = "read the ledger"
    WRITE = "write the ledger"
    MARK = "mark as swept"
    CLAIM = "claim the outbox"
    LIST = "list what waits"
    FETCH = "fetch a notice"
    MARK_IN_FLIGHT = "mark a message"
    CLEAR = "clear the outbox"
    RELEASE = "release the outbox"
    SCAN = "scan the ledger"
    LAST_SWEEP = "read the last sweep"
    RECORD_SWEEP = "record the sweep"
    PUBLISH = "publish"
    LOOK = "look at the topic"
    COPY = "send a copy"
    ENQUEUE = "enqueue a sweep"


LEDGER = (
    AwsCall.READ,
    AwsCall.WRITE,
    AwsCall.MARK,
    AwsCall.CLAIM,
    AwsCall.LIST,
    AwsCall.FETCH,
    AwsCall.MARK_IN_FLIGHT,
    AwsCall.CLEAR,
    AwsCall.RELEASE,
    AwsCall.SCAN,
    AwsCall.LAST_SWEEP,
    AwsCall.RECORD_SWEEP,
)


@dataclass(frozen=True)
class Call:
    """One call: its purpose, and its body as text, a form's decoded."""

    kind: AwsCall
    text: str

    @classmethod
    def of(cls, request: Request) -> "Call":
        """The call that the request makes; KeyError for one that no test knows."""
        text = request.get_data().decode()
        target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not target:
            text = unquote_plus(text)
            target = text.partition("Action=")[2].partition("&")[0]
        return cls(_kind(target, text), text)


_KINDS = {
    "GetSecretValue": AwsCall.SECRET,
    "Scan": AwsCall.SCAN,
    "Query": AwsCall.LIST,
    "BatchGetItem": AwsCall.LIST,
    "BatchWriteItem": AwsCall.CLEAR,
    "Publish": AwsCall.PUBLISH,
    "GetTopicAttributes": AwsCall.LOOK,
    "SendMessage": AwsCall.COPY,
    "SendMessageBatch": AwsCall.ENQUEUE,
}


_OF_THE_PUBLISHER = {
    "SET claimed_until": AwsCall.CLAIM,
    "SET flight": AwsCall.MARK_IN_FLIGHT,
    "REMOVE claimed_until": AwsCall.RELEASE,
}


def _kind(operation: str, text: str) -> AwsCall:
    about_the_sweep = '"subject": {"S": "sweep"}' in text
    match operation:
        case "GetItem" if '{"S": "notice#' in text:
            return AwsCall.FETCH
        case "GetItem":
            return AwsCall.LAST_SWEEP if about_the_sweep else AwsCall.READ
        case "PutItem":
            return AwsCall.RECORD_SWEEP if about_the_sweep else AwsCall.WRITE
        case "TransactWriteItems":
            return AwsCall.MARK_IN_FLIGHT if "SET flight" in text else AwsCall.WRITE
        case "UpdateItem" if "SET sweep" in text:
            return AwsCall.MARK
        case "UpdateItem":
            return next(kind for words, kind in _OF_THE_PUBLISHER.items() if words in text)
    return _KINDS[operation]


class Passage:
    """One call on its way; a fault decides what becomes of it."""

    def __init__(self, proxy: "AwsProxy", request: Request, call: Call) -> None:
        self._proxy = proxy
        self._request = request
        self.call = call

    def forward(self, text: str | None = None) -> Response:
        """AWS's answer to the call, or to `text` in its place."""
        return self._proxy.forward(self._request, self.call, text or self.call.text)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than the fault lasts."""
        self._proxy.healed.wait(seconds)

    def play(self, act: Act) -> NoReturn:
        """The act in place of an answer."""
        play(act, self._request, self._proxy.healed)

    def note_lost(self) -> None:
        """AWS did it, and the function does not know."""
        self._proxy.journal.lost.append(self.call)


Fault = Callable[[Passage], Response]


@dataclass
class _Rule:
    fault: Fault
    kinds: tuple[AwsCall, ...]
    about: str
    times: int | None

    def meets(self, call: Call) -> bool:
        return call.kind in self.kinds and self.about in call.text and self.times != 0


@dataclass
class Journal:
    """What went through: `calls` by purpose, `lost` whose answer was lost, the DelaySeconds of
    copies, and how many messages SQS took. `too_late` counts answers that no fault held back, and
    that the function did not wait for all the same."""

    calls: Counter[AwsCall] = field(default_factory=Counter)
    lost: list[Call] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    accepted: int = 0
    too_late: int = 0


class AwsProxy(BreakingServer):
    """`url` stands for AWS's; what has DelaySeconds goes to the queue `waiting_room`.

    `crashes`: how often the function was killed by now.
    """

    def __init__(self, upstream: str, waiting_room: str, crashes: Callable[[], int]) -> None:
        self._upstream = upstream
        self._crashes = crashes
        self._waiting_room = waiting_room
        self.journal = Journal()
        self.healed = Event()
        self._rule: _Rule | None = None
        self._lock, self._ledger = Lock(), Lock()
        self._pool = urllib3.PoolManager(maxsize=20)
        super().__init__(answering(self._answer))

    def close(self) -> None:
        """Heal what is broken, and end."""
        self.heal()
        super().close()
        self._pool.clear()

    def fault(
        self, fault: Fault, *kinds: AwsCall, about: str = "", times: int | None = None
    ) -> None:
        """From now on calls of these kinds meet the fault; `times`: only so many of them."""
        self.healed = Event()
        self._rule = _Rule(fault, kinds, about, times)

    def heal(self) -> None:
        """End the fault, and whatever waits in it."""
        self._rule = None
        self.healed.set()

    def _answer(self, request: Request) -> Response:
        call, crashes = Call.of(request), self._crashes()
        passage = Passage(self, request, call)
        with self._lock:
            self.journal.calls[call.kind] += 1
            rule = self._rule
            if rule is None or not rule.meets(call):
                rule = None
            elif rule.times is not None:
                rule.times -= 1
        answer = rule.fault(passage) if rule else passage.forward()
        if has_hung_up(request) and self._crashes() == crashes:
            with self._lock:
                self.journal.too_late += 1
        return answer

    def forward(self, request: Request, call: Call, text: str) -> Response:
        """Ask AWS, and pass on what it says."""
        if call.kind is AwsCall.COPY:
            text = self._to_the_waiting_room(text)
        # A form travels as it came: it is never changed.
        body = request.get_data() if call.kind in (AwsCall.PUBLISH, AwsCall.LOOK) else text
        # moto copies a table for a transaction, and puts the copy in its place when that fails.
        with self._ledger if call.kind in LEDGER else nullcontext():
            answer = self._pool.request(
                request.method,
                self._upstream + request.full_path,
                body=body,
                headers={k: v for k, v in request.headers if k.lower() not in _OF_ONE_CONNECTION},
                redirect=False,
                retries=False,
            )
        if answer.status == 200:
            self._count_accepted(call, answer.data)
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _OF_ONE_CONNECTION}
        return Response(answer.data, answer.status, headers)

    def _to_the_waiting_room(self, text: str) -> str:
        message = json.loads(text)
        self.journal.delays.append(message.pop("DelaySeconds"))
        return json.dumps(message | {"QueueUrl": self._waiting_room})

    def _count_accepted(self, call: Call, answer: bytes) -> None:
        with self._lock:
            if call.kind is AwsCall.COPY:
                self.journal.accepted += 1
            elif call.kind is AwsCall.ENQUEUE:
                self.journal.accepted += len(json.loads(answer)["Successful"])
