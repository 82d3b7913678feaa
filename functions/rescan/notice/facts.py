"""The paragraphs that notices of every kind have: which image, which policy, what woke us."""

import re
from collections.abc import Iterator

from rescan.gate.model import Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED, team_name
from rescan.ledger.news import EvaluatedNews, ImageNews
from rescan.notice.paragraphs import by_severity, paragraph
from rescan.notice.times import moment

# The workflow writes fewer.
_MOST_NOTES = 5
_NOT_SAID = "not said"
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}\b")
_TRIGGERS = {
    TriggerKind.ECR_PUSH: "push to ECR",
    TriggerKind.SCHEDULE: "schedule",
    TriggerKind.DIRECT: "direct invocation",
}


def image_facts(news: ImageNews) -> Iterator[str]:
    """The full name, and whose image it is."""
    yield f"Image      {one_line(str(news.tag), 600)}"
    yield f"Team       {team_of(news)}"


def digests(news: ImageNews) -> Iterator[str]:
    """The digest on a line of its own, or the two between which the tag has moved."""
    digest = news.report.image_digest if news.report else None
    if (previous := previous_digest(news)) is not None:
        yield "The tag has moved from"
        yield one_line(previous, 80)
        yield "to" if digest else "to a digest that is not known"
    elif digest is not None:
        yield "Digest"
    if digest is not None:
        yield one_line(digest, 80)


def previous_digest(news: ImageNews) -> str | None:
    """The one that the tag was on before it moved."""
    return news.previous_digest if isinstance(news, EvaluatedNews) else None


def shortened(text: str) -> str:
    """The same with digests of twelve digits: the whole one stands once, at the end."""
    return _DIGEST.sub(r"\1", text)


def evaluation_facts(news: ImageNews, report: Report) -> Iterator[str]:
    """The policy, why, the trigger, and when Anchore evaluated."""
    evaluated_at = report.evaluation.evaluated_at if report.evaluation else None
    yield f"Policy     {one_line(policy_id(news) or _NOT_SAID, 200)}"
    yield from row("Why", shortened(one_line(report.reason, 500)))
    yield trigger_fact(news.trigger)
    yield f"Evaluated  {one_line(evaluated_at or _NOT_SAID, 40)}"


def policy_id(news: ImageNews) -> str | None:
    """The policy that was evaluated, or else the one that was asked for."""
    evaluated = news.report.policy_id if news.report else None
    return evaluated or news.policy_id


def team_of(news: ImageNews) -> str:
    """Whose image it is, on one line and never empty."""
    return team_name(news.team) or UNROUTED


def trigger_fact(trigger: Trigger) -> str:
    """What woke the function, and when it happened, if it says."""
    at = f" at {moment(trigger.at)}" if trigger.at else ""
    return f"Trigger    {_TRIGGERS[trigger.kind]}{at}"


def remarks(report: Report) -> Iterator[str]:
    """What the report adds: that the list was not read, a superseded push."""
    if report.vulnerabilities_problem is not None:
        reason = one_line(report.vulnerabilities_problem, 500)
        yield f"vulnerability details not available: {shortened(reason)}"
    for note in report.notes[:_MOST_NOTES]:
        yield f"Note: {shortened(one_line(note, 400))}"


def row(name: str, text: str) -> list[str]:
    """A fact that may need several lines."""
    return paragraph(f"{name:11}{text}", hanging=11)


def all_vulnerabilities(report: Report) -> list[str]:
    """How many rows Anchore lists, stopping or not; nothing when they were not read."""
    if report.vulnerabilities is None:
        return []
    counts = by_severity(report.vulnerabilities.by_severity()) or "none"
    return paragraph(f"All vulnerabilities of the image: {counts}", hanging=2)
