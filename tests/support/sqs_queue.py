"""A standard queue of SQS in memory, on whatever clock it is given: nothing waits for its times.

Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout", "Using dead-letter queues",
"Amazon SQS delay queues"; Amazon SQS API Reference, SendMessage.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_LONGEST_DELAY_SECONDS = 900


@dataclass(eq=False)
class Message:
    """`visible_at` is in seconds of the queue's clock; `trace` is the attribute AWSTraceHeader."""

    id: str
    body: str
    visible_at: float
    trace: str = ""
    receives: int = 0


@dataclass(eq=False)
class SqsQueue:
    """Holds messages until they are deleted.

    What is received is hidden for so many seconds of `visibility`, then it comes again. What would
    be received more than `most_receives` times goes to `dead` instead. `order` may choose among the
    visible messages, since a standard queue keeps none. `sent` counts, and `delays` holds those of
    the messages that were sent with one.
    """

    now: Callable[[], float]
    visibility: float = 30.0
    most_receives: int | None = None
    dead: "SqsQueue | None" = None
    order: Callable[[Iterable[Message]], Iterable[Message]] = iter
    sent: int = 0
    delays: list[int] = field(default_factory=list)
    _held: dict[str, Message] = field(default_factory=dict)

    def send(self, body: str, delay: int | None = None, trace: str = "") -> Message:
        """The message, which is visible after the delay in seconds."""
        if delay is not None:
            assert 0 <= delay <= _LONGEST_DELAY_SECONDS, f"DelaySeconds is {delay}"
            self.delays.append(delay)
        self.sent += 1
        message = Message(f"m-{self.sent}", body, self.now() + (delay or 0), trace)
        self._held[message.id] = message
        return message

    def receive(self, most: int) -> list[Message]:
        """Up to so many messages that are visible, hidden from now on."""
        now = self.now()
        visible = self.order(m for m in self._held.values() if m.visible_at <= now)
        received, worn = _split(visible, most, self.most_receives)
        for message in received:
            message.receives += 1
            message.visible_at = now + self.visibility
        self._bury(worn)
        return received

    def _bury(self, worn: list[Message]) -> None:
        for message in worn:
            assert self.dead is not None, "a limit of receives needs a queue for dead letters"
            self.dead.take_over(self._held.pop(message.id))

    def take_over(self, message: Message) -> None:
        """What another queue held begins anew here."""
        message.receives, message.visible_at = 0, self.now()
        self._held[message.id] = message

    def delete(self, messages: Iterable[Message]) -> int:
        """These are done; how many of them were still there."""
        return sum(self._held.pop(message.id, None) is not None for message in messages)

    def redrive(self) -> int:
        """The dead letters begin anew here, as SQS moves them; how many they were."""
        assert self.dead is not None, "there is nothing to redrive from"
        moved = self.dead.messages
        for message in moved:
            self.take_over(message)
        self.dead.delete(moved)
        return len(moved)

    @property
    def messages(self) -> list[Message]:
        """All of them, hidden or not."""
        return list(self._held.values())

    @property
    def visible(self) -> int:
        """How many may be received now."""
        return sum(message.visible_at <= self.now() for message in self._held.values())

    @property
    def in_flight(self) -> int:
        """How many were received, and are hidden since."""
        return sum(m.receives > 0 and m.visible_at > self.now() for m in self._held.values())

    @property
    def next_at(self) -> float | None:
        """When a message is visible that is not yet, or at once; None: there is none."""
        return min((message.visible_at for message in self._held.values()), default=None)


def _split(
    visible: Iterable[Message], most: int, most_receives: int | None
) -> tuple[list[Message], list[Message]]:
    """The first that may be received, and those before them that may not be any more."""
    received: list[Message] = []
    worn: list[Message] = []
    for message in visible:
        if len(received) == most:
            break
        (worn if message.receives == most_receives else received).append(message)
    return received, worn
