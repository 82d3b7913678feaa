"""A report for a person: the outcome, its basis, and a table of the blocking findings."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.platforms import in_short, worst_first
from rescan.gate.report import Report
from rescan.notice.stop import StopNotice
from rescan.notice.wording import by_severity, counted
from rescan_cli.terminal import STYLES, facts, plain, severity_text, table


def report_text(report: Report, stop: StopNotice | None) -> Iterator[RenderableType]:
    """The heading and, for a STOP with findings, their table."""
    yield from heading(report)
    if stop is not None and stop.listed:
        yield Text()
        yield _findings(stop.listed)


def heading(report: Report) -> Iterator[RenderableType]:
    """The outcome, and the facts that every outcome has."""
    word = report.outcome.value.upper()
    yield Text.assemble((word, STYLES.get(report.outcome, "bold")), "  ", plain(str(report.tag)))
    rows = [("Digest", report.image_digest), ("Policy", report.policy_id), ("Why", report.reason)]
    rows += [("Rows", _counts(report)), ("Not read", report.vulnerabilities_problem)]
    rows += [("Platform", f"{said}, {digest}") for said, digest in _platforms(report)]
    rows += [("Note", note) for note in report.notes]
    yield facts([(name, plain(value, 500)) for name, value in rows if value])


def _platforms(report: Report) -> Iterator[tuple[str, str]]:
    for each in worst_first(report.platforms):
        yield f"{each.platform}: {in_short(each)}", each.image_digest or ""


def how_bad(finding: BlockingFinding) -> Text:
    """The severity, and whether CISA lists it as exploited."""
    severity = severity_text(finding.known_severity)
    exploited = (", EXPLOITED", "bold red") if finding.known_exploited else ""
    return Text.assemble(severity, exploited)


def fix_text(finding: BlockingFinding) -> str:
    """The version with the fix, or why there is none; a dash without a vulnerability."""
    if finding.vulnerability is None:
        return "-"
    if finding.fixed_in is not None:
        return finding.fixed_in
    if not finding.listed:
        return "not known"
    return "will not be fixed" if finding.will_not_fix else "no fix"


def package_text(finding: BlockingFinding) -> str:
    """The package, and the file that Anchore names for it; a dash when there is none."""
    package = finding.package or "-"
    return f"{package} ({finding.file})" if finding.file else package


def origin_text(inherited: bool | None) -> str:
    """Base image or own layer; a dash when Anchore does not say."""
    return "-" if inherited is None else "base image" if inherited else "own layer"


def _counts(report: Report) -> str | None:
    if report.vulnerabilities is None:
        return None
    listed = by_severity(report.vulnerabilities.by_severity())
    return f"{counted(len(report.vulnerabilities.rows), 'vulnerability row')}: {listed or 'none'}"


def _findings(findings: tuple[BlockingFinding, ...]) -> Table:
    """Worst first; FROM is left out when Anchore names no origin, ON for a single platform."""
    with_origin = any(finding.inherited_from_base is not None for finding in findings)
    with_platforms = any(finding.platforms for finding in findings)
    optional = [*(["FROM"] if with_origin else []), *(["ON"] if with_platforms else [])]
    shown = table(*_COLUMNS, *optional)
    for finding in (finding.bounded() for finding in findings):
        origin = (plain(origin_text(finding.inherited_from_base)),) if with_origin else ()
        shown.add_row(
            how_bad(finding),
            plain(finding.vulnerability or finding.message or "-"),
            plain(package_text(finding)),
            plain(finding.version or "-"),
            plain(fix_text(finding)),
            plain(finding.rule),
            *origin,
            *((plain(", ".join(finding.platforms)),) if with_platforms else ()),
        )
    return shown


_COLUMNS = ("SEVERITY", "FINDING", "PACKAGE", "INSTALLED", "FIXED IN", "RULE")
