"""What is known of a notice without opening it: how notices are grouped and ordered."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from rescan.gate.model import Severity
from rescan.gate.running import Running
from rescan.kernel.clock import utc_day
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED
from rescan.ledger.news import EventType


class IssueKind(StrEnum):
    """What a notice is about."""

    FINDING = "finding"
    POLICY = "policy"
    FAILURE = "failure"


class Issue(Struct, frozen=True):
    """What a notice is about; issues with an equal `key` are the same.

    The `name` of a finding is the vulnerability, or the gate and what it reports; that of a policy
    is its id, and that of a failure its cause and step. `fixed_in` None: no fix, or none known.
    `until` is when an allowlist stops suppressing the finding (aware). `known_exploited` None: not
    known, and in notices that an older version wrote. `now_exploited`: that it is known to be
    exploited is the news, so that it shares no key with the same finding where that is new.
    """

    kind: IssueKind
    key: str
    name: str
    severity: Severity = Severity.UNKNOWN
    package: str | None = None
    fixed_in: str | None = None
    until: datetime | None = None
    known_exploited: bool | None = None
    now_exploited: bool = False


class Envelope(Struct, frozen=True, kw_only=True):
    """The facts of one notice that a group of them needs.

    `id` is the news', `subject` the ledger's entry. Nothing is known of fixes when `fix_available`
    is None, and of exploits when `known_exploited` is; `cause` is of a failure. `issues` come worst
    first and may be cut; `findings` counts all of them. `order` is the one in which the notices of
    an image were decided. `pushed`: a push made the verdict, and somebody waits for it. `due_at` is
    the date (UTC) by which the first finding of the image is to be gone; None: none is due.
    `running` None: it is not known where the image runs. `old`: it runs, and its tag has moved on.
    """

    id: str
    event_type: EventType
    subject: str
    tag: ImageTag
    at: datetime
    turn: int = 0
    team: str = UNROUTED
    digest: Digest | None = None
    policy_id: str | None = None
    policy_name: str | None = None
    final_action: str | None = None
    worst: Severity = Severity.UNKNOWN
    fix_available: bool | None = None
    cause: FailureCause | None = None
    issues: tuple[Issue, ...] = ()
    findings: int = 0
    pushed: bool = False
    known_exploited: bool | None = None
    due_at: date | None = None
    running: Running | None = None
    old: bool = False

    @property
    def runs(self) -> bool:
        """Whether the image is known to run anywhere."""
        return self.running is not None and self.running.total > 0

    @property
    def overdue(self) -> bool:
        """Whether that date was over when the notice was decided."""
        return self.due_at is not None and self.due_at < utc_day(self.at)

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.at, self.turn, self.id
