"""What is known of a notice without opening it: by this notices are grouped and ordered."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from rescan.gate.model import Severity
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED
from rescan.ledger.news import EventType


class IssueKind(StrEnum):
    """What kind of thing a notice is about."""

    FINDING = "finding"
    POLICY = "policy"
    FAILURE = "failure"


class Issue(Struct, frozen=True):
    """One thing that a notice is about; two notices with an equal `key` are about the same.

    Of a finding `name` is the vulnerability, or the gate and what it says; of a policy its id; of
    a failure its cause and the step. `fixed_in` None: no fix, or none known. `until` is when an
    allowlist stops holding a finding back (aware).
    """

    kind: IssueKind
    key: str
    name: str
    severity: Severity = Severity.UNKNOWN
    package: str | None = None
    fixed_in: str | None = None
    until: datetime | None = None


class Envelope(Struct, frozen=True, kw_only=True):
    """The facts of one notice that a group of them needs.

    `id` is the news', `subject` the ledger's entry; `fix_available` None: nothing is known of
    fixes; `cause` is of a failure. `issues` come worst first and may be cut; `findings` counts all
    of them. `order` is that in which what is said of an image was decided. `pushed`: a push made
    the verdict, and somebody waits for it.
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
    final_action: str | None = None
    worst: Severity = Severity.UNKNOWN
    fix_available: bool | None = None
    cause: FailureCause | None = None
    issues: tuple[Issue, ...] = ()
    findings: int = 0
    pushed: bool = False

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.at, self.turn, self.id
