"""What a NOT_EVALUATED says, drawn from the news: what the image lacks a verdict for."""

import re

from msgspec import Struct

from rescan.kernel.errors import NoticeInvalid
from rescan.ledger.news import Cause, Failing, News

# The words of the workflow, of its verdicts and of the errors, the more precise ones first: a
# reason is all that is remembered of a failure.
_WORDS = {
    Cause.GONE: r"no longer in Anchore",
    Cause.NOT_FOUND: r"has no active image with the tag",
    Cause.CREDENTIALS: r"HTTP 401|[Tt]he secret",
    Cause.FORBIDDEN: r"HTTP 403",
    Cause.THROTTLED: r"HTTP 429",
    Cause.CERTIFICATE: r"TLS failed",
    Cause.DOWN: r"HTTP 5\d\d|no connection|no whole answer|the connection broke|the proxy",
    Cause.ANALYSIS_FAILED: r"the analysis failed",
    Cause.NOT_ANALYZED: r"the analysis is not finished|has not caught up",
    Cause.NOT_MAPPED: r"no mapping rule",
    Cause.WRONG_ANSWER: r"HTTP [34]\d\d|not what this operation gives|does not decompress",
}


class Outage(Struct, frozen=True):
    """An image that could not be evaluated for a while. It never ends a STOP."""

    news: News
    failing: Failing
    cause: Cause

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
        return self.cause in (Cause.GONE, Cause.NOT_FOUND)


def _cause(reason: str) -> Cause:
    found = (cause for cause, words in _WORDS.items() if re.search(words, reason))
    return next(found, Cause.OTHER)
