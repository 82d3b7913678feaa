"""Notices that wait, as grouping sees them."""

from datetime import timedelta

from msgspec.structs import replace

from rescan.gate.model import Severity
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox.envelope import Envelope, Issue, IssueKind
from rescan.outbox.items import Channel, PendingNotice
from tests.support.fakes import NOON


def issue(name: str, severity: Severity = Severity.HIGH) -> Issue:
    return Issue(IssueKind.FINDING, name, name, severity)


def pending(number: int, *names: str, **facts: object) -> PendingNotice:
    """A notice about an image of its own, a second after the one with the number before."""
    issues = tuple(
        Issue(IssueKind.POLICY, name, name) if name.startswith("policy") else issue(name)
        for name in names
    )
    tag = ImageTag.parse(f"reg.io/app-{number:05}:1")
    envelope = Envelope(
        id=f"n{number:05}",
        event_type=EventType.STOP,
        subject=str(tag),
        tag=tag,
        at=NOON + number * timedelta(seconds=1),
        issues=issues,
    )
    return PendingNotice(Channel.STOPS, replace(envelope, **facts))
