"""The JSON of one image: of a STOP, the notice's own (docs/notice.schema.json).

What is no STOP has the same fields. Without a verdict it is a NOT_EVALUATED of that schema; GO
and WARN are event types that exist only here, since nothing is published for them.
"""

from datetime import datetime

from msgspec import json

from rescan.gate.model import RescanRequest
from rescan.gate.report import Report
from rescan.kernel.errors import AnchoreError
from rescan.ledger.failing import Failing
from rescan.ledger.news import NotEvaluatedNews, stable_id
from rescan.notice.not_evaluated import NotEvaluatedNotice
from rescan.notice.result import verdict_result
from rescan_cli.news import stop_of

# SNS bounds a notice; a file or a pipe has room for every finding.
_WITHOUT_BOUND = 1 << 40


def report_json(report: Report, now: datetime) -> str:
    """What the image came to."""
    if (stop := stop_of(report, now)) is not None:
        return _indented(stop.result(_WITHOUT_BOUND))
    if report.outcome.is_verdict:
        return _indented(verdict_result(report, now))
    return _not_evaluated(
        NotEvaluatedNews(
            id=stable_id(report.tag, report.image_digest, report.policy_id, now),
            tag=report.tag,
            trigger=report.trigger,
            at=now,
            policy_id=report.policy_id,
            team=report.team,
            report=report,
            failing=Failing.of_report(report, now),
        )
    )


def failed_json(request: RescanRequest, error: AnchoreError, now: datetime) -> str:
    """The same for an image whose evaluation ended with an error: its outcome is null."""
    return _not_evaluated(
        NotEvaluatedNews(
            id=stable_id(request.tag, request.policy_id, now),
            tag=request.tag,
            trigger=request.trigger,
            at=now,
            policy_id=request.policy_id,
            team=request.team,
            failing=Failing(now, error.step, error.problem, error.cause),
        )
    )


def _not_evaluated(news: NotEvaluatedNews) -> str:
    return _indented(NotEvaluatedNotice(news).result())


def _indented(text: str) -> str:
    return json.format(text, indent=2)
