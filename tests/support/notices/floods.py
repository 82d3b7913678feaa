"""News of thousands of findings."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import TypeVar

from msgspec.structs import replace

from rescan.gate.evaluation import Allowlisted, FindingKey, Problem
from rescan.gate.model import Outcome, Severity
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.changes import Change, ChangedFinding, Changes, ClearedBy, ClearedFinding
from rescan.ledger.failing import Failing
from rescan.ledger.news import ExpiringNews, ImageNews, NotEvaluatedNews, RecoveredNews, StopNews
from tests.support.notices.announced import FIRST_STOP, NOW, held, stop
from tests.support.notices.reports import evaluation, finding, listed, report, row

_Kind = TypeVar("_Kind", bound=ImageNews)


@cache
def flood(character: str, number: int = 1_000) -> StopNews:
    """Twice as many findings, every text of which is long and made of one character."""
    text = character * 400
    rows = [row(f"{n}{text}", "High", f"{n}{text}", text, fix=text) for n in range(number)]
    found = [finding(f"{row.vuln}+{row.package_name}") for row in rows]
    found += [
        finding(
            f"{n}{text}+{text}",
            text,
            policy_id=text,
            rule_id=text,
            trigger=f"{n}{text}",
            recommendation=f"{n}{text}",
        )
        for n in range(number)
    ]
    flooded = report(
        evaluation(
            *found,
            problems=tuple(Problem("error", text, text) for _ in range(50)),
            policy_id=text,
            evaluated_at=text,
            findings_problem=text * 2,
            allowlisted=tuple(_held(text)),
        ),
        tag=ImageTag(text, text, text),
        reason=text * 2,
        notes=(text * 2,) * 10,
        vulnerabilities=listed(*rows),
        vulnerabilities_problem=text * 2,
    )
    return stop(
        flooded,
        id=text,
        policy_id=text,
        previous_digest=text,
        new=frozenset(finding.key for finding in found[::2]),
        changes=Changes(NOW, policy_changed=True, findings=tuple(_changed(text)), more=10**9),
    )


def _held(text: str) -> Iterator[Allowlisted]:
    """A thousand ends within the next days, and as many findings without a known one."""
    for number in range(1_000):
        until = NOW + timedelta(minutes=number + 1)
        yield held(f"{number}{text}+{text}", until, allowlist=f"{number}{text}")
        yield held(f"{text}{number}+{text}", None, ends=None)


def _changed(text: str) -> Iterator[ChangedFinding]:
    for number in range(1_000):
        key = FindingKey(text, "vulnerabilities", text, f"{number}{text}+{text}")
        for change in Change:
            yield ChangedFinding(key, Severity.HIGH, change, before=Severity.LOW)


def recovery_flood(character: str) -> RecoveredNews:
    """The same after a WARN that cleared as many."""
    text = character * 400
    return as_kind(
        RecoveredNews,
        flood(character),
        Outcome.WARN,
        cleared=tuple(
            ClearedFinding(
                FindingKey(text, text, text, f"{number}{text}+{text}"), Severity.HIGH, by
            )
            for number in range(5_000)
            for by in ClearedBy
        ),
        cleared_total=10**9,
    )


def expiring_flood(character: str) -> ExpiringNews:
    """The same of a GO that allowlists alone make one."""
    return as_kind(ExpiringNews, flood(character), Outcome.GO)


def outage_flood(character: str) -> NotEvaluatedNews:
    """The same after a failure that says much."""
    text = character * 400
    failing = Failing(FIRST_STOP, text, text * 2)
    return as_kind(NotEvaluatedNews, flood(character), Outcome.NOT_EVALUATED, failing=failing)


def as_kind(kind: type[_Kind], news: StopNews, outcome: Outcome, **fields: object) -> _Kind:
    """The facts of the news that the other kind has too, of a report with the outcome."""
    names = set(kind.__struct_fields__) & set(news.__struct_fields__) - {"report"}
    facts = {name: getattr(news, name) for name in names}
    return kind(report=replace(news.report, outcome=outcome), **(facts | fields))
