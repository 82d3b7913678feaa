"""What was said to stop an image, and which of the findings of now are news beside it. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Severity


class AnnouncedFindings(Struct, frozen=True):
    """Findings that were said to stop the image, with the worst severity that was said.

    Severity None: never known. A `total` above their number says that the least severe were
    not kept.
    """

    findings: Mapping[FindingKey, Severity | None] = {}
    total: int = 0

    def worst(self, most: int) -> "AnnouncedFindings":
        """The same, cut to the worst so many."""
        order = sorted(self.findings.items(), key=lambda item: (-(item[1] or 0), item[0]))
        return AnnouncedFindings(dict(order[:most]), self.total)

    def new_in(self, current: Mapping[FindingKey, Severity | None]) -> frozenset[FindingKey]:
        """Which of the current ones are unknown, or of a severity above what was said."""
        return frozenset(key for key, severity in current.items() if self._is_news(key, severity))

    def _is_news(self, key: FindingKey, severity: Severity | None) -> bool:
        if key not in self.findings:
            return not self._may_have_been_cut(severity)
        said = self.findings[key]
        return said is not None and severity is not None and severity > said

    def _may_have_been_cut(self, severity: Severity | None) -> bool:
        if self.total <= len(self.findings):
            return False
        least = min((s or Severity.UNKNOWN for s in self.findings.values()), default=None)
        return least is None or (severity or Severity.UNKNOWN) <= least
