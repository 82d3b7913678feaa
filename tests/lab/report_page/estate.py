"""A made estate for the page: teams, images and findings that look like real ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, Severity
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.entry import Entry, subject_of
from rescan.ledger.failing import Failing
from rescan_cli.state.overview import Overview, overview_of
from rescan_cli.state.row import Row, StoppingFinding, row_of

NOW = datetime(2026, 11, 26, 15, 40, tzinfo=UTC)
_DAY = timedelta(days=1)
_REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
_TEAMS = ("payments", "checkout", "identity", "search", "data-platform", "storefront", "logistics")
_PARTS = ("api", "worker", "gateway", "web", "importer", "scheduler", "exporter", "proxy")
_PACKAGES = ("openssl", "zlib", "curl", "glibc", "libxml2", "log4j-core", "expat", "sqlite3")
_SEVERITIES = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.HIGH,
    Severity.HIGH,
    Severity.MEDIUM,
    Severity.MEDIUM,
)


def overview(stopped: int, *, findings: int = 8, facts: bool = True) -> Overview:
    """So many stopped images, each with about so many findings, and ten times as many others.

    `facts`: of each finding it is known whether it is exploited, and when it is due.
    """
    random = Random(stopped)  # noqa: S311 - no secret
    shared = [_finding(random, n) for n in range(max(12, stopped * findings // 20))]
    rows = [row_of(it, NOW) for it in _stopped(random, stopped, findings, shared)]
    if facts:
        known = {it: _with_facts(random, it) for row in rows for it in row.findings}
        rows = [_knowing(row, known) for row in rows]
    return overview_of([*rows, *(row_of(it, NOW) for it in _others(random, stopped))], NOW)


def _finding(random: Random, number: int) -> tuple[FindingKey, Severity | None]:
    if number % 11 == 7:
        what = "Dockerfile directive 'USER' check 'equals' matched against 'root'"
        return FindingKey(f"r{number}", "dockerfile", "instruction", what), None
    name = f"CVE-20{random.randint(19, 26)}-{random.randint(1000, 59999)}"
    key = FindingKey("p", "vulnerabilities", "package", f"{name}+{random.choice(_PACKAGES)}")
    return key, random.choice(_SEVERITIES)


def _stopped(
    random: Random,
    number: int,
    findings: int,
    shared: list[tuple[FindingKey, Severity | None]],
) -> Iterator[Entry]:
    for index in range(number):
        most = random.randint(1, 2 * findings - 1)
        known = dict(random.choice(shared) for _ in range(most))
        failing = Failing(NOW - 2 * _DAY, "regate", "HTTP 503", FailureCause.DOWN)
        yield replace(
            _entry(random, index),
            verdict=Outcome.STOP,
            stopping=AnnouncedFindings(known, len(known) + (40 if index % 29 == 3 else 0)),
            first_stop_at=NOW - random.randint(0, 90) * _DAY,
            failing=failing if index % 17 == 5 else None,
        )


def _others(random: Random, stopped: int) -> Iterator[Entry]:
    for index in range(stopped, 11 * stopped + 60):
        entry = replace(_entry(random, index), verdict=Outcome.GO)
        if index % 97 == 3:
            why = "Anchore answered 404: no image bears the tag any more"
            failing = Failing(NOW - 5 * _DAY, "findActiveImage", why, FailureCause.GONE)
            entry = replace(entry, failing=failing)
        if index % 61 == 4:
            entry = replace(entry, held_until=NOW + random.randint(1, 40) * _DAY)
        yield entry


def _entry(random: Random, index: int) -> Entry:
    team = random.choice(_TEAMS)
    name = f"{team}/{random.choice(_PARTS)}-{index}"
    tag = ImageTag(_REGISTRY, name, f"{random.randint(1, 9)}.{random.randint(0, 30)}.0")
    at = NOW - timedelta(minutes=12)
    digest = Digest(f"sha256:{random.getrandbits(256):064x}")
    return Entry(
        subject=subject_of(None, tag, None),
        tag=tag,
        version=1,
        digest=digest,
        evaluated_at=at,
        result_at=at,
        team=team,
    )


def _with_facts(random: Random, finding: StoppingFinding) -> StoppingFinding:
    exploited = finding.severity == Severity.CRITICAL and random.random() < 0.3
    days = {Severity.CRITICAL: 15, Severity.HIGH: 30}.get(finding.severity or Severity.UNKNOWN)
    first = NOW.date() - timedelta(days=random.randint(0, 20))
    due = first + timedelta(days=3 if exploited else days) if days else None
    return replace(finding, exploited=exploited, due=due)


def _knowing(row: Row, known: dict[StoppingFinding, StoppingFinding]) -> Row:
    findings = tuple(sorted((known[it] for it in row.findings), key=lambda it: not it.exploited))
    due = min((it.due for it in findings if it.due), default=None)
    return replace(
        row,
        findings=findings,
        exploited=any(it.exploited for it in findings),
        due=due,
        is_overdue=due is not None and due < NOW.date(),
    )
