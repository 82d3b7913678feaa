"""Reads what runs, in one request.

Source: Enterprise v2 `GET /v2/inventories` (permission listRuntimeInventories), since 2.0.0; it has
no pages. No field of a row is required.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

from msgspec import Raw, Struct, json

from rescan.anchore.transport import Query, Transport
from rescan.gate.inventory import Inventory, Place, Row, inventory_of
from rescan.gate.model import Step
from rescan.kernel.clock import utc_moment_of
from rescan.kernel.deadline import Deadline
from rescan.kernel.image_tag import Digest, is_digest
from rescan.kernel.json_decoding import lenient, preload_decoders
from rescan.kernel.safe_text import one_line

_INVENTORIES = Query(Step.LIST_INVENTORIES, "/inventories")
# Three places of an image travel in a message; AWS's longest name of a cluster has 255.
_LONGEST_CONTEXT = 300


class _Row(Struct, frozen=True):
    inventory_type: str | None = None
    context: str | None = None
    image_tag: str | None = None
    image_digest: str | None = None
    last_seen: str | None = None
    created_at: str | None = None


class _Rows(Struct, frozen=True):
    items: list[Raw] | None = None


def read_inventory(
    transport: Transport, deadline: Deadline, now: datetime, within: timedelta
) -> Inventory:
    """What runs, as of now; AnchoreError when the inventory cannot be read.

    100,000 rows take less than 60 MB besides the body: each is folded in before the next is
    decoded, and their contexts are few.
    """

    def read(body: bytearray) -> Inventory:
        return inventory_of(rows_of(body), now, within)

    return transport.ask(_INVENTORIES, read, deadline)


def rows_of(body: bytearray) -> Iterator[Row | None]:
    """Each row of the answer as it is needed; None for one that names no image."""
    for raw in json.decode(body, type=_Rows).items or ():
        row = lenient(raw, _Row)
        yield None if row is None else _image(row)


def _image(row: _Row) -> Row | None:
    """A name may hold a digest as well, or be one: `team/app@sha256:...`."""
    name, _, named_digest = (row.image_tag or "").strip().partition("@")
    digest = next(filter(is_digest, (row.image_digest or "", named_digest)), None)
    if named_digest and ":" not in name.rpartition("/")[2]:
        name = ""  # it names no tag, and must not become `latest`
    if not name and digest is None:
        return None
    place = Place(
        _word(row.inventory_type),
        _word(row.context),
        utc_moment_of(row.last_seen) if row.last_seen else None,
        utc_moment_of(row.created_at) if row.created_at else None,
    )
    return name or None, cast("Digest | None", digest), place


@lru_cache(maxsize=10_000)  # of 100,000 rows that have a few thousand contexts
def _word(text: str | None) -> str:
    return one_line(text or "", _LONGEST_CONTEXT) or "unknown"


preload_decoders(_Row, _Rows)
