"""How what waits to be published is written as items of DynamoDB, and read back.

A notice: `envelope` and `notice`, compressed JSON. Only notices and deferred work have `pending`
and `since`, so only they are in the index, in parts by the value of `pending`: `notice` is one that
waits, `aside` one that is set aside. DynamoDB takes 400 KB an item; a notice has at most 256 KiB
before it is compressed.
"""

import zlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import json

from rescan.kernel.json_decoding import MALFORMED, preload_decoders
from rescan.outbox.envelope import Envelope
from rescan.outbox.items import Channel, InFlight, OutboxItem, PendingNotice, Unreadable
from rescan.outbox.notice import Notice
from rescan.outbox.storm import QUIET, Storm

_Shape = TypeVar("_Shape")
PENDING_INDEX = "pending"
# The values of `pending`.
WAITS, ASIDE = "notice", "aside"
# What reading an item raises that another version wrote, or nobody did: an attribute or a value of
# an enumeration that is missing, bytes that are not compressed.
_UNDECODABLE = (KeyError, TypeError, ValueError, zlib.error, *MALFORMED)
# TTL deletes within days of it.
_KEEP = timedelta(days=1)


def notice_key(channel: Channel, name: str) -> dict[str, Any]:
    """The key of the notice with that id."""
    return {"subject": {"S": f"notice#{channel}#{name}"}}


def notice_item(pending: OutboxItem) -> dict[str, Any]:
    """The item that a notice waits as."""
    return {
        **notice_key(pending.channel, pending.envelope.id),
        "pending": {"S": WAITS},
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


class ItemReader:
    """Reads items, and takes down those that cannot be decoded."""

    def __init__(self) -> None:
        self._left_out: list[Unreadable] = []

    def every(
        self, read: Callable[[Any], _Shape], items: Iterable[Any], *, waits: bool = False
    ) -> list[_Shape]:
        """What `read` makes of those that it can read; `waits`: they are notices."""
        values = (self.one(read, item, item["subject"]["S"], waits=waits) for item in items)
        return [value for value in values if value is not None]

    def one(
        self, read: Callable[[Any], _Shape], item: Any, key: str, *, waits: bool = False
    ) -> _Shape | None:
        """What `read` makes of it; None when it cannot be decoded."""
        try:
            return read(item)
        except _UNDECODABLE as error:
            # The text of the error may quote the item.
            self._left_out.append(Unreadable(key, type(error).__name__, waits))
            return None

    def left_out(self) -> list[Unreadable]:
        """What was not read since the last call."""
        left_out, self._left_out = self._left_out, []
        return left_out


def _packed(value: object) -> bytes:
    return zlib.compress(json.encode(value))


def _unpacked(value: Any, shape: type[_Shape]) -> _Shape:
    return json.decode(zlib.decompress(bytes(value["B"])), type=shape)


preload_decoders(Envelope, Notice, Storm, InFlight)
