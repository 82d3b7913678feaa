"""What has changed about an image since its last notice, and what cleared its findings. Pure.

While an image stays stopped, nothing is published when a finding goes, the tag moves or the policy
changes. `UnreportedChanges` keeps that for the next notice.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.evaluation import Finding, FindingKey
from rescan.gate.model import Severity
from rescan.gate.report import Report
from rescan.kernel.image_tag import Digest
from rescan.ledger.changes import Change, ChangedFinding, Changes, ClearedBy, ClearedFinding

# With bounded texts below 48 kB, of the 64 kB that an entry has in the ledger.
_MOST_KEPT = 30


class ClearanceReasons(Struct, frozen=True):
    """Why findings no longer stop the image, as far as an evaluation shows."""

    moved: bool
    policy_changed: bool
    image_allowlisted: bool
    findings: Mapping[FindingKey, Finding]
    listed: frozenset[str]

    @classmethod
    def of(cls, report: Report, *, moved: bool, policy_changed: bool) -> "ClearanceReasons":
        """`moved` and `policy_changed` compare with the evaluation before.

        A platform that has gone is as good as moved on: nothing says that it was mended.
        """
        evaluation, lists = report.evaluation, [each.vulnerabilities for each in report.each]
        return cls(
            moved=moved,
            policy_changed=policy_changed,
            image_allowlisted=evaluation is not None and evaluation.is_allowlisted,
            findings={f.key: f for f in (evaluation.findings if evaluation else ())},
            listed=frozenset(
                (row.vuln or "").upper() for listed in lists if listed for row in listed.rows
            ),
        )

    def cleared(self, key: FindingKey, severity: Severity | None) -> ClearedFinding:
        """A rebuilt image explains every change; otherwise what is still there was not fixed."""
        return ClearedFinding(key, severity, self._by(key))

    def _by(self, key: FindingKey) -> ClearedBy:
        if self.moved:
            return ClearedBy.NEW_DIGEST
        if self.image_allowlisted:
            return ClearedBy.ALLOWLISTED
        if (still := self.findings.get(key)) is not None:
            return ClearedBy.ALLOWLISTED if still.allowlisted else ClearedBy.POLICY_CHANGED
        is_vulnerability = key.gate.lower() == "vulnerabilities"
        may_be_there = not is_vulnerability or key.what.partition("+")[0].upper() in self.listed
        if self.policy_changed and may_be_there:
            return ClearedBy.POLICY_CHANGED
        return ClearedBy.FIXED


class UnreportedChanges(Struct, frozen=True):
    """The state that was last reported, and the findings cleared since; `more` were not kept."""

    digest: Digest | None = None
    policy_digest: str | None = None
    cleared: tuple[ClearedFinding, ...] = ()
    more: int = 0

    def plus(self, cleared: Iterable[ClearedFinding]) -> "UnreportedChanges":
        """The same with these; the worst are kept, their texts cut."""
        short = (replace(one, key=one.key.bounded()) for one in cleared)
        every = sorted((*self.cleared, *short), key=lambda one: -(one.severity or 0))
        kept = tuple(every[:_MOST_KEPT])
        return replace(self, cleared=kept, more=self.more + len(every) - len(kept))

    def counted(self) -> "UnreportedChanges":
        """The same, without the findings that are gone: only their number."""
        return replace(self, cleared=(), more=self.more + len(self.cleared))

    def changes(
        self,
        since: datetime,
        policy_digest: str | None,
        new: Iterable[ChangedFinding],
        cleared: Iterable[ClearedFinding] = (),
        more: int = 0,
    ) -> Changes:
        """What a notice reports: what is new and cleared with it, and what was unreported."""
        found = list(new)
        back = {finding.key.bounded() for finding in found}
        gone = [*cleared, *(one for one in self.cleared if one.key not in back)]
        found += [ChangedFinding(one.key, one.severity, Change(one.by.value)) for one in gone]
        return Changes(
            since=since,
            policy_changed=None not in (policy_digest, self.policy_digest)
            and policy_digest != self.policy_digest,
            findings=tuple(found),
            more=self.more + more,
        )
