"""What an EXPIRING says, drawn from the news: which findings stop the image, and from when on."""

from msgspec import Struct

from rescan.gate.allowlist_expiry import AllowlistExpiry
from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.ledger.news import ExpiringNews


class Expiring(Struct, frozen=True):
    """A report whose outcome is GO or WARN, for a while. `findings`: those of the near ends."""

    news: ExpiringNews
    report: Report
    look: AllowlistExpiry
    findings: tuple[BlockingFinding, ...]

    @classmethod
    def of(cls, news: ExpiringNews) -> "Expiring":
        """The findings of all ends that are near."""
        look = news.expiry
        findings = tuple(finding for ending in look.soon for finding in ending.findings)
        return cls(news, news.report, look, findings)

    @property
    def worst(self) -> Severity:
        """The worst severity of the findings."""
        return max(finding.severity for finding in self.findings)

    @property
    def fix_available(self) -> bool | None:
        """Whether any finding has a fix; None when nothing is known about fixes."""
        listed = [finding for finding in self.findings if finding.listed]
        return any(finding.fixed_in for finding in listed) if listed else None
