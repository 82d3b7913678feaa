"""Notices that wait, whose message tells their id."""

from collections.abc import Iterator
from typing import Any

from msgspec import json
from msgspec.structs import replace

from rescan.notice.due import Due
from rescan.notice.notice import Notice
from tests.notice.announced import stop
from tests.notice.reports import typical
from tests.notice.said import notice_of
from tests.queue.test_grouping import waiting

__all__ = ["due", "ids_of"]

_REAL = notice_of(stop(typical()))


def due(number: int, *names: str, **facts: Any) -> Due:
    """A notice whose result tells its id."""
    it = waiting(number, *names, **facts)
    result = json.decode(_REAL.result) | {"id": it.gist.id}
    attributes = {**_REAL.attributes, "result": json.encode(result).decode()}
    return Due(it.channel, it.gist, replace(_REAL, attributes=attributes))


def ids_of(notice: Notice) -> Iterator[str]:
    result = json.decode(notice.result)
    if result["group"] is None:
        yield result["id"]
    else:
        yield from (member["id"] for member in result["group"]["members"])
