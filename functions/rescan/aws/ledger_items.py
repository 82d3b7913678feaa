"""How an entry of the ledger is written as an item of DynamoDB, and read back.

An item holds the entry whole (`memory`, compressed JSON), and beside it the few facts that
conditions, a sweep and a person need. DynamoDB takes 400 KB an item: the memory is cut to 64 KB.
"""

import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Raw, Struct, json
from msgspec.structs import replace

from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import FindingKey
from rescan.gate.inventory import InventoryRecord
from rescan.gate.model import Severity
from rescan.gate.running import Running
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.json_decoding import lenient, preload_decoders
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED
from rescan.ledger.announced_findings import AnnouncedFindings, Reported
from rescan.ledger.due_dates import earliest_first_days
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.notice.summary import Coverage, Unwatched
from rescan.work.ports import EntrySnapshot, SweepRecord

# Scans pay for whole items, whatever they project; this only keeps `memory` from being sent.
SNAPSHOT = (
    "subject, tag, stopped, evaluated_at, sweep, result_at, first_stop_at, failing, failing_since,"
    " failing_cause, unknown_push_at, held_until, team, first_days, digest, running,"
    " old_digest, has_rows"
)

LARGEST_MEMORY_BYTES = 64 * 1024
KEEP_DAYS = 90
_LONGEST_REASON = 1000
_Shape = TypeVar("_Shape")
_COUNTS = ("answered", "evaluated", "absent")


class _StoredEntry(Struct, frozen=True):
    """JSON has no structs as keys: findings are stored as pairs.

    `reported` is in the order of the findings; versions that do not know it leave it out.
    """

    entry: Entry
    findings: list[tuple[FindingKey, Severity | None]]
    reported: list[Reported] = []


def item_of(entry: Entry) -> dict[str, Any]:
    """The item that the entry is written as; LedgerUnavailable for one that cannot be cut."""
    facts = {
        "subject": entry.subject,
        "tag": str(entry.tag),
        "team": entry.team,
        "verdict": entry.verdict or "none",
        "digest": entry.digest,
        "evaluated_at": entry.evaluated_at and entry.evaluated_at.isoformat(),
        "result_at": entry.result_at and entry.result_at.isoformat(),
        "sweep": entry.sweep and entry.sweep.isoformat(),
        "failing": entry.failing and f"{entry.failing.step}: {entry.failing.reason}"[:300],
        "failing_since": entry.failing and entry.failing.since.isoformat(),
        "failing_cause": entry.failing and entry.failing.cause,
        "first_stop_at": entry.first_stop_at and entry.first_stop_at.isoformat(),
        "unknown_push_at": entry.unknown_push and entry.unknown_push.at.isoformat(),
        "held_until": entry.held_until and entry.held_until.isoformat(),
        "old_digest": entry.old_digest,
        "running": entry.running and json.encode(entry.running).decode(),
    }
    item: dict[str, Any] = {name: {"S": value} for name, value in facts.items() if value}
    item["version"] = {"N": str(entry.version)}
    item["stopped"] = {"BOOL": entry.stopped}
    item["has_rows"] = {"BOOL": entry.has_rows}
    item["memory"] = {"B": _memory(entry)}
    if first_days := earliest_first_days(entry):
        item["first_days"] = {"M": {term: {"S": str(day)} for term, day in first_days.items()}}
    if not entry.stopped and entry.result_at is not None:
        # Whatever is watched is written again and again, and so never gets that old.
        end = entry.result_at + timedelta(days=KEEP_DAYS)
        item["expires_at"] = {"N": str(int(end.timestamp()))}
    return item


def _memory(entry: Entry) -> bytes:
    """The first version of the entry that fits."""
    for version in _ever_smaller(entry):
        stopping = version.stopping
        stored = _StoredEntry(
            replace(version, stopping=AnnouncedFindings({}, stopping.total)),
            list(stopping.findings.items()),
            [stopping.reported[key] for key in stopping.findings if key in stopping.reported],
        )
        memory = zlib.compress(json.encode(stored))
        if len(memory) <= LARGEST_MEMORY_BYTES:
            return memory
    raise LedgerUnavailable(
        f"The entry of {entry.tag} takes {len(memory):,} bytes without its findings, expected"
        f" {LARGEST_MEMORY_BYTES:,} at most: it is not recorded. Report it as a defect."
    )


def _ever_smaller(entry: Entry) -> Iterator[Entry]:
    """The entry; with a short reason; with ever fewer findings, the worst; with no changes."""
    yield entry
    if entry.failing is not None:
        reason = one_line(entry.failing.reason, _LONGEST_REASON)
        entry = replace(entry, failing=replace(entry.failing, reason=reason))
        yield entry
    while number := len(entry.stopping.findings):
        entry = replace(entry, stopping=entry.stopping.worst(number // 2))
        yield entry
    yield replace(entry, unreported=entry.unreported.counted())


def entry_of(item: Any) -> Entry:
    """The entry that the item was written from, findings that were cut excepted."""
    stored = json.decode(zlib.decompress(bytes(item["memory"]["B"])), type=_StoredEntry)
    findings, sweep = dict(stored.findings), item.get("sweep")
    reported = dict(zip(findings, stored.reported, strict=False))
    return replace(
        stored.entry,
        stopping=AnnouncedFindings(findings, stored.entry.stopping.total, reported),
        sweep=datetime.fromisoformat(sweep["S"]) if sweep else None,
    )


def snapshot_of(item: Any) -> EntrySnapshot:
    """What a sweep and a summary read of the item."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(item[name]["S"]) if name in item else None

    return EntrySnapshot(
        tag=ImageTag.parse(item["tag"]["S"]),
        stopped=item["stopped"]["BOOL"],
        evaluated_at=moment("evaluated_at"),
        sweep=moment("sweep"),
        result_at=moment("result_at"),
        first_stop_at=moment("first_stop_at"),
        failing=_failing(item, moment("failing_since")),
        unknown_push_at=moment("unknown_push_at"),
        held_until=moment("held_until"),
        subject=item["subject"]["S"],
        team=item.get("team", {"S": UNROUTED})["S"],
        first_days={
            term: date.fromisoformat(day["S"])
            for term, day in item.get("first_days", {"M": {}})["M"].items()
        },
        digest=Digest(item["digest"]["S"]) if "digest" in item else None,
        running=_written(item, "running", Running),
        old_digest=Digest(item["old_digest"]["S"]) if "old_digest" in item else None,
        has_rows=item.get("has_rows", {"BOOL": False})["BOOL"],
    )


def sweep_item(sweep: SweepRecord) -> dict[str, Any]:
    """The attributes of a sweep, and of what the one before it came to."""
    item: dict[str, Any] = _begun(sweep)
    if sweep.by_pages:
        item["by_pages"] = {"BOOL": True}
    if (before := sweep.before) is not None:
        counts = {name: {"N": str(getattr(before, name))} for name in _COUNTS}
        item["before"] = {"M": _begun(before) | counts}
    if sweep.data is not None:
        item["data"] = {"S": json.encode(sweep.data).decode()}
    if sweep.inventory is not None:
        item["inventory"] = {"S": json.encode(sweep.inventory).decode()}
    return item


def sweep_of(item: Any) -> SweepRecord:
    """The sweep with these attributes; None for a sweep before it that was not measured."""
    before = item.get("before", {}).get("M", {})
    return SweepRecord(
        *_beginning(item),
        _coverage(before) if before.keys() >= set(_COUNTS) else None,
        _unwatched(item),
        _written(item, "data", DataVersion),
        _written(item, "inventory", InventoryRecord),
        datetime.fromisoformat(item["noticed_at"]["S"]) if "noticed_at" in item else None,
        "enqueuing" in item,
        "by_pages" in item,
    )


def _written(item: Any, name: str, shape: type[_Shape]) -> _Shape | None:
    """What the attribute holds as JSON; None when it is not there, or not of this shape."""
    return lenient(Raw(item[name]["S"].encode()), shape) if name in item else None


def _coverage(item: Any) -> Coverage:
    answered, evaluated, absent = (int(item[name]["N"]) for name in _COUNTS)
    is_enqueuing = "enqueuing" in item
    return Coverage(*_beginning(item), answered, evaluated, absent, _unwatched(item), is_enqueuing)


def _unwatched(item: Any) -> Unwatched:
    rows, names = item.get("unwatched", {"N": "0"}), item.get("not_tags", {"L": []})
    return Unwatched(int(rows["N"]), tuple(name["S"] for name in names["L"]))


def _begun(sweep: SweepRecord | Coverage) -> dict[str, Any]:
    enqueuing = {"enqueuing": {"BOOL": True}} if sweep.enqueuing else {}
    return enqueuing | {
        "sweep": {"S": sweep.started.isoformat()},
        "expected": {"N": str(sweep.expected)},
        "unwatched": {"N": str(sweep.unwatched.rows)},
        "not_tags": {"L": [{"S": name} for name in sweep.unwatched.names]},
    }


def _beginning(item: Any) -> tuple[datetime, int]:
    return datetime.fromisoformat(item["sweep"]["S"]), int(item["expected"]["N"])


def _failing(item: Any, since: datetime | None) -> Failing | None:
    if since is None:
        return None
    step, _, reason = item["failing"]["S"].partition(": ")
    cause = item.get("failing_cause", {"S": FailureCause.OTHER})["S"]
    return Failing(since, step, reason, FailureCause(cause))


preload_decoders(_StoredEntry, DataVersion, InventoryRecord, Running)
