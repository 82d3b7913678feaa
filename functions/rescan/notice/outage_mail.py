"""The mail of a NOT_EVALUATED: subject and body."""

from collections.abc import Iterator

from rescan.model import Step
from rescan.notice.facts import image_facts, policy_id, remarks, row, trigger_fact
from rescan.notice.markdown import Quote
from rescan.notice.outage import Cause, Outage
from rescan.notice.outage_advice import next_steps
from rescan.notice.paragraphs import items, joined, paragraph
from rescan.notice.subject import short_name, subject
from rescan.notice.times import age, moment
from rescan.plain_text import one_line

__all__ = ["outage_body", "outage_headline", "outage_subject"]

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
    """Paragraphs: what and what it means, what next, the facts, notes."""
    report = outage.news.report
    return joined(
        [
            paragraph(outage_headline(outage)),
            ["WHAT TO DO", *items(next_steps(outage))],
            list(_facts(outage)),
            items(remarks(report)) if report else [],
        ]
    )


def outage_headline(outage: Outage, quote: Quote = str) -> str:
    """What is not known of the image since when, and what that means."""
    return f"NOT EVALUATED: {_what(outage, quote)} {_meaning(outage)}"


def _how(outage: Outage) -> str:
    if outage.cause is Cause.GONE:
        return f", {outage.cause}"
    how_long = f" for {age(outage.failing.since, outage.news.at)}"
    return f"{how_long}, {outage.cause}" if outage.is_absence else how_long


def _what(outage: Outage, quote: Quote) -> str:
    name = quote(one_line(short_name(outage.news.tag), 400))
    if outage.cause is Cause.GONE:
        return f"{name} is {outage.cause}."
    since = outage.failing.since
    how_long = f"for {age(since, outage.news.at)}, since {moment(since)}"
    if outage.cause is Cause.NOT_FOUND:
        return f"{name} is not in Anchore, {how_long}."
    return f"no verdict on {name} {how_long}."


def _meaning(outage: Outage) -> str:
    if since := outage.news.first_stop_at:
        stopped = f"STOP, since {moment(since)} ({age(since, outage.news.at)})"
        return f"The last verdict stays: {stopped}."
    return "No STOP stands against it, but a reason for one would go unnoticed."


def _facts(outage: Outage) -> Iterator[str]:
    news, failing = outage.news, outage.failing
    yield from image_facts(news)
    if policy := policy_id(news):
        yield f"Policy     {one_line(policy, 200)}"
    yield from row("Step", _step(failing.step))
    yield from row("Why", one_line(failing.reason, 500))
    yield trigger_fact(news.trigger)


def _step(step: str) -> str:
    known = next((words for name, words in _STEPS.items() if name.value == step), None)
    named = one_line(step, 80) or "not said"
    return f"{named} ({known})" if known else named
