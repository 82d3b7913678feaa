"""What becomes of the work on which the ledger did not take a result.

    a failed attempt            a sweep's is repeated by the next sweep; another goes back
    a STOP                      goes back, and is published by the attempt after that
    a STOP that was published,  goes back until the ledger has taken one: only the message knows
    and what is found after it  what readers were told

What is too old to go back stays in the queue, and becomes a dead letter in the end.
"""

from collections.abc import Callable

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.gate.model import Outcome
from rescan.kernel.errors import LedgerUnavailable, PublishedInPart, PublishFailed, RescanError
from rescan.ledger.entry import Entry
from rescan.work.recorder import Recorded
from rescan.work.requeue import Requeue, ends_chain

# Of no STOP, so that each is published again.
_IN_PART = "in part"


class Unrecorded:
    """`is_too_old` says of which work."""

    def __init__(self, requeue: Requeue, is_too_old: Callable[[Gate], bool]) -> None:
        self._requeue = requeue
        self._is_too_old = is_too_old

    def attempt(
        self, gate: Gate, recorded: Recorded, error: RescanError | None = None
    ) -> GateResult | None:
        """A failed one goes back; None when it need not. LedgerUnavailable when it stays."""
        is_repeated = gate.sweep is not None and gate.published_id is None
        if not recorded.unrecorded or is_repeated:
            return None
        if self._is_too_old(gate):
            raise _stays(gate, "A failed attempt is not recorded, and no sweep repeats it")
        return self._requeue.send(gate, error)

    def verdict(self, gate: Gate, recorded: Recorded) -> GateResult | None:
        """The same for a verdict."""
        is_told = gate.published_id is not None
        is_new = recorded.published_id is not None and not ends_chain(gate)
        is_last = self._is_too_old(gate) or ends_chain(gate)
        if not recorded.unrecorded or (is_last and not is_told and not is_new):
            return None
        if is_told and self._is_too_old(gate):
            raise _stays(gate, "Its STOP was published and is not recorded")
        copy = replace(gate, unrecorded=True, published_id=recorded.published_id)
        return self._requeue.send(copy)


def told_in_part(gate: Gate, error: PublishFailed) -> Gate:
    """The work, which remembers when some readers have its STOP, or may, so that it can end."""
    if gate.published_id is not None or not isinstance(error, PublishedInPart):
        return gate
    return replace(gate, published_id=_IN_PART)


def is_told_in_part(gate: Gate) -> bool:
    """Whether some readers have its STOP, or may: it is then to be told to all once more."""
    return gate.published_id == _IN_PART


def as_told(gate: Gate, entry: Entry) -> Entry:
    """The entry as readers know it: a STOP that was published without a ledger is one to end.

    One that reached some of them alone has no notice yet, so the next evaluation may repeat it.
    """
    since = gate.first_seen
    if gate.published_id is None or entry.stopped or since is None:
        return entry
    if entry.notice_at is not None and entry.notice_at >= since:
        return entry
    notice_at = None if is_told_in_part(gate) else since
    return replace(entry, verdict=Outcome.STOP, first_stop_at=since, notice_at=notice_at)


def _stays(gate: Gate, why: str) -> LedgerUnavailable:
    return LedgerUnavailable(f"{gate.tag}: {why}: the message stays in the queue.")
