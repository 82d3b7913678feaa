"""A notice that waits in the outbox."""

from rescan.gate.model import Severity
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox.envelope import Envelope, Issue, IssueKind
from rescan.outbox.items import Channel, OutboxItem
from rescan.outbox.notice import Notice
from tests.support.fakes import NOON

CVE = Issue(IssueKind.FINDING, "CVE-1", "CVE-1", Severity.CRITICAL, "openssl", "3.0.18")


ENVELOPE = Envelope(
    id="a",
    event_type=EventType.STOP,
    subject="own|reg.io/app:1|active",
    tag=ImageTag.parse("reg.io/app:1"),
    at=NOON,
    worst=Severity.CRITICAL,
    fix_available=True,
    issues=(CVE,),
    findings=1,
)


NOTICE = Notice(
    "STOP: 1 finding", "body", {"event_type": "STOP", "tag": ("1", "2"), "result": "{}"}
)


OUTBOX_ITEM = OutboxItem(Channel.STOPS, ENVELOPE, NOTICE)
