"""The work queue in memory."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from rescan.events.commands import Gate, SweepPage


class MemoryQueue(Struct):
    """Implements `ports.WorkQueue`: keeps messages with their delays until they are taken."""

    sent: list[tuple[Gate, timedelta]] = []
    pages: list[tuple[SweepPage, timedelta]] = []

    def send(self, gate: Gate, delay: timedelta) -> None:
        self.sent.append((gate, delay))

    def send_page(self, page: SweepPage, delay: timedelta) -> None:
        self.pages.append((page, delay))

    def send_all(self, gates: Iterable[Gate]) -> int:
        messages = [(gate, timedelta()) for gate in gates]
        self.sent += messages
        return len(messages)

    def is_busy(self) -> bool:
        return bool(self.sent or self.pages)

    def take(self) -> list[Gate]:
        """All messages, in their order; they are no longer in the queue."""
        sent, self.sent = self.sent, []
        return [gate for gate, _ in sent]
