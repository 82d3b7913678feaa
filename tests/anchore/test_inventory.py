"""How the inventory is read: what a row may lack, and how much memory many take."""

import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.inventory import read_inventory, rows_of
from rescan.anchore.transport import Transport
from rescan.gate.inventory import Inventory, Place, RunningImage, inventory_of
from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan_cli.replay.har import Entry, Recording
from rescan_cli.replay.mount import replayed_session
from rescan_cli.replay.router import Replay
from tests.support.fakes import NOON

A, DIGEST = "reg.io/a:1", "sha256:" + "a" * 64
HERE = Place("kubernetes", "prod-eu/payments", NOON)
ROW = {
    "inventory_type": "kubernetes",
    "context": "prod-eu/payments",
    "image_tag": A,
    "image_digest": DIGEST,
    "last_seen": NOON.isoformat(),
}
MB = 1_000_000


def read(body: bytes, status: int = 200) -> Inventory:
    answer = Entry("GET", "/v2/inventories", (), status, (), body)
    session = replayed_session(Replay(Recording("of the test", "", (answer,))))
    transport = Transport(session, "https://h/v2", AnchoreAuth(lambda: '{"token": "t0ken"}'))
    return read_inventory(transport, Deadline.after(60), NOON, timedelta(hours=24))


def items(*rows: object) -> Inventory:
    return read(json.dumps({"items": rows}).encode())


@pytest.mark.parametrize(
    ("row", "image"),
    [
        pytest.param(ROW, (A, DIGEST), id="a-tag-and-a-digest"),
        pytest.param(ROW | {"image_digest": None}, (A, None), id="a-tag-alone"),
        pytest.param(ROW | {"image_digest": ""}, (A, None), id="an-empty-digest"),
        pytest.param(ROW | {"image_digest": "sha512:ab"}, (A, None), id="another-digest"),
        pytest.param(ROW | {"image_tag": None}, (None, DIGEST), id="a-digest-alone"),
        pytest.param(
            {**ROW, "image_tag": f"reg.io/a@{DIGEST}", "image_digest": None},
            (None, DIGEST),
            id="pulled-by-digest-is-no-latest",
        ),
        pytest.param(
            {**ROW, "image_tag": f"reg.io:5000/a:1@{DIGEST}", "image_digest": None},
            ("reg.io:5000/a:1", DIGEST),
            id="pulled-by-both",
        ),
    ],
)
def test_a_row_names_an_image(row: dict[str, Any], image: tuple[str | None, str | None]) -> None:
    assert [(one.name, one.digest) for one in items(row).images] == [image]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(ROW | {"image_tag": "", "image_digest": None}, id="no-image"),
        pytest.param({}, id="nothing"),
        pytest.param("a text", id="no-object"),
        pytest.param(ROW | {"image_tag": 7}, id="another-type"),
    ],
)
def test_a_row_that_names_no_image_is_counted_and_hides_no_other(row: object) -> None:
    inventory = items(row, ROW)
    assert (inventory.images, inventory.unread) == ((RunningImage(A, DIGEST, (HERE,), 1),), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["inventory_type", "context", "last_seen"])
def test_a_row_may_lack_where_and_when(field: str) -> None:
    row = {name: value for name, value in ROW.items() if name != field}
    assert [image.name for image in items(row).images] == [A]


@pytest.mark.parametrize("body", [b'{"items": []}', b'{"items": null}', b"{}"])
def test_an_empty_inventory_is_a_doubt(body: bytes) -> None:
    assert read(body).doubt == "the inventory is empty"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, errors.AnchoreForbidden),
        (404, errors.AnchoreRefused),
        (500, errors.AnchoreServerError),
    ],
)
def test_an_inventory_that_is_refused_is_an_error(
    status: int, error: type[errors.AnchoreError]
) -> None:
    with pytest.raises(error, match="listInventories"):
        read(b"{}", status)


def test_a_list_without_its_name_is_no_empty_inventory() -> None:
    with pytest.raises(errors.AnchoreAnswerUnreadable):
        read(b"[]")


@pytest.mark.slow
def test_a_hundred_thousand_rows_stay_below_60_mb_besides_the_body() -> None:
    """A quarter of them, each another image at another moment: the most that rows can take."""
    rows = [
        {
            "inventory_type": "kubernetes",
            "context": f"prod-eu-{number % 40}/namespace-{number % 1000}",
            "image_tag": f"registry.example.com/team-{number % 300}/service-{number}:1.{number}.0",
            "image_digest": f"sha256:{number:064x}",
            "last_seen": (NOON - timedelta(milliseconds=number)).isoformat(),
        }
        for number in range(25_000)
    ]
    body = bytearray(json.dumps({"items": rows}).encode())
    del rows
    tracemalloc.start()
    try:
        inventory = inventory_of(rows_of(body), NOON, timedelta(hours=24))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(inventory.images) == 25_000
    assert peak < 60 * MB / 4
