"""After a rollback: what a newer version has written is read, without what only that one knows."""

import json
import zlib
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.aws.ledger_items import entry_of, item_of, snapshot_of, sweep_item, sweep_of
from rescan.events.commands import Gate
from rescan.events.parse import parse_event
from rescan.gate.model import Severity
from rescan.kernel.errors import EventRefused
from rescan.ledger.entry import Refresh
from rescan.work.ports import SweepRecord
from tests.support.entries import OLD, TAG, TRIGGER, stopped
from tests.support.fakes import NOON

ENTRY = replace(
    stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", None)),
    sweep=NOON,
    refresh=Refresh(OLD, "feeds of noon", NOON),
)
NEW = {"invented_later": {"S": "x"}}


def newer_item() -> dict[str, Any]:
    """The entry with an attribute, and with fields in its memory, that this version has not."""
    item = item_of(ENTRY)
    memory = json.loads(zlib.decompress(item["memory"]["B"]))
    memory["invented_later"] = memory["entry"]["invented_later"] = ["x"]
    return item | NEW | {"memory": {"B": zlib.compress(json.dumps(memory).encode())}}


def test_an_entry_is_read_as_this_version_would_have_written_it() -> None:
    assert entry_of(newer_item()) == ENTRY


def test_a_sweep_and_a_summary_see_the_entry() -> None:
    assert snapshot_of(newer_item()) == snapshot_of(item_of(ENTRY))


def test_the_record_of_a_sweep_is_read() -> None:
    sweep = SweepRecord(NOON, 41)
    assert sweep_of(sweep_item(sweep) | NEW) == sweep


def test_work_with_a_field_that_is_not_known_is_refused_and_not_half_read() -> None:
    message = json.loads(Gate(TAG, TRIGGER).encode())
    assert parse_event(message, lambda region: None) == Gate(TAG, TRIGGER)
    message["rescan"]["invented_later"] = "x"
    with pytest.raises(EventRefused, match="invented_later"):
        parse_event(message, lambda region: None)
