"""The ten attributes of every notice, by which subscriptions filter: SNS delivers no more raw."""

from collections.abc import Iterator, Mapping

from rescan.kernel.safe_text import one_line
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group
from rescan.outbox.notice import AttributeValue

# SNS refuses an empty attribute.
NONE = "none"


def attributes(labels: Envelope | Group, result: str) -> Mapping[str, AttributeValue]:
    """What there is no value for is "none".

    `registry`, `repository` and `tag` of a group hold each value of its images once: a
    subscription's filter matches a String.Array when any of its values matches, so whoever would
    have got one of the notices gets the group. `traits` is always an array, so that a further trait
    needs no further attribute.
    """
    fix = labels.fix_available
    return {
        "event_type": labels.event_type.value,
        **dict(_image(labels)),
        "team": labels.team,
        "final_action": _value(labels.final_action),
        "max_severity": str(labels.worst) if labels.worst else NONE,
        "fix_available": NONE if fix is None else str(fix).lower(),
        "traits": tuple(_traits(labels)) or (NONE,),
        "result": result,
    }


def _traits(labels: Envelope | Group) -> Iterator[str]:
    """What holds of a finding or an image of the notice."""
    if labels.fix_available:
        yield "fixable"
    if labels.known_exploited:
        yield "exploited"
    if labels.overdue:
        yield "overdue"
    if labels.runs:
        yield "running"
    # A filter policy cannot ask for two values of one attribute, nor for both of one image.
    if any(each.known_exploited and each.runs for each in _envelopes(labels)):
        yield "exploited_running"


def _image(labels: Envelope | Group) -> Iterator[tuple[str, AttributeValue]]:
    for name in ("registry", "repository", "tag"):
        values = sorted({_value(getattr(envelope.tag, name)) for envelope in _envelopes(labels)})
        yield name, tuple(values) if isinstance(labels, Group) else values[0]


def _envelopes(labels: Envelope | Group) -> list[Envelope]:
    return labels.envelopes if isinstance(labels, Group) else [labels]


def _value(text: str | None) -> str:
    """Bounded, never empty."""
    return one_line(text or "", 256) or NONE
