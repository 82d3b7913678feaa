"""An entry of the ledger as a row: what `status` and `report` show of one image. Pure.

Here alone it is decided what an entry knows of a finding, and so of its image: exploited, due.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, Severity
from rescan.gate.running import Running
from rescan.kernel.due_days import DueDays
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.safe_text import one_line
from rescan.ledger.due_dates import due_dates
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.notice.issues import unlisted_name

# A sweep is at most a day after the one before: what failed earlier is no longer tried.
_STILL_TRIED = timedelta(days=2)
_NO_DATE = date.max
_NONE_DUE = DueDays()


class StoppingFinding(Struct, frozen=True):
    """What stops an image, in words that are safe to show.

    `name` is the vulnerability, or the gate and what it reports. `severity`, `exploited` and `due`
    None: not known.
    """

    name: str
    package: str | None
    severity: Severity | None
    exploited: bool | None = None
    due: date | None = None


class Row(Struct, frozen=True, kw_only=True):
    """One image under one policy (None: the active one).

    `findings` come worst first; `total` counts those too that were not kept. `worst`, `exploited`
    and `due` are of all of them: the highest, any, the first; None: not known. `is_failing`: the
    last attempts came to no verdict. `since` is when it was stopped, if it is. `running` is where
    the last sweep saw it; None: not known. `old_digest` is set when it runs under a tag that has
    moved on.
    """

    tag: ImageTag
    policy_id: str | None
    account: str
    team: str
    verdict: Outcome | None
    digest: Digest | None
    since: datetime | None
    findings: tuple[StoppingFinding, ...]
    total: int
    worst: Severity | None
    exploited: bool | None
    due: date | None
    is_overdue: bool
    failing: Failing | None
    is_failing: bool
    held_until: datetime | None
    evaluated_at: datetime | None
    result_at: datetime | None
    sweep: datetime | None
    running: Running | None = None
    old_digest: Digest | None = None

    @property
    def stopped(self) -> bool:
        """Whether the last real evaluation was a STOP."""
        return self.verdict is Outcome.STOP

    @property
    def name(self) -> str:
        """The tag; of an old digest with the beginning of that."""
        old = f" (old {self.old_digest[:19]})" if self.old_digest else ""
        return f"{self.tag}{old}"

    @property
    def runs(self) -> bool:
        """Whether the image is known to run anywhere."""
        return self.running is not None and self.running.total > 0


def row_of(entry: Entry, now: datetime, terms: DueDays = _NONE_DUE) -> Row:
    """What is shown of the entry at this time; findings are due within the `terms`."""
    findings = tuple(sorted(_findings_of(entry, terms), key=_worst_first))
    due = min((it.due for it in findings if it.due is not None), default=None)
    return Row(
        tag=entry.tag,
        policy_id=one_line(entry.policy_id, 120) if entry.policy_id else None,
        account=one_line(entry.subject.partition("|")[0], 80),
        team=one_line(entry.team, 100),
        verdict=entry.verdict,
        digest=entry.digest,
        since=entry.first_stop_at if entry.stopped else None,
        findings=findings,
        total=entry.stopping.total,
        worst=max((it.severity for it in findings if it.severity is not None), default=None),
        exploited=_any_exploited(findings, are_all=len(findings) >= entry.stopping.total),
        due=due,
        is_overdue=due is not None and due < now.date(),
        failing=entry.failing and _shown(entry.failing),
        is_failing=_is_tried_in_vain(entry, now),
        held_until=entry.held_until,
        evaluated_at=entry.evaluated_at,
        result_at=entry.result_at,
        sweep=entry.sweep,
        running=entry.running.about(entry.digest) if entry.running else None,
        old_digest=entry.old_digest,
    )


def _findings_of(entry: Entry, terms: DueDays) -> Iterable[StoppingFinding]:
    if not entry.stopped:
        return
    due, reported = due_dates(entry, terms), entry.stopping.reported
    for key, severity in entry.stopping.findings.items():
        exploited = reported[key].exploited if key in reported else None
        yield _finding(key, severity, exploited, due.get(key))


@lru_cache(maxsize=100_000)  # thousands of images share theirs
def _finding(
    key: FindingKey,
    severity: Severity | None,
    exploited: bool | None = None,
    due: date | None = None,
) -> StoppingFinding:
    name, package = unlisted_name(key.gate, key.trigger, key.what)
    return StoppingFinding(name, package, severity, exploited, due)


def _worst_first(finding: StoppingFinding) -> tuple[bool, int, date, str]:
    return (
        finding.exploited is not True,
        -(finding.severity or 0),
        finding.due or _NO_DATE,
        finding.name,
    )


def _any_exploited(findings: Iterable[StoppingFinding], *, are_all: bool) -> bool | None:
    """None while one of which it is not known may be."""
    known = {finding.exploited for finding in findings}
    if True in known:
        return True
    return False if known == {False} and are_all else None


def _shown(failing: Failing) -> Failing:
    step, reason = one_line(failing.step, 40), one_line(failing.reason, 1000)
    return replace(failing, step=step, reason=reason)


def _is_tried_in_vain(entry: Entry, now: datetime) -> bool:
    tried = entry.result_at
    return entry.failing is not None and tried is not None and now - tried <= _STILL_TRIED
