"""The ten attributes of every notice, by which subscriptions filter: SNS delivers no more raw."""

from collections.abc import Iterable, Mapping

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
    have got one of the notices gets the group.
    """
    fix = labels.fix_available
    return {
        "event_type": labels.event_type.value,
        **_image(labels),
        "team": labels.team,
        "final_action": _value(labels.final_action),
        "policy_id": _value(labels.policy_id),
        "max_severity": str(labels.worst) if labels.worst else NONE,
        "fix_available": NONE if fix is None else str(fix).lower(),
        "result": result,
    }


def _image(labels: Envelope | Group) -> dict[str, AttributeValue]:
    if isinstance(labels, Envelope):
        tag = labels.tag
        return {
            "registry": _value(tag.registry),
            "repository": _value(tag.repository),
            "tag": _value(tag.tag),
        }
    tags = [envelope.tag for envelope in labels.envelopes]
    return {
        "registry": _each(tag.registry for tag in tags),
        "repository": _each(tag.repository for tag in tags),
        "tag": _each(tag.tag for tag in tags),
    }


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({_value(each) for each in values}))


def _value(text: str | None) -> str:
    """Bounded, never empty."""
    return one_line(text or "", 256) or NONE
