"""What version 0.1.0 leaves in the table and in the queue; docs/upgrade.md says what it is for.

`python -m tests.support.items_0_1_0` wrote `items_0_1_0.json` with the code of that version. From
its release on the file stays as it is: a later version reads from it what stands here.
"""

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import boto3
from moto import mock_aws
from msgspec.structs import replace

from rescan.aws.deferred_table import DeferredTable
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.events.commands import Gate
from rescan.gate.model import Severity, Trigger, TriggerKind
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.ledger.entry import Entry, UnknownPush
from rescan.ledger.failing import Failing
from rescan.ledger.unreported import UnreportedChanges
from rescan.notice.summary import Coverage
from rescan.outbox.items import Channel, InFlight, OutboxItem
from rescan.outbox.storm import Storm
from rescan.work.ports import SweepRecord
from tests.support.entries import FRESH, OLD, TAG, key, stopped
from tests.support.fakes import NOON
from tests.support.outbox_items import CVE, ENVELOPE, NOTICE
from tests.support.paths import ROOT
from tests.support.template import properties

FILE = ROOT / "tests" / "support" / "items_0_1_0.json"
HOUR = timedelta(hours=1)

_STOPPED = stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", None))
_CLEARED = ClearedFinding(key("CVE-3"), Severity.HIGH, ClearedBy.NEW_DIGEST)
ENTRIES: dict[str, Entry] = {
    "least": replace(FRESH, version=1),
    "stopped": _STOPPED,
    "full": replace(
        _STOPPED,
        policy_id="p",
        unreported=UnreportedChanges(OLD, "policy-1", (_CLEARED,)),
        failing=Failing(NOON, "regate", "HTTP 500", FailureCause.DOWN),
        failure_notice_at=NOON + HOUR,
        expiry_notice_at=NOON - HOUR,
        sweep=NOON,
        team="payments",
        unknown_push=UnknownPush(NOON, Digest(f"sha256:{'d' * 64}")),
        held_until=NOON + 24 * HOUR,
    ),
}
SWEEP = SweepRecord(NOON, 41, Coverage(NOON - 6 * HOUR, 40, 39, 38, 1))
NOTICES = [
    OutboxItem(Channel.STOPS, ENVELOPE, NOTICE),
    OutboxItem(Channel.CHAT, replace(ENVELOPE, id="b", at=NOON + HOUR), NOTICE),
]
STORM = Storm(
    id="s",
    images=37,
    began_at=NOON - HOUR,
    notified_at=NOON,
    interval=timedelta(minutes=1),
    issues={CVE.key: 37},
    recent=(NOON - HOUR, NOON),
)
# A group, which has a text of its own; and a notice alone, which stands in the outbox.
IN_FLIGHT = [
    InFlight("f1", Channel.STOPS, ("a", "c"), NOTICE),
    InFlight("f2", Channel.CHAT, ("b",)),
]
_PUSH = Trigger(TriggerKind.ECR_PUSH, NOON)
MESSAGES: dict[str, Gate] = {
    "least": Gate(TAG, Trigger(TriggerKind.SCHEDULE)),
    "full": Gate(
        TAG,
        _PUSH,
        OLD,
        vtype="os",
        policy_id="p",
        answer_in_full=True,
        sweep=NOON,
        first_seen=NOON - HOUR,
        attempt=3,
        submitted=True,
        unrecorded=True,
        published_id="7d3a",
    ),
}

# Work that has left the queue until a moment.
DEFERRED_UNTIL = NOON + HOUR
DEFERRED = {"least": replace(MESSAGES["least"], attempt=13), "full": MESSAGES["full"]}


def entries() -> list[Entry]:
    """Each under a subject of its own."""
    return [replace(entry, subject=name) for name, entry in ENTRIES.items()]


def stored() -> dict[str, Any]:
    """The items, as a client of DynamoDB takes them, and the texts of the messages."""
    read: dict[str, Any] = json.loads(FILE.read_text(), object_hook=_bytes_of)
    return read


def _bytes_of(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": b64decode(value["B"])} if value.keys() == {"B"} else value


@mock_aws
def _written() -> dict[str, Any]:
    client: Any = boto3.client("dynamodb", region_name="eu-central-1")
    names = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    table = properties("Ledger")
    client.create_table(TableName="ledger", **{name: table[name] for name in names})
    ledger = LedgerTable(client, "ledger")
    for entry in entries():
        ledger.write(entry)
    ledger.record_sweep(SWEEP)
    ledger.add(NOTICES)
    outbox = OutboxTable(client, "ledger")
    outbox.claim(NOON, NOON + HOUR)
    for flight, storm in zip(IN_FLIGHT, (STORM, None), strict=True):
        outbox.mark_in_flight(flight, storm)
    deferred = DeferredTable(client, "ledger")
    for gate in DEFERRED.values():
        deferred.defer(gate, DEFERRED_UNTIL)
    items = client.scan(TableName="ledger")["Items"]
    return {
        "items": sorted(items, key=lambda item: item["subject"]["S"]),
        "messages": {name: gate.encode() for name, gate in MESSAGES.items()},
    }


def _text_of(value: bytes) -> str:
    return b64encode(value).decode()


if __name__ == "__main__":
    FILE.write_text(json.dumps(_written(), indent=1, default=_text_of) + "\n")
