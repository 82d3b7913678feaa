"""Notices that wait, as grouping sees them."""

from datetime import timedelta

from msgspec.structs import replace

from rescan.gate.model import Severity
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox.envelope import Gist, Matter, MatterKind
from rescan.outbox.items import Channel, Waiting
from tests.support.fakes import NOON


def matter(name: str, severity: Severity = Severity.HIGH) -> Matter:
    return Matter(MatterKind.FINDING, name, name, severity)


def waiting(number: int, *names: str, **facts: object) -> Waiting:
    """A notice about an image of its own."""
    matters = tuple(
        Matter(MatterKind.POLICY, name, name) if name.startswith("policy") else matter(name)
        for name in names
    )
    tag = ImageTag.parse(f"reg.io/app-{number:05}:1")
    gist = Gist(
        id=f"n{number:05}",
        event_type=EventType.STOP,
        subject=str(tag),
        tag=tag,
        at=NOON + number * timedelta(seconds=1),
        matters=matters,
    )
    return Waiting(Channel.STOPS, replace(gist, **facts))
