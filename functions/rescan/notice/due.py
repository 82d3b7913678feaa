"""By when the findings of a stopped image are to be gone, in words."""

from collections.abc import Iterable, Mapping

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import FindingKey
from rescan.kernel.clock import utc_day
from rescan.ledger.news import StoppedNews
from rescan.notice.content import Paragraph
from rescan.notice.mail import row
from rescan.notice.times import due, weekday


class DueWords:
    """The words for the dates of the news, as of the day on which it was decided."""

    def __init__(self, news: StoppedNews) -> None:
        self._dates = news.due
        self._first = news.due_at
        self._today = utc_day(news.at)

    def first_of(self, findings: Iterable[BlockingFinding]) -> str:
        """E.g. "due Friday 2026-11-27": the first of them; empty when none is due."""
        days = [self._dates[found.key] for found in findings if found.key in self._dates]
        return due(min(days), self._today) if days else ""

    def each_of(self, findings: Iterable[BlockingFinding]) -> Mapping[FindingKey, str]:
        """Where they differ; one date for all stands in the first line of the notice."""
        days = {finding.key: self._dates.get(finding.key) for finding in findings}
        if len(set(days.values())) == 1:
            return {}
        return {key: due(day, self._today) for key, day in days.items() if day is not None}

    @property
    def overdue(self) -> str:
        """E.g. "overdue by 4 days": of the image; empty while it is not."""
        first = self._first
        return due(first, self._today) if first is not None and first < self._today else ""

    @property
    def fact(self) -> Paragraph:
        """E.g. "Due  2026-11-20, overdue by 4 days": of the image, whatever the notice lists."""
        if self._first is None:
            return []
        late = f", {self.overdue}" if self.overdue else ""
        return row("Due", f"{weekday(self._first)}{late}")
