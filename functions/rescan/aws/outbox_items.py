"""How what waits to be published is written as items of DynamoDB, and read back.

A notice: `envelope` and `notice`, compressed JSON. Only notices have `pending` and `since`, so only
they are in the index `pending`. DynamoDB takes 400 KB an item; a notice has at most 256 KiB before
it is compressed.
"""

import zlib
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import json

from rescan.kernel.json_decoding import preload_decoders
from rescan.outbox.envelope import Envelope
from rescan.outbox.items import Channel, InFlight, OutboxItem, PendingNotice
from rescan.outbox.notice import Notice
from rescan.outbox.storm import QUIET, Storm

_Shape = TypeVar("_Shape")
# TTL deletes within days of it.
_KEEP = timedelta(days=1)


def notice_key(channel: Channel, name: str) -> dict[str, Any]:
    """The key of the notice with that id."""
    return {"subject": {"S": f"notice#{channel}#{name}"}}


def notice_item(pending: OutboxItem) -> dict[str, Any]:
    """The item that a notice waits as."""
    return {
        **notice_key(pending.channel, pending.envelope.id),
        "pending": {"S": "notice"},
        "since": {"S": pending.envelope.at.isoformat()},
        "channel": {"S": pending.channel.value},
        "envelope": {"B": _packed(pending.envelope)},
        "notice": {"B": _packed(pending.notice)},
    }


def pending_notice_of(item: Any) -> PendingNotice:
    """What is known of the notice before it is read."""
    return PendingNotice(Channel(item["channel"]["S"]), _unpacked(item["envelope"], Envelope))


def notice_of_item(item: Any) -> Notice:
    """The notice itself."""
    return _unpacked(item["notice"], Notice)


def storm_key(name: str) -> dict[str, Any]:
    """The key of the storm with that id."""
    return {"subject": {"S": f"storm#{name}"}}


def storm_item(storm: Storm) -> dict[str, Any]:
    """The item of a storm; it goes away by itself."""
    end = storm.notified_at + QUIET + _KEEP
    return {
        **storm_key(storm.id),
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
