"""The attribute `result` of a group: the same shape, with `group` in the place of `image`."""

from msgspec.structs import replace

from rescan.kernel.safe_text import one_line
from rescan.notice import result_shapes as shapes
from rescan.notice.result import encoded, first_that_fit
from rescan.notice.times import rfc3339
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group

# Of the 256 KiB of a message; names in the attributes have 60,000, the body stays below 40,000.
LARGEST_GROUP_RESULT = 150_000
_MOST_ABOUT = 3
_MOST_FACTS = 20


def group_result(group: Group) -> str:
    """At most LARGEST_GROUP_RESULT bytes of UTF-8: as many members as fit, in the order of time."""
    none_shown = shapes.Group(
        issue=_matter(group),
        images=group.images,
        total=group.before + group.images,
        part=group.part,
        parts=group.parts,
        shown=0,
        members=(),
    )
    said = _said(group, none_shown)
    members = map(_member, group.envelopes)
    shown = first_that_fit(members, said, len(group.members), LARGEST_GROUP_RESULT)
    return encoded(replace(said, group=replace(none_shown, shown=len(shown), members=shown)))


def _said(group: Group, without_members: shapes.Group) -> shapes.Result:
    return shapes.Result(
        id=group.id,
        event_type=group.event_type,
        at=rfc3339(max(envelope.at for envelope in group.envelopes)),
        team=group.team,
        final_action=group.final_action,
        policy_id=one_line(group.policy_id or "", 200) or None,
        group=without_members,
    )


def _matter(group: Group) -> shapes.GroupIssue | None:
    if group.issue is None:
        return None
    return shapes.GroupIssue(
        kind=group.issue.kind,
        name=group.issue.name,
        severity=str(group.issue.severity),
        packages=group.packages()[:_MOST_FACTS],
        fixed_in=group.fixes()[:_MOST_FACTS],
        until=rfc3339(ends[0]) if (ends := group.ends()) else None,
    )


def _member(envelope: Envelope) -> shapes.GroupMember:
    return shapes.GroupMember(
        id=one_line(envelope.id, 128),
        full_tag=one_line(str(envelope.tag), 642),
        digest=one_line(envelope.digest or "", 80) or None,
        max_severity=str(envelope.worst),
        findings=envelope.findings,
        about=[issue.name for issue in envelope.issues[:_MOST_ABOUT]],
    )
