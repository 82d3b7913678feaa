"""What an EXPIRING says, drawn from the news: which findings stop the image, and from when on."""

from msgspec import Struct

from rescan.gate.allowlist_expiry import AllowlistExpiry
from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.model import Outcome, Severity
from rescan.gate.report import Report
from rescan.kernel.errors import NoticeInvalid
from rescan.ledger.news import News


class Expiring(Struct, frozen=True):
    """A report whose outcome is GO or WARN, for a while. `findings`: those of the near ends."""

    news: News
    report: Report
    look: AllowlistExpiry
    findings: tuple[BlockingFinding, ...]

    @classmethod
    def of(cls, news: News) -> "Expiring":
        """NoticeInvalid when the outcome is another, or no end is near."""
        report = news.report
        if report is None or report.outcome not in (Outcome.GO, Outcome.WARN):
            outcome = report.outcome if report else "not known"
            said = f"the outcome of {news.tag} is {outcome}, expected go or warn"
            raise NoticeInvalid(f"{said} for an EXPIRING")
        look = report.expiry(news.at)
        if not look.soon:
            said = f"no allowlist item that {news.tag} needs ends within 14 days"
            raise NoticeInvalid(f"{said}, expected one for an EXPIRING")
        findings = tuple(finding for ending in look.soon for finding in ending.findings)
        return cls(news, report, look, findings)

    @property
    def worst(self) -> Severity:
        """The worst severity of the findings."""
        return max(finding.severity for finding in self.findings)

    @property
    def fix_available(self) -> bool | None:
        """Whether any finding has a fix; None when nothing is known about fixes."""
        listed = [finding for finding in self.findings if finding.listed]
        return any(finding.fixed_in for finding in listed) if listed else None
