"""The work queue in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from rescan.events.commands import Gate


@dataclass
class MemoryQueue:
    """Implements `ports.WorkQueue`: keeps messages with their delays until they are taken."""

    sent: list[tuple[Gate, timedelta]] = field(default_factory=list)

    def send(self, gate: Gate, delay: timedelta) -> None:
        self.sent.append((gate, delay))

    def send_all(self, gates: Iterable[Gate]) -> int:
        messages = [(gate, timedelta()) for gate in gates]
        self.sent += messages
        return len(messages)

    def take(self) -> list[Gate]:
        """All messages, in their order; they are no longer in the queue."""
        sent, self.sent = self.sent, []
        return [gate for gate, _ in sent]
