"""The outbox in memory."""

from collections.abc import Iterable
from datetime import datetime
from heapq import merge

from rescan.kernel.errors import NotThePublisher
from rescan.memory.ledger import MemoryLedger
from rescan.outbox.items import Channel, InFlight, PendingNotice, Unreadable
from rescan.outbox.notice import Notice
from rescan.outbox.storm import Storm


class MemoryOutbox:
    """Implements `ports.Outbox` on what a ledger in memory holds; one object is one publisher."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._claim = -1

    def claim(self, now: datetime, until: datetime) -> bool:
        ledger = self._ledger
        if ledger.claimed_until is not None and now < ledger.claimed_until:
            return False
        ledger.claims += 1
        ledger.claimed_until, self._claim = until, ledger.claims
        return True

    def release(self) -> None:
        self._as_publisher().claimed_until = None

    def waiting(self, most: int) -> list[PendingNotice]:
        items = list(self._ledger.notices.values())
        pending = sorted((PendingNotice(it.channel, it.envelope) for it in items), key=_order)
        of_channel = [[it for it in pending if it.channel is channel] for channel in Channel]
        return list(merge(*(each[:most] for each in of_channel), key=_order))

    def unreadable(self) -> list[Unreadable]:
        return []

    def notice(self, pending: PendingNotice) -> Notice | None:
        item = self._ledger.notices.get(pending.key)
        return item.notice if item else None

    def storms(self, ids: Iterable[str]) -> list[Storm]:
        return [storm for name in ids if (storm := self._ledger.storms.get(name))]

    def in_flight(self) -> list[InFlight]:
        return list(self._ledger.flights.values())

    def mark_in_flight(self, flight: InFlight, storm: Storm | None = None) -> None:
        self._as_publisher().flights[flight.id] = flight
        if storm is not None:
            self._ledger.storms[storm.id] = storm

    def clear_in_flight(self, flight: InFlight, superseded: Iterable[str] = ()) -> None:
        """One that was set aside meanwhile is deleted too, as in the table."""
        for notice_id in (*superseded, *flight.ids):
            for kept in (self._ledger.notices, self._ledger.aside):
                kept.pop((flight.channel, notice_id), None)
        self._ledger.flights.pop(flight.id, None)

    def forget(self, flight: InFlight) -> None:
        self._ledger.flights.pop(flight.id, None)

    def set_aside(self, notice: PendingNotice | Unreadable, reason: str) -> None:
        if isinstance(notice, PendingNotice) and (
            item := self._ledger.notices.pop(notice.key, None)
        ):
            self._ledger.aside[notice.key] = item

    def _as_publisher(self) -> MemoryLedger:
        if self._claim != self._ledger.claims:
            raise NotThePublisher("The outbox was claimed by another publisher.")
        return self._ledger


def _order(notice: PendingNotice) -> tuple[datetime, int, str]:
    return notice.envelope.order
