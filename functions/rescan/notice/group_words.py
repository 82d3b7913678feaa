"""What a group says, in the sentences that its mail and its chat message share."""

from collections.abc import Iterator

from rescan.gate.model import Severity
from rescan.kernel.safe_text import cut
from rescan.ledger.news import EventType
from rescan.notice import outage_advice
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import counted, share
from rescan.notice.times import moment
from rescan.outbox.envelope import Issue, IssueKind
from rescan.outbox.group import Group, Shared

# In a title: the number of images behind it matters more than the end of a long name.
_LONGEST_NAME = 50

_KINDS = {
    EventType.STOP: "STOP",
    EventType.REMINDER: "REMINDER",
    EventType.RECOVERED: "RECOVERED",
    EventType.NOT_EVALUATED: "NOT EVALUATED",
    EventType.EXPIRING: "EXPIRING",
}
# What a finding does to images, and what one of them does, or several do.
_STOPS = {
    EventType.STOP: "stops",
    EventType.REMINDER: "still stops",
    EventType.RECOVERED: "no longer stops",
    EventType.EXPIRING: "will stop",
}
_STOP = {
    EventType.STOP: ("stops", "stop"),
    EventType.REMINDER: ("still stops", "still stop"),
    EventType.RECOVERED: ("no longer stops", "no longer stop"),
    EventType.NOT_EVALUATED: ("has no verdict", "have no verdict"),
    EventType.EXPIRING: ("will stop", "will stop"),
}
_GOES_ON = "This message changes nothing by itself: what runs already goes on running."


# --- what has happened


def group_title(group: Group, quote: Quote = str) -> str:
    """E.g. "STOP: CVE-2026-1234 (critical) newly stops 37 images"."""
    return f"{_KINDS[group.event_type]}: {_news(group, quote, details=False)}{_part(group)}"


def group_headline(group: Group, quote: Quote = str) -> str:
    """The first line: what and how bad, of how many images."""
    return f"{_KINDS[group.event_type]}: {_news(group, quote, details=True)}{_part(group)}."


def _news(group: Group, quote: Quote, *, details: bool) -> str:
    issue, ends = group.issue, _ends(group, details=details)
    if issue is None:
        return f"{_images_stop(group)}, for different reasons{_worst(group)}{ends}"
    name = quote(issue.name if details else cut(issue.name, _LONGEST_NAME))
    if issue.kind is IssueKind.POLICY:
        return f"policy {name} changed: {_images_stop(group)}{_total(group)}{_worst(group)}"
    if issue.kind is IssueKind.FAILURE:
        return f"{_images(group)}{_total(group)}, {name}"
    is_first = group.event_type is EventType.STOP and not group.before
    stops = "newly stops" if is_first else _STOPS[group.event_type]
    facts = _facts(group, issue, quote, details=details)
    worse = _worse(group, issue) if details else ""
    return f"{name}{facts} {stops} {_images(group)}{_total(group)}{ends}{worse}"


def _images_stop(group: Group) -> str:
    one, several = _STOP[group.event_type]
    return f"{_images(group)} {one if group.images == 1 else several}"


def _images(group: Group) -> str:
    return counted(group.images, "more image" if group.before else "image")


def _total(group: Group) -> str:
    return f", {group.before + group.images:,} in total" if group.before else ""


def _facts(group: Group, issue: Issue, quote: Quote, *, details: bool) -> str:
    facts = [] if issue.severity is Severity.UNKNOWN else [str(issue.severity)]
    if details and (packages := group.packages()):
        facts.append(_most_frequent(packages, "package", quote))
        if group.event_type is not EventType.RECOVERED:
            facts.append(_fix(group, quote))
    return f" ({', '.join(facts)})" if facts else ""


def _fix(group: Group, quote: Quote) -> str:
    fixes = group.fixes()
    return f"fixed in {_most_frequent(fixes, 'version', quote)}" if fixes else "no fix known"


def _most_frequent(values: list[str], noun: str, quote: Quote) -> str:
    """And how many others there are."""
    most = quote(values[0])
    return f"{most} and {counted(len(values) - 1, f'other {noun}')}" if values[1:] else most


def _worst(group: Group) -> str:
    return f", the worst {group.worst}" if _is_bad(group, Severity.UNKNOWN) else ""


def _worse(group: Group, issue: Issue) -> str:
    """That the images have worse than what they have in common."""
    return f"; the worst they have is {group.worst}" if _is_bad(group, issue.severity) else ""


def _is_bad(group: Group, above: Severity) -> bool:
    return group.event_type is not EventType.RECOVERED and group.worst > above


def _ends(group: Group, *, details: bool) -> str:
    """When what an allowlist holds back will stop the images."""
    ends = group.ends()
    if not ends:
        return ""
    first = moment(ends[0]) if details else moment(ends[0])[: len("2026-12-01")]
    return f", the first on {first}" if ends[1:] else f" on {first}"


def _part(group: Group) -> str:
    return f" (part {group.part} of {group.parts})" if group.parts > 1 else ""


# --- what to do


def group_steps(group: Group, quote: Quote = str) -> list[str]:
    """What the reader does next, the most useful first."""
    match group.event_type:
        case EventType.STOP | EventType.REMINDER:
            return [f"Do not deploy these images. {_mend(group, quote)}", _GOES_ON]
        case EventType.EXPIRING:
            return list(_before_it_ends(group, quote))
        case EventType.RECOVERED:
            return list(_after_recovery(group))
        case EventType.NOT_EVALUATED:
            return [
                outage_advice.for_all(group.cause),
                "Until that is mended, a reason to stop one of these images goes unnoticed; the"
                " last verdict of each stays.",
                "It is tried again by itself.",
            ]


def _mend(group: Group, quote: Quote) -> str:
    if group.issue is None:
        return _mend_each(group)
    if group.issue.kind is IssueKind.POLICY:
        return (
            "They are what they were: if the policy was not meant to change so, have its owner take"
            " the change back."
        )
    packages = group.packages()
    if not packages:
        return "Change them as the finding says."
    if group.fixes():
        return f"{_update(group, packages, quote)}; one newer base image may mend many."
    if group.fix_available is None:
        return "Look the finding up in Anchore: nothing is known here of a fix."
    return (
        "No fix is known: remove the package, or ask the owner of the policy for an allowlist"
        " entry."
    )


def _mend_each(group: Group) -> str:
    fixable = sum(bool(envelope.fix_available) for envelope in group.envelopes)
    if not fixable:
        return "No fix is known here: look each of them up in Anchore."
    have = share(fixable, len(group.members), "image", "has", "have")
    return f"{have} a finding with a fix: update, rebuild and push."


def _update(group: Group, packages: list[str], quote: Quote) -> str:
    fixes = group.fixes()
    what = "the packages" if packages[1:] else quote(packages[0])
    to = "the versions with the fix" if fixes[1:] else quote(fixes[0])
    return f"Update {what} to {to}, rebuild and push"


def _before_it_ends(group: Group, quote: Quote) -> Iterator[str]:
    if group.issue and (packages := group.packages()) and group.fixes():
        yield f"{_update(group, packages, quote)} before then."
    else:
        yield "Take what is found out of these images before then."
    yield (
        "If the risk is accepted for longer, have the owner of the policy give the allowlist items"
        " a later end."
    )
    yield "This message changes nothing by itself; it comes once a day while it holds."


def _after_recovery(group: Group) -> Iterator[str]:
    if group.final_action == "warn":
        yield "Nothing to do at once: the policy lets these images through, and warns about them."
    else:
        yield "Nothing to do: the policy lets these images through."
    if group.issue and group.issue.kind is IssueKind.POLICY:
        yield "The images are what they were: what stopped them may still be in them."
    else:
        yield "Whether it was fixed or allowlisted is in Anchore, under the digest of each."


# --- what else


def others(group: Group, most: int, quote: Quote) -> list[str]:
    """What else its images have: a line each, of as many as that."""
    return [_other(other, len(group.members), quote) for other in group.other_issues()[:most]]


def _other(other: Shared, of: int, quote: Quote) -> str:
    issue = other.issue
    facts = [] if issue.severity is Severity.UNKNOWN else [str(issue.severity)]
    facts += [quote(issue.package)] if issue.package else []
    facts += [f"fixed in {quote(issue.fixed_in)}"] if issue.fixed_in else []
    facts += [f"from {moment(issue.until)} on"] if issue.until else []
    name = quote(issue.name)
    named = f"policy {name} changed" if issue.kind is IssueKind.POLICY else name
    said = f" ({', '.join(facts)})" if facts else ""
    return f"{named}{said}: {other.images:,} of {counted(of, 'image')}"
