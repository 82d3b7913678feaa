"""How what waits to be published is written as items of DynamoDB, and read back.

A notice: `envelope` and `notice`, compressed JSON. Only items that wait have `pending` and `since`,
so only they are in the index `pending`. DynamoDB takes 400 KB an item; a notice has at most 256 KiB
before it is compressed.
"""

import zlib
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import json

from rescan.kernel.json_decoding import preload_decoders
from rescan.outbox.envelope import Envelope
from rescan.outbox.grouping import QUIET, Storm
from rescan.outbox.items import Channel, InFlight, OutboxItem, PendingNotice
from rescan.outbox.notice import Notice

_Shape = TypeVar("_Shape")
# TTL deletes within days; until then a storm that is over is told from one that is not.
_KEEP = timedelta(days=1)


def notice_key(channel: Channel, name: str) -> dict[str, Any]:
    """The key of the notice with that id."""
    return {"subject": {"S": f"notice#{channel}#{name}"}}


def notice_item(due: OutboxItem) -> dict[str, Any]:
    """The item that a notice waits as."""
    return {
        **notice_key(due.channel, due.envelope.id),
        "pending": {"S": "notice"},
        "since": {"S": due.envelope.at.isoformat()},
        "channel": {"S": due.channel.value},
        "envelope": {"B": _packed(due.envelope)},
        "notice": {"B": _packed(due.notice)},
    }


def pending_notice_of(item: Any) -> PendingNotice:
    """What is known of the notice before it is read."""
    return PendingNotice(Channel(item["channel"]["S"]), _unpacked(item["envelope"], Envelope))


def notice_of_item(item: Any) -> Notice:
    """The notice itself."""
    return _unpacked(item["notice"], Notice)


def storm_item(storm: Storm) -> dict[str, Any]:
    """The item of a storm; it goes away by itself."""
    end = storm.notified_at + QUIET + _KEEP
    return {
        "subject": {"S": f"storm#{storm.id}"},
        "pending": {"S": "storm"},
        "since": {"S": storm.notified_at.isoformat()},
        "storm": {"B": _packed(storm)},
        "expires_at": {"N": str(int(end.timestamp()))},
    }


def storm_of(item: Any) -> Storm:
    """The storm."""
    return _unpacked(item["storm"], Storm)


def flight_value(flight: InFlight) -> dict[str, Any]:
    """The value of an attribute that holds it."""
    return {"B": _packed(flight)}


def flight_of(value: Any) -> InFlight:
    """What the attribute holds."""
    return _unpacked(value, InFlight)


def _packed(value: object) -> bytes:
    return zlib.compress(json.encode(value))


def _unpacked(value: Any, shape: type[_Shape]) -> _Shape:
    return json.decode(zlib.decompress(bytes(value["B"])), type=shape)


preload_decoders(Envelope, Notice, Storm, InFlight)
