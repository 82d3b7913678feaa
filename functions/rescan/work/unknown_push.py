"""A push that Anchore has not learned of, as it is remembered. Pure."""

from datetime import datetime

from msgspec.structs import replace

from rescan.events.commands import Gate
from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.ledger.entry import Entry, UnknownPush
from rescan.ledger.transitions import Remembered
from rescan.work.recorder import Change


def is_unknown_push(gate: Gate, report: Report) -> bool:
    """Whether Anchore knows no image under the tag that was pushed."""
    return report.outcome is Outcome.NOT_FOUND and gate.trigger.is_push


def unknown_push(gate: Gate, report: Report, now: datetime) -> UnknownPush | None:
    """The push, when Anchore knows no image under its tag, or still the previous one."""
    if is_unknown_push(gate, report):
        return UnknownPush(now)
    is_pending = report.outcome is Outcome.PENDING and report.image_digest is None
    if is_pending and gate.trigger.is_push:
        return UnknownPush(now, gate.digest)
    return None


def since(gate: Gate) -> datetime | None:
    """When the inventory first noted the old digest; None for other work, and when not told."""
    if gate.old_digest is None or (seen := gate.known_running) is None:
        return None
    places = (place for image in seen.images for place in image.places)
    return min((place.since for place in places if place.since), default=None)


def with_push(push: UnknownPush, change: Change) -> Change:
    """The same change, which also remembers the push."""

    def changed(entry: Entry) -> Remembered:
        after, news = change(entry)
        return (after if after is entry else replace(after, unknown_push=push)), news

    return changed
