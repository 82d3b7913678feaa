"""The policy of a notice, in words."""

from collections.abc import Iterator

from rescan.notice.foreign import foreign
from rescan.notice.mail import fact
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group


def policy(policy_id: str, name: str | None) -> str:
    """The policy's name with its id, or the id alone."""
    shown = foreign(policy_id, 200)
    return f"{foreign(name, 120)} ({shown})" if name else shown


def policy_facts(labels: Envelope | Group) -> Iterator[str]:
    """The policy's name, if it is known, and its id."""
    if labels.policy_name:
        yield fact("Policy", foreign(labels.policy_name, 120))
    policy_id = foreign(labels.policy_id or "not said", 200)
    yield fact("Policy id" if labels.policy_name else "Policy", policy_id)
