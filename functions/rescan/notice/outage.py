"""What a NOT_EVALUATED says, drawn from the news: what the image lacks a verdict for."""

from msgspec import Struct

from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.news import Failing, NotEvaluatedNews

CAUSES = {
    FailureCause.GONE: "no longer in Anchore",
    FailureCause.NOT_FOUND: "not in Anchore",
    FailureCause.CREDENTIALS: "credentials refused",
    FailureCause.FORBIDDEN: "access refused",
    FailureCause.THROTTLED: "Anchore throttles",
    FailureCause.CERTIFICATE: "certificate not trusted",
    FailureCause.DOWN: "Anchore does not answer",
    FailureCause.ANALYSIS_FAILED: "analysis failed",
    FailureCause.NOT_ANALYZED: "not analyzed yet",
    FailureCause.SCAN_FAILED: "vulnerability scan failed",
    FailureCause.NOT_MAPPED: "no mapping rule",
    FailureCause.WRONG_ANSWER: "an answer that nobody understands",
    FailureCause.OTHER: "another reason",
}


class Outage(Struct, frozen=True):
    """An image that could not be evaluated for a while. It never ends a STOP."""

    news: NotEvaluatedNews
    failing: Failing
    cause: FailureCause

    @classmethod
    def of(cls, news: NotEvaluatedNews) -> "Outage":
        """What keeps the image of the news from a verdict."""
        return cls(news, news.failing, news.failing.cause)

    @property
    def words(self) -> str:
        """The cause in a few words."""
        return CAUSES[self.cause]

    @property
    def is_absence(self) -> bool:
        """Whether Anchore works, and has no such image."""
        return self.cause in (FailureCause.GONE, FailureCause.NOT_FOUND)
