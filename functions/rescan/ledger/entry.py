"""What is remembered of one tag: an entry of the ledger."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Outcome
from rescan.gate.running import Running, TagInventory, running_after
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.team import UNROUTED
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.failing import Failing
from rescan.ledger.unreported import UnreportedChanges

# A result bears the moment at which Anchore answered. It is written later, within the function's
# Timeout.
_RECORDED_WITHIN = timedelta(minutes=5)


def subject_of(
    account: str | None, tag: ImageTag, policy_id: str | None, old_digest: Digest | None = None
) -> str:
    """The key of an entry: one per account, tag and configured policy.

    And one for each digest that runs under the tag, which has moved on.
    """
    old = f"@{old_digest}" if old_digest else ""
    return f"{account or 'own'}|{tag}{old}|{policy_id or 'active'}"


class UnknownPush(Struct, frozen=True):
    """When a push was given up that Anchore had not learned of.

    `digest` is what was pushed, if the tag is known, on another image; None: so is the tag not.
    """

    at: datetime
    digest: Digest | None = None


class Refresh(Struct, frozen=True):
    """A forced refresh that listed vulnerabilities of the digest, on these feeds or newer ones."""

    digest: Digest
    feeds: str
    at: datetime


class PlatformFacts(Struct, frozen=True):
    """What is remembered of one platform, under its digest; the fields are those of an entry."""

    listed: tuple[str, ...] = ()
    empty_list_at: datetime | None = None
    refresh: Refresh | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """What is remembered of one tag under one configured policy (None: the active one).

    `verdict`, `digest`, `policy_digest` and `evaluated_at` are of the last real evaluation,
    `result_at` of the last result of any kind. `unreported` is what has changed since the last
    notice while the image was stopped. `notice_at` is of that notice, and of the RECOVERED after
    it; notices of a failure and of an expiry have times of their own. `version` counts the writes;
    0: never written. `team` got the STOP, if there is one. `held_until` is when the first allowlist
    item ends that suppresses a finding. `listed` are the kinds of vulnerabilities that Anchore has
    listed of the digest; `empty_list_at` is since when it lists none, which is not believed yet.
    `refresh`: the verdict rests on the feeds that it names, or on newer ones. These three are of
    `digest`; `platforms` has them of the image's other ones, and `doubted` those of another image
    whose verdict is not believed yet.
    `running` is where the image was last seen running, as far as sweeps ask that. `old_digest` is
    the one that runs, in an entry of its own, since the tag has moved on.
    """

    subject: str
    tag: ImageTag
    policy_id: str | None = None
    version: int = 0
    verdict: Outcome | None = None
    digest: Digest | None = None
    policy_digest: str | None = None
    stopping: AnnouncedFindings = AnnouncedFindings()
    unreported: UnreportedChanges = UnreportedChanges()
    first_stop_at: datetime | None = None
    evaluated_at: datetime | None = None
    result_at: datetime | None = None
    notice_at: datetime | None = None
    failing: Failing | None = None
    failure_notice_at: datetime | None = None
    expiry_notice_at: datetime | None = None
    sweep: datetime | None = None
    team: str = UNROUTED
    unknown_push: UnknownPush | None = None
    held_until: datetime | None = None
    listed: tuple[str, ...] = ()
    empty_list_at: datetime | None = None
    refresh: Refresh | None = None
    running: Running | None = None
    old_digest: Digest | None = None
    platforms: Mapping[Digest, PlatformFacts] = {}
    doubted: Mapping[Digest, PlatformFacts] = {}

    @property
    def digests(self) -> frozenset[str]:
        """Those of all platforms that were evaluated and have not gone since."""
        return frozenset({*self.platforms, *([self.digest] if self.digest else [])})

    @property
    def has_rows(self) -> bool:
        """Whether vulnerabilities of any platform have been listed."""
        return bool(self.listed) or any(each.listed for each in self.platforms.values())

    @property
    def tag_subject(self) -> str:
        """The subject of the tag's own entry: this one's, but for an old digest."""
        return self.subject.replace(f"@{self.old_digest}", "") if self.old_digest else self.subject

    @property
    def stopped(self) -> bool:
        """Whether the last real evaluation was a STOP."""
        return self.verdict is Outcome.STOP

    @property
    def decided_at(self) -> datetime | None:
        """When the verdict came about, or ended without another; None: there was none."""
        return self.evaluated_at or self.notice_at

    def is_newer_than(self, sweep: datetime | None) -> bool:
        """Whether there is a real evaluation since the sweep began; None: not of a sweep.

        One that lacks a platform's verdict does not count.
        """
        if sweep is None or self.evaluated_at is None or self._lacks_a_platform:
            return False
        return self.evaluated_at > sweep

    @property
    def _lacks_a_platform(self) -> bool:
        """Whether the last result was an evaluation, and left something failing."""
        return self.failing is not None and self.evaluated_at == self.result_at

    def marked_by(self, sweep: datetime | None) -> "Entry":
        """The same, as a result for the sweep and for earlier ones; None: for none."""
        if sweep is None or (self.sweep is not None and self.sweep >= sweep):
            return self
        return replace(self, sweep=sweep)

    def seen_by(self, inventory: TagInventory | None, digests: tuple[Digest, ...]) -> "Entry":
        """The same, as of a sweep that says this of the tag; no digests: no image was found.

        An old digest is gated by sweeps alone, of which an earlier one may come late.
        """
        if inventory is not None and self.old_digest and self.running:
            if self.running.at == inventory.at:  # the sweep's own work, once more
                return self
            if self.result_at and self.result_at > inventory.at - _RECORDED_WITHIN:
                # It began before this was recorded: it may know nothing of these places.
                inventory = replace(inventory, known=False)
        return replace(self, running=running_after(self.running, inventory, digests))

    def known_to(self, team: str) -> "Entry":
        """The same; the team that its name gives stands in for one that is not known."""
        return replace(self, team=team) if self.team == UNROUTED else self
