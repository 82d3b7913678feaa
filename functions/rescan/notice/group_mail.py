"""The mail of a group: what it has in common, what to do, which images, what else."""

from collections import defaultdict
from collections.abc import Iterator

from rescan.model import Severity
from rescan.news import EventType
from rescan.notice.gist import Matter, MatterKind
from rescan.notice.group import Group, Shared
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import counted, items, joined, paragraph
from rescan.notice.subject import plain_subject
from rescan.notice.times import moment
from rescan.plain_text import one_line

__all__ = [
    "group_body",
    "group_steps",
    "group_subject",
    "group_title",
    "headline",
    "others",
    "repositories",
]

_MOST_REPOSITORIES = 60
_MOST_TAGS = 8
_MOST_OTHERS = 10

_STOPPING = (EventType.STOP, EventType.REMINDER)
_KINDS = {
    EventType.STOP: "STOP",
    EventType.REMINDER: "REMINDER, still STOP",
    EventType.RECOVERED: "RECOVERED",
    EventType.NOT_EVALUATED: "NOT EVALUATED",
    EventType.EXPIRING: "EXPIRING",
}
# What the thing in common does to the images: to one of them, to several.
_DOES = {
    EventType.STOP: ("newly stops", "stops"),
    EventType.REMINDER: ("still stops", "still stops"),
    EventType.RECOVERED: ("no longer stops", "no longer stops"),
    EventType.EXPIRING: ("will stop", "will stop"),
}
_TO_DO = {
    EventType.STOP: "Do not deploy these images.",
    EventType.REMINDER: "Do not deploy these images: nothing about them has changed.",
    EventType.RECOVERED: "Nothing: the policy lets these images through. How each came to that is"
    " in Anchore.",
    EventType.NOT_EVALUATED: "Find out why: until then a reason to stop one of these images would"
    " go unnoticed. A verdict that an image had stays.",
    EventType.EXPIRING: "Mend these images before then, or have the owner of the policy give the"
    " allowlist items a later end.",
}


def group_subject(group: Group) -> str:
    """E.g. "STOP: CVE-2026-1234 (critical) newly stops 37 images"."""
    return plain_subject(group_title(group))


def group_title(group: Group, quote: Quote = str) -> str:
    """The same in whatever length, with the text of others quoted."""
    return f"{_KINDS[group.event_type]}: {_news(group, quote, details=False)}{_part(group)}"


def group_body(group: Group) -> str:
    """Paragraphs: what, what next, the images by repository, what else, the facts."""
    return joined(
        [
            paragraph(headline(group)),
            ["WHAT TO DO", *items(group_steps(group))],
            list(_images(group)),
            list(_others(group)),
            list(_facts(group)),
        ]
    )


def headline(group: Group, quote: Quote = str) -> str:
    """The first line: what and how bad, of how many images."""
    return f"{_KINDS[group.event_type]}: {_news(group, quote, details=True)}{_part(group)}."


# --- what has happened


def _news(group: Group, quote: Quote, *, details: bool) -> str:
    matter = group.matter
    images = _how_many(group)
    if matter is None:
        return f"{images}, for different reasons{_worst(group)}"
    if matter.kind is MatterKind.POLICY:
        does = "stops" if group.images == 1 else "stop"
        said = images if group.event_type is not EventType.STOP else f"{images} {does}"
        return f"policy {quote(matter.name)} changed: {said}{_total(group)}"
    if matter.kind is MatterKind.FAILURE:
        return f"{images}{_total(group)}: {quote(matter.name)}"
    first, more = _DOES[group.event_type]
    does = more if group.before else first
    return f"{_name(group, matter, quote, details=details)} {does} {images}{_total(group)}"


def _name(group: Group, matter: Matter, quote: Quote, *, details: bool) -> str:
    facts = [] if matter.severity is Severity.UNKNOWN else [str(matter.severity)]
    if details:
        facts += [_some(group.packages(), quote)] if group.packages() else []
        facts += (
            [_fix(group, quote)] if group.event_type in (EventType.STOP, EventType.REMINDER) else []
        )
    said = ", ".join(fact for fact in facts if fact)
    return f"{quote(matter.name)} ({said})" if said else quote(matter.name)


def _fix(group: Group, quote: Quote) -> str:
    if fixes := group.fixes():
        return f"fixed in {_some(fixes, quote)}"
    return "no fix known" if group.packages() else ""


def _some(values: list[str], quote: Quote) -> str:
    """The most frequent one, and that there are others."""
    most = quote(values[0])
    return most if len(values) == 1 else f"{most} and {len(values) - 1:,} more"


def _how_many(group: Group) -> str:
    return counted(group.images, "more image" if group.before else "image")


def _total(group: Group) -> str:
    return f", {group.before + group.images:,} in total" if group.before else ""


def _worst(group: Group) -> str:
    return "" if group.worst is Severity.UNKNOWN else f", the worst {group.worst}"


def _part(group: Group) -> str:
    return f" ({group.part} of {group.parts})" if group.parts > 1 else ""


# --- what to do


def group_steps(group: Group, quote: Quote = str) -> Iterator[str]:
    """What its reader does next."""
    yield _TO_DO[group.event_type]
    matter = group.matter
    if matter is None or group.event_type not in _STOPPING:
        return
    if matter.kind is MatterKind.POLICY:
        yield "If the change was not meant so, take it back: the images are what they were."
        return
    if fixes := group.fixes():
        yield f"Update to {_some(fixes, quote)}, rebuild, push: a newer base image may mend many."
    elif group.packages():
        yield (
            "No fix is known: remove the package, or ask the owner of the policy for an allowlist"
            " entry."
        )


# --- which images


def repositories(group: Group) -> list[tuple[str, list[str]]]:
    """Each with its tags, those of most images first."""
    tags: defaultdict[str, list[str]] = defaultdict(list)
    for gist in group.gists:
        tags[f"{gist.tag.registry}/{gist.tag.repository}"].append(gist.tag.tag)
    return sorted(
        ((name, sorted(its)) for name, its in tags.items()), key=lambda it: (-len(it[1]), it[0])
    )


def _images(group: Group) -> Iterator[str]:
    every = repositories(group)
    shown = every[:_MOST_REPOSITORIES]
    named = sum(min(len(tags), _MOST_TAGS) for _, tags in shown)
    yield f"IMAGES BY REPOSITORY ({named:,} of {len(group.members):,} named)"
    for repository, tags in shown:
        yield from paragraph(f"- {one_line(repository, 400)}: {_tags(tags)}", hanging=2)
    if len(shown) < len(every):
        yield f"Repositories that are not named: {len(every) - len(shown):,}."


def _tags(tags: list[str]) -> str:
    names = ", ".join(one_line(tag, 128) for tag in tags[:_MOST_TAGS])
    return names + (f" and {len(tags) - _MOST_TAGS:,} more" if len(tags) > _MOST_TAGS else "")


# --- what else


def _others(group: Group) -> Iterator[str]:
    total = len(group.other_matters())
    if not total:
        return
    shown = others(group, _MOST_OTHERS, str)
    title = "WHAT ELSE" if group.matter else "WHY"
    yield f"{title}, BY NUMBER OF IMAGES ({len(shown):,} of {total:,} shown)"
    for other in shown:
        yield from paragraph(f"- {other}", hanging=2)


def others(group: Group, most: int, quote: Quote) -> list[str]:
    """What else its images have: a line each, of as many as that."""
    return [_other(other, len(group.members), quote) for other in group.other_matters()[:most]]


def _other(other: Shared, of: int, quote: Quote) -> str:
    matter = other.matter
    facts = [] if matter.severity is Severity.UNKNOWN else [str(matter.severity)]
    facts += [quote(matter.package)] if matter.package else []
    facts += [f"fixed in {quote(matter.fixed_in)}"] if matter.fixed_in else []
    name = quote(matter.name)
    named = f"policy {name} changed" if matter.kind is MatterKind.POLICY else name
    said = f" ({', '.join(facts)})" if facts else ""
    return f"{named}{said}: {other.images:,} of {counted(of, 'image')}"


# --- the facts


def _facts(group: Group) -> Iterator[str]:
    yield f"Team       {one_line(group.team, 200)}"
    yield f"Policy     {one_line(group.policy_id or 'not said', 200)}"
    if group.began_at is not None:
        yield f"Before     {counted(group.before, 'image')}, since {moment(group.began_at)}"
    moments = sorted(gist.at for gist in group.gists)
    yield f"Evaluated  {moment(moments[0])} to {moment(moments[-1])}"
