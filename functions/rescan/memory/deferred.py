"""Deferred work in memory."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from rescan.events.commands import Gate


class MemoryDeferred(Struct):
    """Implements `ports.DeferredWork`: what waits, by its message."""

    work: dict[str, tuple[Gate, datetime]] = {}

    def defer(self, gate: Gate, until: datetime) -> None:
        self.work[gate.encode()] = gate, until

    def ready(self, now: datetime, most: int) -> Iterator[list[Gate]]:
        yield [gate for gate, until in list(self.work.values()) if until <= now][:most]

    def remove(self, gates: list[Gate]) -> None:
        for gate in gates:
            self.work.pop(gate.encode(), None)
