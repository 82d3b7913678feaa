"""What a NOT_EVALUATED says, drawn from the news: what the image lacks a verdict for."""

import re

from msgspec import Struct

from rescan.kernel.errors import NoticeInvalid
from rescan.ledger.news import Failing, FailureCause, News

# The words of the workflow, of its verdicts and of the errors, the more precise ones first: a
# reason is all that is remembered of a failure.
_WORDS = {
    FailureCause.GONE: r"no longer in Anchore",
    FailureCause.NOT_FOUND: r"has no active image with the tag",
    FailureCause.CREDENTIALS: r"HTTP 401|[Tt]he secret",
    FailureCause.FORBIDDEN: r"HTTP 403",
    FailureCause.THROTTLED: r"HTTP 429",
    FailureCause.CERTIFICATE: r"TLS failed",
    FailureCause.DOWN: r"HTTP 5\d\d|no connection|no whole answer|the connection broke|the proxy",
    FailureCause.ANALYSIS_FAILED: r"the analysis failed",
    FailureCause.NOT_ANALYZED: r"the analysis is not finished|has not caught up",
    FailureCause.NOT_MAPPED: r"no mapping rule",
    FailureCause.WRONG_ANSWER: r"HTTP [34]\d\d|not what this operation gives|does not decompress",
}


class Outage(Struct, frozen=True):
    """An image that could not be evaluated for a while. It never ends a STOP."""

    news: News
    failing: Failing
    cause: FailureCause

    @classmethod
    def of(cls, news: News) -> "Outage":
        """NoticeInvalid when nothing fails, or when there is a verdict after all."""
        if news.failing is None:
            raise NoticeInvalid(f"nothing fails on {news.tag}, expected that for a NOT_EVALUATED")
        if news.report is not None and news.report.outcome.is_verdict:
            said = f"the outcome of {news.tag} is {news.report.outcome}, expected no verdict"
            raise NoticeInvalid(f"{said} for a NOT_EVALUATED")
        return cls(news, news.failing, _cause(news.failing.reason))

    @property
    def is_absence(self) -> bool:
        """Whether Anchore works, and has no such image."""
        return self.cause in (FailureCause.GONE, FailureCause.NOT_FOUND)


def _cause(reason: str) -> FailureCause:
    found = (cause for cause, words in _WORDS.items() if re.search(words, reason))
    return next(found, FailureCause.OTHER)
