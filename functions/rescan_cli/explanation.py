"""Why an image stops, in detail: each finding with a way out, and what is allowlisted."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.evaluation import Allowlisted
from rescan.gate.model import Vulnerability, present
from rescan.gate.report import Report
from rescan.gate.vulnerability_index import VulnerabilityIndex
from rescan.notice.findings import likelihood
from rescan.notice.foreign import in_mail
from rescan.notice.stop import StopNotice
from rescan.notice.times import moment
from rescan_cli.findings_table import fix_text, heading, how_bad, origin_text, package_text
from rescan_cli.terminal import plain, table

_INDENT = (0, 0, 0, 4)


def explanation(report: Report, stop: StopNotice | None, now: datetime) -> Iterator[RenderableType]:
    """The paragraphs."""
    yield from heading(report)
    if stop is not None:
        yield from _stop(stop, VulnerabilityIndex(_listed(report)))
    yield from _passed(_first_to_end(report), now)


def _listed(report: Report) -> Iterable[Vulnerability]:
    return report.vulnerabilities.rows if report.vulnerabilities else ()


# --- what stops it


def _stop(stop: StopNotice, rows: VulnerabilityIndex) -> Iterator[RenderableType]:
    for number, finding in enumerate(stop.listed, 1):
        yield Text()
        yield from _finding(number, finding, rows)
    evaluation = stop.news.report.evaluation
    for problem in evaluation.errors if evaluation else ():
        yield Text()
        yield plain(f"Problem of the evaluation: {problem.problem_type}: {problem.details}", 500)
    yield Text("\nWhat would end the STOP", "bold")
    # The last step of a notice is about the notice.
    for step in stop.steps()[:-1]:
        yield plain(f"- {in_mail(step)}", 400)


def _finding(
    number: int, finding: BlockingFinding, index: VulnerabilityIndex
) -> Iterator[RenderableType]:
    shown = finding.bounded()
    name: list[Text | str] = [
        how_bad(shown),
        "  ",
        plain(shown.vulnerability or shown.rule),
    ]
    if shown.vulnerability:
        name += ["  ", plain(package_text(shown)), "  ", plain(shown.rule, style="dim")]
    yield Text.assemble((f"{number:3}. ", "dim"), *name)
    rows = _rows_of(finding, index)
    if rows:
        yield Padding(_rows(rows), _INDENT)
    for line in _words(shown, has_rows=bool(rows)):
        yield Padding(plain(line, 300), _INDENT)


def _rows_of(finding: BlockingFinding, index: VulnerabilityIndex) -> list[Vulnerability]:
    """The rows of the package as the finding calls it, each different one once."""
    if finding.vulnerability is None:
        return []
    called = finding.key.what.partition("+")[2]
    by_fields: dict[tuple[object, ...], Vulnerability] = {}
    for row in index.rows(finding.vulnerability, called):
        by_fields.setdefault((row.package, row.package_version, row.package_path, row.fix), row)
    return list(by_fields.values())


def _rows(rows: list[Vulnerability]) -> Table:
    shown = table("PACKAGE", "INSTALLED", "FIXED IN", "WHERE", "FROM")
    for row in rows:
        shown.add_row(
            plain(present(row.package_name) or present(row.package) or "-", 120),
            plain(present(row.package_version) or "-", 80),
            plain(present(row.fix) or ("will not be fixed" if row.will_not_fix else "no fix"), 120),
            plain(present(row.package_path) or "-", 200),
            plain(origin_text(row.inherited_from_base)),
        )
    return shown


def _words(finding: BlockingFinding, *, has_rows: bool) -> Iterator[str]:
    if finding.message and not has_rows:
        yield finding.message
    if finding.platforms:
        yield f"On {', '.join(finding.platforms)}"
    if about := [*likelihood(finding), *([finding.url] if finding.url else [])]:
        yield "; ".join(about)
    yield f"To do: {_way_out(finding)}"
    if finding.recommendation:
        yield f"The policy says: {finding.recommendation}"


def _way_out(finding: BlockingFinding) -> str:
    if finding.vulnerability is None:
        return "change the image as the rule says, or the rule"
    if finding.fixed_in is not None and finding.inherited_from_base:
        return f"take a base image with {finding.package} {finding.fixed_in}"
    if finding.fixed_in is not None:
        return f"update {finding.package} to {finding.fixed_in}, rebuild and push"
    if not finding.listed:
        return "no vulnerability row describes it: look the digest up in Anchore"
    return f"{fix_text(finding)}: remove {finding.package}, or ask for an allowlist entry"


# --- what is allowlisted


def _first_to_end(report: Report) -> list[Allowlisted]:
    """Each finding and item once, those that end first come first."""
    allowlisted = report.evaluation.allowlisted if report.evaluation else ()
    rows = dict.fromkeys(allowlisted)
    return sorted(rows, key=lambda one: (one.until is None, one.until, _what(one)))


def _what(one: Allowlisted) -> str:
    is_vulnerability = one.finding.gate.lower() == "vulnerabilities"
    return one.finding.trigger_id if is_vulnerability else one.finding.message


def _passed(passed: list[Allowlisted], now: datetime) -> Iterator[RenderableType]:
    if not passed:
        return
    yield Text("\nAllowlisted: would count otherwise", "bold")
    shown = table("ACTION", "FINDING", "RULE", "ALLOWLIST", "UNTIL", "WHY")
    for one in passed:
        shown.add_row(
            plain(one.finding.action or "-", 20),
            plain(_what(one), 200),
            plain(f"{one.finding.gate}/{one.finding.trigger}", 80),
            plain(one.allowlist or "-", 80),
            plain(_until(one, now)),
            plain(one.why or "-", 200),
        )
    yield shown


def _until(one: Allowlisted, now: datetime) -> str:
    if one.until is None:
        return "no end" if one.ends is False else "not known"
    days = (one.until - now).days
    return f"{moment(one.until)} ({days:,} d)" if days >= 0 else f"{moment(one.until)} (over)"
