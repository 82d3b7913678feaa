"""The mail of a NOT_EVALUATED: subject and body."""

from collections.abc import Iterator

from rescan.gate.model import Step
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.safe_text import one_line
from rescan.notice.facts import (
    digests,
    image_facts,
    policy_id,
    remarks,
    row,
    shortened,
    trigger_fact,
)
from rescan.notice.markdown import Quote
from rescan.notice.outage import Outage
from rescan.notice.outage_advice import next_steps
from rescan.notice.paragraphs import items, joined, paragraph
from rescan.notice.subject import name_in_text, subject
from rescan.notice.times import age, moment

_STEPS = {
    Step.FIND_ACTIVE_IMAGE: "looking the image up",
    Step.REFRESH_VULNERABILITIES: "refreshing its vulnerabilities",
    Step.REGATE: "evaluating the policy",
    Step.LIST_TAGS: "listing the active tags",
}


def outage_subject(outage: Outage, quote: Quote = str) -> str:
    """E.g. "NOT EVALUATED for 7 h, still STOP: payments/api:2.4.1"."""
    still = ", still STOP" if outage.news.first_stop_at else ""
    return subject(f"NOT EVALUATED{_how(outage)}{still}: ", outage.news.tag, quote=quote)


def outage_body(outage: Outage) -> str:
    """Paragraphs: what and what to do, what it means, what else to do, the facts."""
    report = outage.news.report
    first, *others = next_steps(outage)
    return joined(
        [
            [*paragraph(outage_headline(outage)), *paragraph(first)],
            paragraph(outage_meaning(outage)),
            ["WHAT ELSE TO DO", *items(others)] if others else [],
            items(remarks(report)) if report else [],
            list(_facts(outage)),
            list(digests(outage.news)),
        ]
    )


def outage_headline(outage: Outage, quote: Quote = str) -> str:
    """What is not known of the image, for how long."""
    name = quote(name_in_text(outage.news.tag))
    still = ", still STOP" if outage.news.first_stop_at else ""
    return f"NOT EVALUATED{_how(outage)}{still}: {name}."


def _how(outage: Outage) -> str:
    if outage.cause is FailureCause.GONE:
        return f", {outage.words}"
    how_long = f" for {age(outage.failing.since, outage.news.at)}"
    return f"{how_long}, {outage.words}" if outage.is_absence else how_long


def outage_meaning(outage: Outage) -> str:
    """Since when there is no verdict, and which one stays."""
    verdict = f"There is no verdict since {moment(outage.failing.since)}. "
    if outage.cause is FailureCause.GONE:
        verdict = ""
    if since := outage.news.first_stop_at:
        stopped = f"STOP, since {moment(since)} ({age(since, outage.news.at)})"
        return f"{verdict}The last verdict stays: {stopped}."
    return f"{verdict}No STOP stands against it, but a reason for one would go unnoticed."


def _facts(outage: Outage) -> Iterator[str]:
    news, failing = outage.news, outage.failing
    yield from image_facts(news)
    if policy := policy_id(news):
        yield f"Policy     {one_line(policy, 200)}"
    yield from row("Step", _step(failing.step))
    yield from row("Why", shortened(one_line(failing.reason, 500)))
    yield trigger_fact(news.trigger)


def _step(step: str) -> str:
    known = next((words for name, words in _STEPS.items() if name.value == step), None)
    named = one_line(step, 80) or "not said"
    return f"{named} ({known})" if known else named
