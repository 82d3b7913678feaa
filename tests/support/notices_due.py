"""Notices that wait, whose message tells their id."""

from collections.abc import Iterator
from typing import Any

from msgspec import json
from msgspec.structs import replace

from rescan.outbox.items import OutboxItem
from rescan.outbox.notice import Notice
from tests.support.notices.announced import stop
from tests.support.notices.reports import typical
from tests.support.notices.said import notice_of
from tests.support.pending_notices import waiting

_REAL = notice_of(stop(typical()))


def due(number: int, *names: str, **facts: Any) -> OutboxItem:
    """A notice whose result tells its id."""
    it = waiting(number, *names, **facts)
    result = json.decode(_REAL.result) | {"id": it.envelope.id}
    attributes = {**_REAL.attributes, "result": json.encode(result).decode()}
    return OutboxItem(it.channel, it.envelope, replace(_REAL, attributes=attributes))


def ids_of(notice: Notice) -> Iterator[str]:
    result = json.decode(notice.result)
    if result["group"] is None:
        yield result["id"]
    else:
        yield from (member["id"] for member in result["group"]["members"])
