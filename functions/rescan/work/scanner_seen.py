"""Which scans of Anchore's have listed vulnerabilities lately, of whichever images: scans work.

An empty list of one image is believed only where other scans have found something since
(`ledger/empty_list.py`).
"""

import zlib
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from msgspec.structs import replace

from rescan.gate.report import Report, Scan
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.metrics import Metric, Tally

_NOTED_EACH = timedelta(minutes=5)
# That some of a few images are told apart from a given one is enough.
_SLOTS = 32


class Scans(Protocol):
    """A part of the ledger. Each call raises LedgerUnavailable."""

    def note_scan(self, slot: int, scan: Scan) -> None:
        """Remember it in place of the one that was last noted in the slot."""
        ...

    def scans(self) -> tuple[Scan, ...]:
        """Those of all slots."""
        ...


class ScannerSeen:
    """Notes it in the ledger, for any thread: in each slot once in five minutes and container.

    That what is noted is a few minutes older than it might be can only prolong a doubt.
    """

    def __init__(self, ledger: Scans, tally: Tally, clock: Clock = utc_now) -> None:
        self._ledger = ledger
        self._tally = tally
        self._clock = clock
        self._lock = Lock()
        self._noted_at: dict[int, datetime] = {}

    def told(self, report: Report) -> Report:
        """The report; one with an empty list says which scans have listed something."""
        try:
            if report.shows_a_scan:
                self._note(Scan(self._clock(), str(report.tag)))
            if any(each.lists_nothing for each in report.each):
                return replace(report, scans=self._ledger.scans())
        except LedgerUnavailable:
            self._tally.add(Metric.LEDGER_ERRORS)
        return report

    def _note(self, scan: Scan) -> None:
        """Once, also after an error: another one comes soon."""
        slot = zlib.crc32(scan.tag.encode()) % _SLOTS
        with self._lock:
            noted_at = self._noted_at.get(slot)
            if noted_at is not None and scan.at - noted_at < _NOTED_EACH:
                return
            self._noted_at[slot] = scan.at
        self._ledger.note_scan(slot, scan)
