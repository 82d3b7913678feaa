"""What a RECOVERED says, drawn from the news: the verdict now, and what cleared the STOP."""

from collections import Counter

from msgspec import Struct

from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.ledger.news import RecoveredNews


class Recovery(Struct, frozen=True):
    """A report whose outcome is GO or WARN after a STOP.

    `cleared` are the findings that stopped the image, worst first, as far as they were
    remembered; `total` is how many there were.
    """

    news: RecoveredNews
    report: Report
    cleared: tuple[ClearedFinding, ...]
    total: int

    @classmethod
    def of(cls, news: RecoveredNews) -> "Recovery":
        """The same, with a total that is never below the number of what is remembered."""
        return cls(news, news.report, news.cleared, max(news.cleared_total, len(news.cleared)))

    @property
    def worst(self) -> Severity:
        """The worst severity that was cleared; UNKNOWN when none is known."""
        return max((f.severity or Severity.UNKNOWN for f in self.cleared), default=Severity.UNKNOWN)

    @property
    def is_whole(self) -> bool:
        """Whether every finding that stopped the image was remembered."""
        return len(self.cleared) == self.total

    def by_cause(self) -> dict[ClearedBy, int]:
        """How many of the remembered findings went in which way; in the order of ClearedBy."""
        counts = Counter(finding.by for finding in self.cleared)
        return {by: counts[by] for by in ClearedBy if by in counts}
