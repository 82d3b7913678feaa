"""The pages of a sweep in memory, beside the ledger whose entries they are of."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from rescan.memory.ledger import MemoryLedger
from rescan.work.coverage import Counted
from rescan.work.page_ports import Claim, Page, SweepPlan
from rescan.work.ports import EntrySnapshot, SweepRecord


class MemoryPages(Struct):
    """Implements `page_ports.SweepPages`; `reads` counts the items that were read."""

    ledger: MemoryLedger
    plans: dict[datetime, SweepPlan] = {}
    holders: dict[tuple[datetime, int], str] = {}
    counts: dict[tuple[datetime, int], Counted] = {}
    pages: dict[tuple[datetime, int], Page] = {}
    subjects: list[str] = []
    reads: int = 0

    def keep_plan(self, plan: SweepPlan) -> None:
        self.plans[plan.record.started] = plan

    def plan(self, sweep: datetime) -> SweepPlan | None:
        self.reads += 1
        return self.plans.get(sweep)

    def claim(self, sweep: datetime, number: int, sent: str) -> Claim:
        key = sweep, number
        if self.holders.setdefault(key, sent) != sent:
            return Claim(is_held=False)
        return Claim(True, self.counts.get(key), self.pages.get(key))

    def count(self, sweep: datetime, number: int, counted: Counted) -> Counted:
        return self.counts.setdefault((sweep, number), counted)

    def keep(self, sweep: datetime, number: int, page: Page) -> Page:
        return self.pages.setdefault((sweep, number), page)

    def read(self, sweep: datetime, numbers: Iterable[int]) -> Iterator[Page]:
        found = [self.pages[sweep, n] for n in numbers if (sweep, n) in self.pages]
        self.reads += len(found)
        return iter(found)

    def entries(self, after: str | None, most: int) -> tuple[list[EntrySnapshot], str | None]:
        if after is None:
            self.subjects = sorted(self.ledger.entries)
        start = bisect_right(self.subjects, after or "")
        some = self.subjects[start : start + most]
        found = [EntrySnapshot.of(self.ledger.entries[subject]) for subject in some]
        return found, some[-1] if start + most < len(self.subjects) else None

    def amend(self, record: SweepRecord) -> None:
        with self.ledger.lock:
            sweeps = self.ledger.sweeps
            is_it = bool(sweeps) and sweeps[-1].started == record.started
            if is_it and (sweeps[-1].enqueuing or not record.enqueuing):
                sweeps[-1] = replace(record, noticed_at=sweeps[-1].noticed_at)
