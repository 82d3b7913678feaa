"""What has happened to the images of a group, in one sentence: the subject and the headline."""

from rescan.notice.foreign import foreign, shortened_in_mail
from rescan.notice.image_notice import ImageNotice
from rescan.notice.times import moment
from rescan.notice.wording import counted, how_bad, named
from rescan.outbox.envelope import Issue, IssueKind
from rescan.outbox.group import Group

# In a subject: the number of images behind it matters more than the end of a long name.
_LONGEST_NAME = 50
_DATE = len("2026-12-01")


def group_sentence(group: Group, kind: type[ImageNotice], *, details: bool) -> str:
    """E.g. "STOP: CVE-2026-1234 (critical) newly stops 37 images"; details are for a headline."""
    part = f" (part {group.part} of {group.parts})" if group.parts > 1 else ""
    exploited = ", exploited" if group.exploited else ""
    lead = f"{_overdue(group)}{_exploited(group)}" if details else ""
    return f"{kind.kind}{exploited}: {lead}{_news(group, kind, details=details)}{part}"


def _exploited(group: Group) -> str:
    """E.g. "3 of 12 images have an exploited finding: CVE-2023-4911. "; empty for none."""
    if not group.exploited or (group.issue is not None and group.issue.now_exploited):
        return ""
    of = len(group.members)
    have = f"{group.exploited:,} of {counted(of, 'image')}"
    verb = "has" if group.exploited == 1 else "have"
    names = [foreign(issue.name) for issue in group.exploited_issues()]
    return f"{have} {verb} an exploited finding: {named(names)}. "


def _overdue(group: Group) -> str:
    """E.g. "3 of 12 images are overdue. "; empty for none."""
    if not group.late:
        return ""
    are = "is" if group.late == 1 else "are"
    return f"{group.late:,} of {counted(len(group.members), 'image')} {are} overdue. "


def _news(group: Group, kind: type[ImageNotice], *, details: bool) -> str:
    issue, ends = group.issue, _ends(group, details=details)
    images = counted(group.images, "more image" if group.before else "image")
    total = f", {group.before + group.images:,} in total" if group.before else ""
    stop = kind.verbs.one if group.images == 1 else kind.verbs.several
    worst = f", the worst {group.worst}" if kind.is_bad and group.worst else ""
    if issue is None:
        return f"{images} {stop}, for different reasons{worst}{ends}"
    name = foreign(issue.name if details else shortened_in_mail(issue.name, _LONGEST_NAME))
    if issue.kind is IssueKind.POLICY:
        return f"policy {name} changed: {images} {stop}{total}{worst}"
    if issue.kind is IssueKind.FAILURE:
        return f"{images}{total}, {name}"
    stops = kind.verbs.one if group.before else kind.verbs.first or kind.verbs.one
    facts = _facts(group, kind, issue, details=details)
    worse = _worse(group, kind, issue) if details else ""
    if issue.now_exploited:
        stops = f"is now known to be exploited: {kind.verbs.one}"
    return f"{name}{facts} {stops} {images}{total}{ends}{worse}"


def _facts(group: Group, kind: type[ImageNotice], issue: Issue, *, details: bool) -> str:
    bad = how_bad(issue.severity, issue.known_exploited and not issue.now_exploited)
    facts = [bad] if bad else []
    if details and (packages := group.packages()):
        facts.append(_most_frequent(packages, "package"))
        if kind.is_bad:
            fixes = group.fixes()
            fix = f"fixed in {_most_frequent(fixes, 'version')}" if fixes else "no fix known"
            facts.append(fix)
    return f" ({', '.join(facts)})" if facts else ""


def _most_frequent(values: list[str], noun: str) -> str:
    """And how many others there are."""
    others = f" and {counted(len(values) - 1, f'other {noun}')}" if values[1:] else ""
    return f"{foreign(values[0])}{others}"


def _worse(group: Group, kind: type[ImageNotice], issue: Issue) -> str:
    """That the images have worse than what they have in common."""
    is_worse = kind.is_bad and group.worst > issue.severity
    return f"; the worst they have is {group.worst}" if is_worse else ""


def _ends(group: Group, *, details: bool) -> str:
    """When allowlists will no longer suppress what stops the images."""
    ends = group.ends()
    if not ends:
        return ""
    first = moment(ends[0]) if details else moment(ends[0])[:_DATE]
    return f", the first on {first}" if ends[1:] else f" on {first}"
