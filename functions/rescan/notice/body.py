"""The body of a notice: plain text for a person on call who reads it at night, on a phone.

What is bad and what to do come first. Lines have 72 columns unless a name is longer; the size
is bounded, since every text of another's is cut and every list has a most.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC
from textwrap import wrap

from rescan.model import Problem, Report, Severity, Trigger, TriggerKind
from rescan.notice.advice import next_steps
from rescan.notice.stop import Cause, Stop
from rescan.notice.stopping import StoppingFinding
from rescan.notice.subject import counted, short_name
from rescan.plain_text import one_line

__all__ = ["body"]

_COLUMNS = 72
_MOST_FINDINGS = 40
_MOST_PROBLEMS = 5
# The workflow writes fewer.
_MOST_NOTES = 5
_MOST_RULES = 5
_NOT_SAID = "not said"

_TRIGGERS = {
    TriggerKind.ECR_PUSH: "push to ECR",
    TriggerKind.SCHEDULE: "schedule",
    TriggerKind.DIRECT: "direct invocation",
}
_WITHOUT_FINDINGS = {
    Cause.DENYLIST: "It is on the policy's denylist",
    Cause.EVALUATION_PROBLEM: "Anchore could not evaluate the policy",
    Cause.FINDINGS_UNREADABLE: "Anchore stops it; its findings are not available",
    Cause.NOT_SAID: "Anchore stops it and names no finding",
}


def body(stop: Stop) -> str:
    """Paragraphs: what, what next, the facts, notes, the numbers, the findings."""
    paragraphs = [
        _paragraph(_headline(stop)),
        ["WHAT TO DO", *_items(next_steps(stop))],
        list(_facts(stop.report)),
        _items(_notes(stop)),
        list(_numbers(stop)),
        list(_findings(stop.findings)),
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"


def _headline(stop: Stop) -> str:
    return f"STOP: do not deploy {one_line(short_name(stop), 400)}. {_why(stop)}."


def _why(stop: Stop) -> str:
    number = len(stop.findings)
    if not number:
        return _WITHOUT_FINDINGS[stop.cause]
    why = f"{counted(number, 'finding')} {'stops' if number == 1 else 'stop'} it"
    if stop.worst is not Severity.UNKNOWN:
        why += f", {'of severity' if number == 1 else 'the worst'} {stop.worst}"
    if stop.cause is not Cause.FINDINGS:
        why = f"{_WITHOUT_FINDINGS[stop.cause]}. Also, {why}"
    return why


def _facts(report: Report) -> Iterator[str]:
    evaluated_at = report.evaluation.evaluated_at if report.evaluation else None
    yield f"Image      {one_line(str(report.tag), 600)}"
    if report.image_digest is not None:
        yield one_line(report.image_digest, 80)
    yield f"Policy     {one_line(report.policy_id or _NOT_SAID, 200)}"
    yield from _paragraph(f"Why        {one_line(report.reason, 500)}", hanging=11)
    yield f"Trigger    {_trigger(report.trigger)}"
    yield f"Evaluated  {one_line(evaluated_at or _NOT_SAID, 40)}"


def _trigger(trigger: Trigger) -> str:
    kind = _TRIGGERS[trigger.kind]
    if trigger.at is None:
        return kind
    return f"{kind} at {trigger.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _notes(stop: Stop) -> Iterator[str]:
    yield from _problems(stop.problems)
    # Where no finding at all was read, the reason says why.
    if stop.findings_problem is not None and stop.cause is not Cause.FINDINGS_UNREADABLE:
        yield f"Findings may be missing: {one_line(stop.findings_problem, 400)}"
    if stop.report.vulnerabilities_problem is not None:
        reason = one_line(stop.report.vulnerabilities_problem, 500)
        yield f"vulnerability details not available: {reason}"
    for note in stop.report.notes[:_MOST_NOTES]:
        yield f"Note: {one_line(note, 400)}"


def _problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems[:_MOST_PROBLEMS]:
        said = ": ".join(part for part in (problem.problem_type, problem.details) if part)
        yield f"Evaluation problem: {one_line(said, 400)}"
    if len(problems) > _MOST_PROBLEMS:
        yield f"{_MOST_PROBLEMS} of {len(problems):,} evaluation problems shown"


def _numbers(stop: Stop) -> Iterator[str]:
    if stop.findings:
        yield from _paragraph(f"Stopping findings: {_counts(stop.by_severity())}", hanging=2)
    rules = stop.by_rule()
    if len(rules) > 1:
        named = [f"{count:,} {one_line(rule, 81)}" for rule, count in rules[:_MOST_RULES]]
        more = [f"{len(rules) - _MOST_RULES:,} further rules"] if len(rules) > _MOST_RULES else []
        yield from _paragraph(f"By gate and trigger: {', '.join(named + more)}", hanging=2)
    if stop.report.vulnerabilities is not None:
        counts = _counts(stop.report.vulnerabilities.by_severity()) or "none"
        yield from _paragraph(f"All vulnerabilities of the image: {counts}", hanging=2)


def _counts(by_severity: dict[str, int]) -> str:
    words = {str(Severity.UNKNOWN): "without severity"}
    return ", ".join(f"{count:,} {words.get(name, name)}" for name, count in by_severity.items())


def _findings(findings: tuple[StoppingFinding, ...]) -> Iterator[str]:
    if not findings:
        return
    shown = findings[:_MOST_FINDINGS]
    how_many = f"{len(shown):,} of {len(findings):,} shown"
    yield f"FINDINGS THAT STOP THE IMAGE, WORST FIRST ({how_many})"
    for number, finding in enumerate(shown, 1):
        yield from _finding(number, finding.bounded())
    if len(shown) < len(findings):
        yield ""
        yield f"{how_many}. The others are in Anchore, under the digest above."


def _finding(number: int, finding: StoppingFinding) -> Iterator[str]:
    yield from _paragraph(f"{number:3}. {_name(finding)}", hanging=5)
    details = _details(finding)
    if details:
        yield from _paragraph("; ".join(details), first=5, hanging=5)
    if not finding.listed and finding.message:
        yield from _paragraph(finding.message, first=5, hanging=5)


def _name(finding: StoppingFinding) -> str:
    if finding.vulnerability is None:
        return f"POLICY  {finding.rule}"
    package = f"{finding.package or 'a package not named'} {finding.version or ''}".rstrip()
    return f"{finding.severity.name}  {finding.vulnerability}  {package}"


def _details(finding: StoppingFinding) -> list[str]:
    details = []
    if finding.vulnerability is not None:
        details += [_fix(finding), finding.rule]
    if finding.file is not None:
        details.append(finding.file)
    if finding.inherited_from_base is not None:
        details.append("base image" if finding.inherited_from_base else "own layer")
    if finding.locations > 1:
        details.append(f"in {finding.locations:,} places")
    return details


def _fix(finding: StoppingFinding) -> str:
    if finding.fixed_in is not None:
        return f"fixed in {finding.fixed_in}"
    if not finding.listed:
        return "version and fix not known"
    return "no fix: vendor will not fix" if finding.will_not_fix else "no fix"


def _items(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _paragraph(f"- {text}", hanging=2)]


def _paragraph(text: str, *, first: int = 0, hanging: int = 0) -> list[str]:
    """Lines of at most 72 columns; a longer word stays whole, so that it can be copied."""
    return wrap(
        text,
        _COLUMNS,
        initial_indent=" " * first,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
