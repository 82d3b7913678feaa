"""The mail of a STOP, and of the REMINDER that repeats it: subject and body.

The size is bounded, since every text of another's is cut and every list has a most.
"""

from collections.abc import Iterator

from rescan.gate.evaluation import Problem
from rescan.gate.model import Severity
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import EventType
from rescan.notice.ahead import ahead
from rescan.notice.changed import changed
from rescan.notice.facts import (
    all_vulnerabilities,
    digests,
    evaluation_facts,
    image_facts,
    remarks,
    row,
    shortened,
)
from rescan.notice.findings_list import findings_list
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import by_severity, counted, items, joined, paragraph
from rescan.notice.stop import Stop, StopCause, counts_of
from rescan.notice.stop_advice import next_steps
from rescan.notice.subject import name_in_text, subject
from rescan.notice.times import age, moment

_MOST_PROBLEMS = 5
_MOST_RULES = 5

_WITHOUT_FINDINGS = {
    StopCause.DENYLIST: "{} is on the policy's denylist",
    StopCause.EVALUATION_PROBLEM: "Anchore could not evaluate the policy on {}",
    StopCause.FINDINGS_UNREADABLE: "Anchore stops {}; its findings are not available",
    StopCause.NOT_SAID: "Anchore stops {} and names no finding",
}


def stop_subject(stop: Stop, quote: Quote = str) -> str:
    """E.g. "STOP: 2 new findings (critical) in payments/api:2.4.1"."""
    said = ", ".join(_details(stop))
    start = f"{_kind(stop)}{_number(stop)}{f' ({said})' if said else ''} in "
    return subject(start, stop.news.tag, quote=quote)


def stop_body(stop: Stop) -> str:
    """Paragraphs: what and what to do, the findings, what changed, what else to do, the facts."""
    first, *others = next_steps(stop)
    return joined(
        [
            [*paragraph(stop_headline(stop)), *paragraph(f"Do not deploy it. {first}")],
            list(findings_list(stop.told, stop.noun)),
            list(_known(stop)),
            changed(stop.news),
            ["WHAT ELSE TO DO", *items(others)],
            list(_numbers(stop)),
            items(_notes(stop)),
            [
                *image_facts(stop.news),
                *_since(stop),
                *evaluation_facts(stop.news, stop.report),
            ],
            list(digests(stop.news)),
        ]
    )


# --- the subject


def _kind(stop: Stop) -> str:
    if stop.news.event_type is not EventType.REMINDER:
        return "STOP: "
    since = stop.news.first_stop_at
    after = f" after {age(since, stop.news.at)}" if since else ""
    return f"REMINDER: still STOP{after}, "


def _number(stop: Stop) -> str:
    if stop.cause is StopCause.FINDINGS_UNREADABLE:
        return "unknown number of findings"
    return counted(len(stop.told), stop.noun)


def _details(stop: Stop) -> list[str]:
    details = [] if stop.worst is Severity.UNKNOWN else [str(stop.worst)]
    if stop.cause in (StopCause.FINDINGS, StopCause.FINDINGS_UNREADABLE):
        return details
    return [*details, str(stop.cause)]


# --- the body


def stop_headline(stop: Stop, quote: Quote = str) -> str:
    """What kind it is, how bad, and why."""
    severity = "" if stop.worst is Severity.UNKNOWN else f", {stop.worst}"
    return f"{stop.news.event_type}{severity}: {_still(stop)}{_why(stop, quote)}."


def _still(stop: Stop) -> str:
    since = stop.news.first_stop_at
    if stop.news.event_type is not EventType.REMINDER:
        return ""
    return f"still STOP after {age(since, stop.news.at)}. " if since else "still STOP. "


def _why(stop: Stop, quote: Quote) -> str:
    name = quote(name_in_text(stop.news.tag))
    number = len(stop.told)
    stops = f"{counted(number, stop.noun)} {'stops' if number == 1 else 'stop'}"
    if stop.cause is StopCause.FINDINGS:
        return f"{stops} {name}"
    why = _WITHOUT_FINDINGS[stop.cause].format(name)
    return f"{why}. Also, {stops} it" if number else why


def _since(stop: Stop) -> list[str]:
    since = stop.news.first_stop_at
    if since is None or stop.news.event_type is not EventType.REMINDER:
        return []
    return row("Stopped", f"since {moment(since)} ({age(since, stop.news.at)})")


def _notes(stop: Stop) -> Iterator[str]:
    yield from _problems(stop.problems)
    # Where no finding at all was read, the reason says why.
    if stop.findings_problem is not None and stop.cause is not StopCause.FINDINGS_UNREADABLE:
        yield f"Findings may be missing: {shortened(one_line(stop.findings_problem, 400))}"
    yield from ahead(stop.report.expiry(stop.news.at), "Beside that, allowlisted until")
    yield from remarks(stop.report)


def _problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems[:_MOST_PROBLEMS]:
        said = ": ".join(part for part in (problem.problem_type, problem.details) if part)
        yield f"Evaluation problem: {one_line(said, 400)}"
    if len(problems) > _MOST_PROBLEMS:
        yield f"{_MOST_PROBLEMS} of {len(problems):,} evaluation problems shown"


def _numbers(stop: Stop) -> Iterator[str]:
    if stop.told:
        name = "New" if stop.known else "Stopping"
        yield from paragraph(f"{name} findings: {by_severity(counts_of(stop.told))}", hanging=2)
    rules = stop.by_rule()
    if len(rules) > 1:
        named = [f"{count:,} {one_line(rule, 81)}" for rule, count in rules[:_MOST_RULES]]
        more = [f"{len(rules) - _MOST_RULES:,} further rules"] if len(rules) > _MOST_RULES else []
        yield from paragraph(f"By gate and trigger: {', '.join(named + more)}", hanging=2)
    yield from all_vulnerabilities(stop.report)


def _known(stop: Stop) -> Iterator[str]:
    if not stop.known:
        return
    number = len(stop.known)
    said = f"{counted(number, 'known finding')} {'stops' if number == 1 else 'stop'} it too"
    said += f", {by_severity(counts_of(stop.known))}"
    if since := stop.news.first_stop_at:
        said += f"; first stopped {moment(since)}"
    yield from paragraph(f"{said}.")
