"""Notices in the outbox, and which of them a message is published for."""

from collections.abc import Iterator
from typing import Any

from msgspec import json
from msgspec.structs import replace

from rescan.outbox.items import OutboxItem
from rescan.outbox.notice import Notice
from tests.support.notices.announced import stop
from tests.support.notices.outbox_texts import notice_of
from tests.support.notices.reports import typical
from tests.support.pending_notices import pending

_REAL = notice_of(stop(typical()))


def outbox_item(number: int, *names: str, **facts: Any) -> OutboxItem:
    """A notice whose result has its id."""
    notice = pending(number, *names, **facts)
    result = json.decode(_REAL.result) | {"id": notice.envelope.id}
    attributes = {**_REAL.attributes, "result": json.encode(result).decode()}
    return OutboxItem(notice.channel, notice.envelope, replace(_REAL, attributes=attributes))


def ids_of(notice: Notice) -> Iterator[str]:
    """The ids of the notices that the message is published for."""
    result = json.decode(notice.result)
    if result["group"] is None:
        yield result["id"]
    else:
        yield from (member["id"] for member in result["group"]["members"])
