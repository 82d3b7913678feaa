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
    order: Callable[[list[Message]], list[Message]] = list
    messages: list[Message] = field(default_factory=list)
    sent: int = 0
    delays: list[int] = field(default_factory=list)

    def send(self, body: str, delay: int | None = None, trace: str = "") -> Message:
        """The message, which is visible after the delay in seconds."""
        if delay is not None:
            assert 0 <= delay <= _LONGEST_DELAY_SECONDS, f"DelaySeconds is {delay}"
            self.delays.append(delay)
        self.sent += 1
        message = Message(f"m-{self.sent}", body, self.now() + (delay or 0), trace)
        self.messages.append(message)
        return message

    def receive(self, most: int) -> list[Message]:
        """Up to so many messages that are visible, hidden from now on."""
        batch: list[Message] = []
        for message in self.order([m for m in self.messages if m.visible_at <= self.now()]):
            if len(batch) == most:
                break
            if message.receives == self.most_receives:
                self._bury(message)
            else:
                message.receives += 1
                message.visible_at = self.now() + self.visibility
                batch.append(message)
        return batch

    def _bury(self, message: Message) -> None:
        assert self.dead is not None, "a limit of receives needs a queue of dead letters"
        self.messages.remove(message)
        message.receives, message.visible_at = 0, self.now()
        self.dead.messages.append(message)

    def delete(self, messages: Iterable[Message]) -> int:
        """These are done; how many of them were still there."""
        done = set(messages) & set(self.messages)
        self.messages = [message for message in self.messages if message not in done]
        return len(done)

    def redrive(self) -> int:
        """The dead letters begin anew here, as SQS moves them; how many they were."""
        assert self.dead is not None, "there is nothing to redrive from"
        moved, self.dead.messages = self.dead.messages, []
        for message in moved:
            message.receives, message.visible_at = 0, self.now()
        self.messages += moved
        return len(moved)

    @property
    def next_at(self) -> float | None:
        """When a message is visible that is not yet, or at once; None: there is none."""
        return min((message.visible_at for message in self.messages), default=None)
