"""A notice about one image: what its kinds have in common.

A kind that is added is a class in a module of its own, a shape in `result_shapes.py`, and a line in
`render.py`.
"""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import ClassVar

from msgspec import Struct

from rescan.gate.blocking_findings import (
    BlockingFinding,
    any_exploited,
    any_fix,
    worst_severity,
)
from rescan.gate.model import Severity, TriggerKind
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED, team_name
from rescan.ledger.news import EvaluatedNews, ImageNews, stable_id
from rescan.notice.content import NoticeContent, Paragraph
from rescan.notice.foreign import foreign, full_name, image_subject, resource_name
from rescan.notice.mail import fact, paragraph, row
from rescan.notice.platforms import decided_by, digest_facts, platform_digests
from rescan.notice.policy_facts import policy, policy_facts
from rescan.notice.times import moment
from rescan.notice.where import where
from rescan.notice.wording import by_severity
from rescan.outbox.envelope import Envelope, Issue
from rescan.outbox.group import Group

# The workflow writes fewer.
_MOST_NOTES, _MOST_NOTES_IN_CHAT = 5, 2
_MOST_ISSUES = 50
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}\b")
_TRIGGERS = {
    TriggerKind.ECR_PUSH: "push to ECR",
    TriggerKind.SCHEDULE: "schedule",
    TriggerKind.DIRECT: "direct invocation",
}


class Verbs(Struct, frozen=True):
    """What happens to one image and to several; `first` is for a group that had no message yet."""

    one: str
    several: str
    first: str = ""


class ImageNotice(NoticeContent):
    """One image, and what its news says of it.

    A message about many images (`group.py`) uses the class alone: the `kind` in words, the `verbs`,
    the `effect` on the images, whether that `is_bad`, and the steps.
    """

    kind: ClassVar[str]
    verbs: ClassVar[Verbs]
    effect: ClassVar[str]
    is_bad: ClassVar[bool] = True

    def __init__(self, news: ImageNews) -> None:
        self.news = news

    @property
    @abstractmethod
    def labels(self) -> Envelope:
        """The envelope, by which notices are put together, too."""

    @staticmethod
    @abstractmethod
    def group_steps(group: Group) -> Sequence[str]:
        """The steps of a message about many images."""

    def envelope(
        self,
        issues: Iterable[Issue],
        *,
        worst: Severity = Severity.UNKNOWN,
        fix_available: bool | None = None,
        known_exploited: bool | None = None,
        cause: FailureCause | None = None,
        findings: int = 0,
    ) -> Envelope:
        """The issues come worst first; the first of those with the same key is kept."""
        news, report = self.news, self.news.report
        return Envelope(
            id=news.id,
            event_type=news.event_type,
            subject=news.subject,
            tag=news.tag,
            at=news.at,
            turn=news.turn,
            pushed=news.trigger.is_push,
            team=team_name(news.team) or UNROUTED,
            digest=(report and report.image_digest) or (news.old and news.old.digest) or None,
            policy_id=(report.policy_id if report else None) or news.policy_id,
            policy_name=one_line((report and report.policy_name) or "", 120) or None,
            final_action=report.final_action if report else None,
            worst=worst,
            fix_available=fix_available,
            cause=cause,
            issues=tuple(islice(_each_once(issues), _MOST_ISSUES)),
            findings=findings,
            known_exploited=known_exploited,
            running=news.running,
            old=news.old is not None,
        )

    def where(self) -> str:
        return where(self.news.running, self.news.at)

    @property
    def name(self) -> str:
        """repository:tag for the body, which may hold any alphabet."""
        old = "an old " if self.news.old else ""
        return f"{old}{foreign(f'{self.news.tag.repository}:{self.news.tag.tag}')}"

    def with_name(self, start: str, end: str = "") -> str:
        """A subject: what has happened, and to what."""
        return image_subject(f"{start}{'old ' if self.news.old else ''}", self.news.tag, end)

    @property
    def previous_digest(self) -> str | None:
        """The one that the tag was on before it moved."""
        return None

    def thread(self) -> str:
        """All notices of an image under one policy are one thread."""
        image = resource_name(str(self.news.tag))
        return stable_id(self.news.subject or [image, one_line(self.labels.policy_id or "", 200)])

    def resources(self) -> list[str]:
        """The image, and its digest, which is that of the platform that decides."""
        digest = self.labels.digest
        return [str(self.news.tag), *([digest] if digest else [])]

    def chat_lines(self) -> Iterator[str]:
        """Which image, where Anchore's UI shows it, and the first notes."""
        digest, policy_id = self.labels.digest, self.labels.policy_id
        yield f"Image {full_name(str(self.news.tag))}"
        if self.news.anchore_url is not None:
            yield f"In Anchore: {self.news.anchore_url}"
        if self.previous_digest is not None:
            yield f"The tag has moved from {foreign(self.previous_digest, 80)}"
        yield from digest_facts(self.news.report, digest)
        yield f"Team {foreign(self.labels.team)}"
        if policy_id:
            yield f"Policy {policy(policy_id, self.labels.policy_name)}"
        notes = self.news.report.notes if self.news.report else ()
        for note in notes[:_MOST_NOTES_IN_CHAT]:
            yield f"Note: {foreign(note, 300)}"

    # --- paragraphs of the mail

    def image_facts(self) -> Iterator[str]:
        """The full name, whose image it is, and where Anchore's UI shows it."""
        yield fact("Image", full_name(str(self.news.tag), 600))
        yield fact("Team", foreign(self.labels.team))
        if self.news.anchore_url is not None:
            yield fact("Anchore", self.news.anchore_url)

    def trigger_fact(self) -> str:
        """What woke the function, and when it happened, if it says."""
        trigger = self.news.trigger
        at = f" at {moment(trigger.at)}" if trigger.at else ""
        return fact("Trigger", f"{_TRIGGERS[trigger.kind]}{at}")

    def remarks(self) -> Iterator[str]:
        """What the report adds: that the list was not read, a superseded push."""
        if (report := self.news.report) is None:
            return
        if report.vulnerabilities_problem is not None:
            reason = shortened(report.vulnerabilities_problem, 500)
            yield f"vulnerability details not available: {reason}"
        for note in report.notes[:_MOST_NOTES]:
            yield f"Note: {shortened(note, 400)}"

    def digest_lines(self) -> Paragraph:
        """The digest on a line of its own, or the two between which the tag has moved."""
        if (digest := self.labels.digest) is None:
            return []
        of_each = platform_digests(self.news.report)
        digests = of_each or [foreign(digest, 80)]
        if (previous := self.previous_digest) is None:
            return ["Digests" if of_each else "Digest", *digests]
        return ["The tag has moved from", foreign(previous, 80), "to", *digests]


class VerdictNotice(ImageNotice):
    """A notice that rests on an evaluation."""

    news: EvaluatedNews

    def envelope_of(self, findings: Sequence[BlockingFinding], issues: Iterable[Issue]) -> Envelope:
        """The envelope of a notice about these findings."""
        return self.envelope(
            issues,
            worst=worst_severity(findings),
            fix_available=any_fix(findings),
            known_exploited=any_exploited(findings),
            findings=len(findings),
        )

    @property
    def previous_digest(self) -> str | None:
        return self.news.previous_digest

    def evaluation_facts(self) -> Iterator[str]:
        """The policy, why, the trigger, and when Anchore evaluated."""
        report = self.news.report
        evaluated_at = report.evaluation.evaluated_at if report.evaluation else None
        yield from policy_facts(self.labels)
        yield from row("Why", shortened(report.reason, 500))
        yield self.trigger_fact()
        yield fact("Evaluated", foreign(evaluated_at or "not said", 40))

    def all_vulnerabilities(self) -> Paragraph:
        """How many rows Anchore lists, stopping or not; nothing when they were not read."""
        if (listed := self.news.report.vulnerabilities) is None:
            return []
        counts = by_severity(listed.by_severity()) or "none"
        of = decided_by(self.news.report) or "the image"
        return paragraph(f"All vulnerabilities of {of}: {counts}", hanging=2)


def _each_once(issues: Iterable[Issue]) -> Iterator[Issue]:
    keys = set()
    for issue in issues:
        if issue.key not in keys:
            keys.add(issue.key)
            yield issue


def shortened(text: str, longest: int) -> str:
    """The text of another, its digests cut to twelve digits: the whole one stands at the end."""
    return foreign(_DIGEST.sub(r"\1", one_line(text, longest)), longest)
