"""A notice that waits in the outbox."""

from rescan.gate.model import Severity
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox.envelope import Gist, Matter, MatterKind
from rescan.outbox.items import Channel, Due
from rescan.outbox.notice import Notice
from tests.support.fakes import NOON

CVE = Matter(MatterKind.FINDING, "CVE-1", "CVE-1", Severity.CRITICAL, "openssl", "3.0.18")


GIST = Gist(
    id="a",
    event_type=EventType.STOP,
    subject="own|reg.io/app:1|active",
    tag=ImageTag.parse("reg.io/app:1"),
    at=NOON,
    worst=Severity.CRITICAL,
    fix_available=True,
    matters=(CVE,),
    findings=1,
)


NOTICE = Notice(
    "STOP: 1 finding", "body", {"event_type": "STOP", "tag": ("1", "2"), "result": "{}"}
)


DUE = Due(Channel.STOPS, GIST, NOTICE)
