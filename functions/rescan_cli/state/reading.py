"""The entries of a ledger, page by page, and what waits in the outbox for one of them."""

import zlib
from collections.abc import Iterator
from functools import partial

from msgspec import MsgspecError

from rescan.aws.dynamodb import TableCalls
from rescan.aws.ledger_items import entry_of
from rescan.aws.ledger_table import LedgerTable
from rescan.aws.outbox_table import OutboxTable
from rescan.kernel.safe_text import one_line
from rescan.ledger.entry import Entry
from rescan.outbox.items import PendingNotice
from rescan.work.ports import SweepRecord
from rescan_cli.state.refusals import explained
from rescan_cli.state.source import Source

# As many as are read at once in a few calls; more than that are a storm.
MOST_PENDING = 1000


def entries(source: Source, unreadable: list[str]) -> Iterator[Entry]:
    """Every entry; the subject of one that cannot be read goes into `unreadable` instead.

    An entry that only a sweep has marked remembers nothing, and is none.
    """
    scan = partial(
        source.client.scan,
        TableName=source.table,
        FilterExpression="attribute_exists(memory)",
        ProjectionExpression="subject, sweep, memory",
    )
    with explained(source.table, source.region):
        for item in TableCalls(source.table).pages("scanning", scan):
            try:
                entry = entry_of(item)
            except (zlib.error, MsgspecError, ValueError):
                unreadable.append(one_line(item["subject"]["S"], 600))
            else:
                yield entry


def last_sweep(source: Source) -> SweepRecord | None:
    """The last full sweep; None before the first."""
    with explained(source.table, source.region):
        return LedgerTable(source.client, source.table).last_sweep()


def pending_notices(source: Source, subjects: frozenset[str]) -> list[PendingNotice]:
    """What waits in the outbox for these entries, oldest first, among the oldest 1,000 notices."""
    outbox = OutboxTable(source.client, source.table)
    with explained(source.table, source.region):
        waiting = outbox.waiting(MOST_PENDING)
    return [notice for notice in waiting if notice.envelope.subject in subjects]
