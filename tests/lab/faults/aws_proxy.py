"""A proxy between the function's process and AWS that refuses, stalls, loses and kills as told.

It forwards everything but what is put on the work queue: that queue is the tests' own, since moto's
visibility timeouts and delays take as long as they say.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import NoReturn

import urllib3
from werkzeug import Request, Response

from tests.lab.faults.aws_calls import LEDGER, TO_THE_QUEUE, AwsCall, Call
from tests.lab.faults.loopback import BreakingServer, answering, has_hung_up, play
from tests.lab.faults.sqs_front import SqsFront
from tests.support.scripted_server import Act

_OF_ONE_CONNECTION = {"connection", "transfer-encoding", "keep-alive", "content-length"}


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
    about: tuple[str, ...]
    times: int | None

    def meets(self, call: Call) -> bool:
        is_about = any(text in call.text for text in self.about)
        return call.kind in self.kinds and is_about and self.times != 0


@dataclass
class Journal:
    """`lost` holds the calls whose answer was lost. `too_late` counts answers that no fault held
    back, and that the function did not wait for all the same."""

    lost: list[Call] = field(default_factory=list)
    too_late: int = 0


class AwsProxy(BreakingServer):
    """`url` stands for AWS's; `crashes`: how often the function was killed by now."""

    def __init__(self, upstream: str, sqs: SqsFront, crashes: Callable[[], int]) -> None:
        self._upstream = upstream
        self._sqs = sqs
        self._crashes = crashes
        self.journal = Journal()
        self.healed = Event()
        self._rules: list[_Rule] = []
        self._lock, self._ledger = Lock(), Lock()
        self._pool = urllib3.PoolManager(maxsize=20)
        super().__init__(answering(self._answer))

    def close(self) -> None:
        """Heal what is broken, and end."""
        self.heal()
        super().close()
        self._pool.clear()

    def fault(
        self,
        fault: Fault,
        *kinds: AwsCall,
        about: tuple[str, ...] = ("",),
        times: int | None = None,
    ) -> None:
        """From now on calls of these kinds that name one of `about` meet the fault, too.

        `times`: only so many of them.
        """
        self.healed = Event()
        self._rules.append(_Rule(fault, kinds, about, times))

    def heal(self) -> None:
        """End the fault, and whatever waits in it."""
        self._rules = []
        self.healed.set()

    def _answer(self, request: Request) -> Response:
        call, crashes = Call.of(request), self._crashes()
        passage = Passage(self, request, call)
        with self._lock:
            rule = next((rule for rule in self._rules if rule.meets(call)), None)
            if rule is not None and rule.times is not None:
                rule.times -= 1
        answer = rule.fault(passage) if rule else passage.forward()
        if has_hung_up(request) and self._crashes() == crashes:
            with self._lock:
                self.journal.too_late += 1
        return answer

    def forward(self, request: Request, call: Call, text: str) -> Response:
        """Ask AWS, and pass on what it says."""
        if call.kind in TO_THE_QUEUE:
            return self._sqs.answer(text, request.headers.get("X-Amzn-Trace-Id", ""))
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
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _OF_ONE_CONNECTION}
        return Response(answer.data, answer.status, headers)
