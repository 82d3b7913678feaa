"""The mail of a group: what it has in common, what to do, which images, what else."""

from collections.abc import Iterator

from rescan.kernel.safe_text import one_line
from rescan.ledger.news import EventType
from rescan.notice.group_words import group_headline, group_steps, group_title, others
from rescan.notice.paragraphs import counted, items, joined, paragraph
from rescan.notice.subject import plain_subject
from rescan.notice.times import moment
from rescan.outbox.envelope import IssueKind
from rescan.outbox.group import Group

_MOST_REPOSITORIES = 60
_MOST_TAGS = 8
_MOST_OTHERS = 10

_WHAT = {
    EventType.STOP: "STOPS THEM",
    EventType.REMINDER: "STILL STOPS THEM",
    EventType.RECOVERED: "NO LONGER STOPS THEM",
    EventType.NOT_EVALUATED: "KEEPS THEM FROM A VERDICT",
    EventType.EXPIRING: "WILL STOP THEM",
}


def group_subject(group: Group) -> str:
    """The title, as SNS takes a subject."""
    return plain_subject(group_title(group))


def group_body(group: Group) -> str:
    """Paragraphs: what and what to do, the images, what else they have, notes, the facts."""
    first, *more = group_steps(group)
    return joined(
        [
            [*paragraph(group_headline(group)), *paragraph(first)],
            list(_images(group)),
            list(_others(group)),
            items(more),
            list(_facts(group)),
        ]
    )


def _images(group: Group) -> Iterator[str]:
    every = group.repositories()
    shown = every[:_MOST_REPOSITORIES]
    named = sum(min(len(repository.tags), _MOST_TAGS) for repository in shown)
    yield f"IMAGES BY REPOSITORY ({named:,} of {len(group.members):,} named)"
    for repository in shown:
        name = repository.name if group.registry else repository.full_name
        yield f"{one_line(name, 400)} ({len(repository.tags):,})"
        yield from paragraph(_tags(repository.tags), first=2, hanging=2)
    if len(shown) < len(every):
        yield f"{len(shown):,} of {len(every):,} repositories named, those of most images."


def _tags(tags: tuple[str, ...]) -> str:
    names = ", ".join(one_line(tag, 128) for tag in tags[:_MOST_TAGS])
    return names + (f" and {len(tags) - _MOST_TAGS:,} more" if len(tags) > _MOST_TAGS else "")


def _others(group: Group) -> Iterator[str]:
    total = len(group.other_issues())
    if not total:
        return
    shown = others(group, _MOST_OTHERS, str)
    is_finding = group.issue is not None and group.issue.kind is IssueKind.FINDING
    title = f"WHAT {'ELSE ' if is_finding else ''}{_WHAT[group.event_type]}"
    yield f"{title} ({len(shown):,} of {total:,} shown)"
    for other in shown:
        yield from paragraph(f"- {other}", hanging=2)


def _facts(group: Group) -> Iterator[str]:
    yield f"Team       {one_line(group.team, 200)}"
    if group.policy_id:
        yield f"Policy     {one_line(group.policy_id, 200)}"
    if group.registry:
        yield f"Registry   {one_line(group.registry, 256)}"
    if group.began_at is not None:
        yield f"Before     {counted(group.before, 'image')}, since {moment(group.began_at)}"
    moments = [moment(envelope.at) for envelope in group.envelopes]
    first, last = min(moments), max(moments)
    yield f"Found      {first}" + (f" to {last}" if first != last else "")
