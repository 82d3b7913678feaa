"""The ten attributes of every notice, by which subscriptions filter: SNS delivers no more raw."""

from rescan.gate.model import Severity
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import EventType
from rescan.outbox.notice import AttributeValue

# SNS refuses an empty attribute.
NONE = "none"


def attributes(
    event_type: EventType,
    *,
    registry: AttributeValue,
    repository: AttributeValue,
    tag: AttributeValue,
    team: str,
    result: str,
    final_action: str | None = None,
    policy_id: str | None = None,
    worst: Severity = Severity.UNKNOWN,
    fix_available: bool | None = None,
) -> dict[str, AttributeValue]:
    """What there is no value for is "none"; `fix_available` None: nothing is known of fixes."""
    return {
        "event_type": event_type.value,
        "registry": registry,
        "repository": repository,
        "tag": tag,
        "team": team,
        "final_action": value(final_action),
        "policy_id": value(policy_id),
        "max_severity": NONE if worst is Severity.UNKNOWN else str(worst),
        "fix_available": NONE if fix_available is None else str(fix_available).lower(),
        "result": result,
    }


def value(text: str | None) -> str:
    """Of an attribute: bounded, never empty."""
    return one_line(text or "", 256) or NONE
