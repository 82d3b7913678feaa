"""A message about many images of one kind: what they have in common, which they are, what else."""

from collections.abc import Iterator, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from rescan.kernel.safe_text import one_line
from rescan.notice import result_shapes as shapes
from rescan.notice.content import NoticeContent, Paragraph
from rescan.notice.foreign import foreign, full_name
from rescan.notice.group_headline import group_sentence
from rescan.notice.image_notice import ImageNotice
from rescan.notice.mail import fact, items, paragraph
from rescan.notice.policy_facts import policy, policy_facts
from rescan.notice.result import date_or_unset, fitted, full_tag, moment_or_none, text
from rescan.notice.times import moment, rfc3339
from rescan.notice.where import any_of, running_shape
from rescan.notice.wording import counted, how_bad
from rescan.outbox.envelope import Envelope, IssueKind
from rescan.outbox.group import Group, Repository, Shared

# Of the 256 KiB of a message; names have 60,000 in the attributes and again in the body, which
# stays below 100,000.
LARGEST_GROUP_RESULT = 90_000
_MOST_ABOUT = 3
_MOST_FACTS = 20
_MOST_REPOSITORIES_IN_CHAT = 15
_MOST_OTHERS, _MOST_OTHERS_IN_CHAT = 10, 5


class GroupNotice(NoticeContent):
    """The group, in the words of its kind."""

    def __init__(self, group: Group, kind: type[ImageNotice]) -> None:
        self._group = group
        self._kind = kind
        self._repositories = group.repositories()
        self._other_issues = group.other_issues()
        self._is_about_a_finding = group.issue is not None and (
            group.issue.kind is IssueKind.FINDING
        )

    @property
    def labels(self) -> Group:
        return self._group

    def thread(self) -> str:
        """A storm's messages are one thread."""
        return self._group.storm

    def resources(self) -> list[str]:
        return [self._repositories[0].full_name]

    def subject(self) -> str:
        return group_sentence(self._group, self._kind, details=False)

    def headline(self) -> str:
        return f"{group_sentence(self._group, self._kind, details=True)}."

    def where(self) -> str:
        """E.g. "3 of 12 images run, in prod-eu/payments and 4 more"."""
        group = self._group
        if not group.runs:
            return ""
        number = f"{group.running:,} of {counted(len(group.members), 'image')}"
        run = "runs" if group.running == 1 else "run"
        return f"{number} {run}, in {any_of(group.contexts(), all_named=group.names_all_places)}"

    def steps(self) -> Sequence[str]:
        return self._kind.group_steps(self._group)

    def _name(self, repository: Repository, longest: int = 400) -> str:
        """Without the registry, where that is the same for all."""
        if self._group.registry:
            return foreign(repository.name, longest)
        return full_name(repository.full_name, longest)

    # --- the mail

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield list(self._images())
        yield self._others()
        yield items(other_steps)
        yield list(self._facts())

    def _images(self) -> Iterator[str]:
        """Every image: nobody is told of it elsewhere."""
        order = "WHAT RUNS FIRST, THEN WORST" if self._group.runs else "WORST FIRST"
        yield f"IMAGES BY REPOSITORY, {order} ({len(self._group.members):,})"
        for repository in self._repositories:
            yield f"{self._name(repository)} ({len(repository.images):,})"
            images = ", ".join(map(self._image, repository.images))
            yield from paragraph(images, first=2, hanging=2)

    def _image(self, envelope: Envelope) -> str:
        """The tag, and that it runs; where nothing is common to all, how bad it is and why."""
        facts = ["old"] * envelope.old + ["runs"] * envelope.runs
        if self._group.issue is None and envelope.issues:
            bad = how_bad(envelope.worst, envelope.known_exploited)
            facts.append(f"{bad} {foreign(envelope.issues[0].name, 40)}".lstrip())
        tag = foreign(envelope.tag.tag, 128)
        return f"{tag} ({', '.join(facts)})" if facts else tag

    def _others(self) -> Paragraph:
        others = list(map(self._other, self._other_issues[:_MOST_OTHERS]))
        what = f"WHAT {'ELSE ' if self._is_about_a_finding else ''}{self._kind.effect}"
        title = f"{what} ({len(others):,} of {len(self._other_issues):,} shown)"
        return items(others, title=title)

    def _facts(self) -> Iterator[str]:
        group = self._group
        yield fact("Team", foreign(group.team, 200))
        if group.policy_id:
            yield from policy_facts(group)
        if group.registry:
            yield fact("Registry", full_name(group.registry, 256))
        if group.began_at is not None:
            yield fact(
                "Before", f"{counted(group.before, 'image')}, since {moment(group.began_at)}"
            )
        moments = [moment(envelope.at) for envelope in group.envelopes]
        first, last = min(moments), max(moments)
        yield fact("Found", first + (f" to {last}" if first != last else ""))

    # --- the chat message

    def chat_lines(self) -> Iterator[str]:
        """The facts, the repositories, what else the images have."""
        group, every = self._group, self._repositories
        yield f"Team {foreign(group.team)}"
        if group.policy_id:
            yield f"Policy {policy(group.policy_id, group.policy_name)}"
        if group.registry:
            yield f"Registry {full_name(group.registry)}"
        for repository in every[:_MOST_REPOSITORIES_IN_CHAT]:
            images = counted(len(repository.images), "image")
            yield f"{self._name(repository, 200)}: {images}"
        if len(every) > (most := _MOST_REPOSITORIES_IN_CHAT):
            yield f"{most:,} of {len(every):,} repositories shown, the worst ones"
        for other in map(self._other, self._other_issues[:_MOST_OTHERS_IN_CHAT]):
            yield f"Also {other}" if self._is_about_a_finding else other
        if (total := len(self._other_issues)) > _MOST_OTHERS_IN_CHAT:
            yield f"{_MOST_OTHERS_IN_CHAT:,} of {total:,} shown"

    def _other(self, other: Shared) -> str:
        issue, of = other.issue, len(self._group.members)
        bad = how_bad(issue.severity, issue.known_exploited)
        facts = [bad] if bad else []
        facts += [foreign(issue.package)] if issue.package else []
        facts += [f"fixed in {foreign(issue.fixed_in)}"] if issue.fixed_in else []
        facts += [f"from {moment(issue.until)} on"] if issue.until else []
        name = foreign(issue.name)
        named = f"policy {name} changed" if issue.kind is IssueKind.POLICY else name
        details = f" ({', '.join(facts)})" if facts else ""
        return f"{named}{details}: {other.images:,} of {counted(of, 'image')}"

    # --- the result

    def result(self) -> str:
        """`group` in the place of `image`: as many members as fit, in the order of time."""
        group = self._group
        common = shapes.Result(
            id=group.id,
            event_type=group.event_type,
            at=rfc3339(max(envelope.at for envelope in group.envelopes)),
            team=group.team,
            final_action=group.final_action,
            policy_id=text(group.policy_id, 200),
            policy_name=text(group.policy_name, 120),
        )
        shape = shapes.Group(
            issue=_issue(group),
            images=group.images,
            total=group.before + group.images,
            part=group.part,
            parts=group.parts,
            exploited=group.exploited,
            overdue=group.late or UNSET,
            running=group.running or UNSET,
        )
        return fitted(
            map(_member, group.envelopes),
            lambda shown: replace(common, group=replace(shape, shown=len(shown), members=shown)),
            len(group.members),
            LARGEST_GROUP_RESULT,
        )


def _issue(group: Group) -> shapes.GroupIssue | None:
    if group.issue is None:
        return None
    return shapes.GroupIssue(
        kind=group.issue.kind,
        name=group.issue.name,
        severity=str(group.issue.severity),
        packages=group.packages()[:_MOST_FACTS],
        fixed_in=group.fixes()[:_MOST_FACTS],
        until=moment_or_none(next(iter(group.ends()), None)),
        known_exploited=group.issue.known_exploited,
        now_exploited=group.issue.now_exploited or UNSET,
    )


def _member(envelope: Envelope) -> shapes.GroupMember:
    return shapes.GroupMember(
        id=one_line(envelope.id, 128),
        full_tag=full_tag(envelope.tag),
        digest=text(envelope.digest, 80),
        max_severity=str(envelope.worst),
        findings=envelope.findings,
        about=[issue.name for issue in envelope.issues[:_MOST_ABOUT]],
        known_exploited=envelope.known_exploited,
        due_at=date_or_unset(envelope.due_at),
        running=running_shape(envelope.running) if envelope.running else UNSET,
        old=envelope.old or UNSET,
    )
