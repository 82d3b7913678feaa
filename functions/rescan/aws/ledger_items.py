"""How an entry of the ledger is written as an item of DynamoDB, and read back.

An item holds the entry whole (`memory`, compressed JSON), its unpublished notices (`outbox`,
the same), and beside them the few facts that conditions, a sweep and a person need. DynamoDB
takes 400 KB an item: the memory is cut to 64 kB, and a notice has at most 250 kB before it is
compressed.
"""

import zlib
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, json
from msgspec.structs import replace

from rescan.image_tag import ImageTag
from rescan.known_shapes import known
from rescan.memory import Entry, KnownFindings
from rescan.model import FindingKey, Severity
from rescan.notice.notice import Notice
from rescan.ports import Glance, Page

__all__ = ["LARGEST_MEMORY_BYTES", "glance_of", "item_of", "page_of"]

LARGEST_MEMORY_BYTES = 64 * 1024
KEEP_DAYS = 90


class _StoredEntry(Struct, frozen=True):
    """JSON has no structs as keys: findings are stored as pairs."""

    entry: Entry
    findings: list[tuple[FindingKey, Severity | None]]


def item_of(page: Page) -> dict[str, Any]:
    """The item that the page is written as."""
    entry = page.entry
    facts = {
        "subject": entry.subject,
        "tag": str(entry.tag),
        "verdict": entry.verdict or "none",
        "digest": entry.digest,
        "evaluated_at": entry.evaluated_at and entry.evaluated_at.isoformat(),
        "result_at": entry.result_at and entry.result_at.isoformat(),
        "sweep": entry.sweep and entry.sweep.isoformat(),
        "failing": entry.failing and f"{entry.failing.step}: {entry.failing.reason}"[:300],
    }
    item: dict[str, Any] = {name: {"S": value} for name, value in facts.items() if value}
    item["version"] = {"N": str(entry.version)}
    item["stopped"] = {"BOOL": entry.stopped}
    item["memory"] = {"B": _memory(entry)}
    if page.outbox:
        item["outbox"] = {"B": zlib.compress(json.encode(page.outbox))}
        item["unsaid"] = {"BOOL": True}
    if not entry.stopped and entry.result_at is not None:
        # Whatever is watched is written again and again, and so never gets that old.
        end = entry.result_at + timedelta(days=KEEP_DAYS)
        item["expires_at"] = {"N": str(int(end.timestamp()))}
    return item


def _memory(entry: Entry) -> bytes:
    """The entry, with as many findings as fit, the worst ones."""
    findings = entry.stopping
    while True:
        stored = _StoredEntry(
            replace(entry, stopping=KnownFindings({}, findings.total)),
            list(findings.findings.items()),
        )
        memory = zlib.compress(json.encode(stored))
        if len(memory) <= LARGEST_MEMORY_BYTES:
            return memory
        findings = findings.worst(len(findings.findings) // 2)


def page_of(item: Any) -> Page:
    """The page that the item was written from, findings that were cut excepted."""
    stored = json.decode(zlib.decompress(_bytes(item["memory"])), type=_StoredEntry)
    known = KnownFindings(dict(stored.findings), stored.entry.stopping.total)
    sweep = item.get("sweep")
    entry = replace(
        stored.entry,
        stopping=known,
        sweep=datetime.fromisoformat(sweep["S"]) if sweep else None,
    )
    if "outbox" not in item:
        return Page(entry)
    outbox = zlib.decompress(_bytes(item["outbox"]))
    return Page(entry, tuple(json.decode(outbox, type=list[Notice])))


def _bytes(attribute: Any) -> bytes:
    return bytes(attribute["B"])


def glance_of(item: Any) -> Glance:
    """What a sweep reads of the item."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(item[name]["S"]) if name in item else None

    return Glance(
        tag=ImageTag.parse(item["tag"]["S"]),
        stopped=item["stopped"]["BOOL"],
        unsaid="unsaid" in item,
        evaluated_at=moment("evaluated_at"),
        sweep=moment("sweep"),
    )


known(_StoredEntry, Notice)
