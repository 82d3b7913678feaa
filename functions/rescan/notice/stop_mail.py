"""The mail of a STOP, and of the REMINDER that repeats it: subject and body.

The size is bounded, since every text of another's is cut and every list has a most.
"""

from collections.abc import Iterator

from rescan.model import Problem, Severity
from rescan.news import EventType
from rescan.notice.facts import all_vulnerabilities, evaluation_facts, image_facts, remarks
from rescan.notice.findings_list import findings_list
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import by_severity, counted, items, joined, paragraph
from rescan.notice.stop import Cause, Stop, counts_of
from rescan.notice.stop_advice import next_steps
from rescan.notice.subject import short_name, subject
from rescan.notice.times import age, moment
from rescan.plain_text import one_line

__all__ = ["stop_body", "stop_headline", "stop_subject"]

_MOST_PROBLEMS = 5
_MOST_RULES = 5

_WITHOUT_FINDINGS = {
    Cause.DENYLIST: "It is on the policy's denylist",
    Cause.EVALUATION_PROBLEM: "Anchore could not evaluate the policy",
    Cause.FINDINGS_UNREADABLE: "Anchore stops it; its findings are not available",
    Cause.NOT_SAID: "Anchore stops it and names no finding",
}


def stop_subject(stop: Stop, quote: Quote = str) -> str:
    """E.g. "STOP: 2 new findings (critical) in payments/api:2.4.1"."""
    said = ", ".join(_details(stop))
    start = f"{_kind(stop)}{_number(stop)}{f' ({said})' if said else ''} in "
    return subject(start, stop.news.tag, quote=quote)


def stop_body(stop: Stop) -> str:
    """Paragraphs: what, what next, the facts, notes, the numbers, the findings."""
    return joined(
        [
            paragraph(stop_headline(stop)),
            ["WHAT TO DO", *items(next_steps(stop))],
            [*image_facts(stop.news), *evaluation_facts(stop.news, stop.report)],
            items(_notes(stop)),
            list(_numbers(stop)),
            list(findings_list(stop.told, stop.noun)),
            list(_known(stop)),
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
    if stop.cause is Cause.FINDINGS_UNREADABLE:
        return "unknown number of findings"
    return counted(len(stop.told), stop.noun)


def _details(stop: Stop) -> list[str]:
    details = [] if stop.worst is Severity.UNKNOWN else [str(stop.worst)]
    if stop.cause in (Cause.FINDINGS, Cause.FINDINGS_UNREADABLE):
        return details
    return [*details, str(stop.cause)]


# --- the body


def stop_headline(stop: Stop, quote: Quote = str) -> str:
    """What to do with the image, and why."""
    name = quote(one_line(short_name(stop.news.tag), 400))
    return f"{stop.news.event_type}: do not deploy {name}. {_since(stop)}{_why(stop)}."


def _since(stop: Stop) -> str:
    since = stop.news.first_stop_at
    if stop.news.event_type is not EventType.REMINDER:
        return ""
    if since is None:
        return "It is still stopped. "
    return f"It has been stopped for {age(since, stop.news.at)}, since {moment(since)}. "


def _why(stop: Stop) -> str:
    number = len(stop.told)
    if not number:
        return _WITHOUT_FINDINGS[stop.cause]
    why = f"{counted(number, stop.noun)} {'stops' if number == 1 else 'stop'} it"
    if stop.worst is not Severity.UNKNOWN:
        why += f", {'of severity' if number == 1 else 'the worst'} {stop.worst}"
    if stop.cause is not Cause.FINDINGS:
        why = f"{_WITHOUT_FINDINGS[stop.cause]}. Also, {why}"
    return why


def _notes(stop: Stop) -> Iterator[str]:
    yield from _problems(stop.problems)
    # Where no finding at all was read, the reason says why.
    if stop.findings_problem is not None and stop.cause is not Cause.FINDINGS_UNREADABLE:
        yield f"Findings may be missing: {one_line(stop.findings_problem, 400)}"
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
