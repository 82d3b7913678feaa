"""What the inventory sees running now, with what the ledger knows of each."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from rescan.gate.model import Outcome
from rescan.gate.running import Running
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.entry import Entry, subject_of
from rescan.notice.times import rfc3339
from tests.support.entries import FRESH
from tests.support.ledger_table import CALLER, ledger_of
from tests.support.run_command import CREDENTIALS, Done, run
from tests.support.scripted_server import Act, ScriptedServer, respond
from tests.support.scripted_server import json as answer

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
API, WEB, JOB = (Digest(f"sha256:{letter * 64}") for letter in "abc")
INDEX, OLD = (Digest(f"sha256:{letter * 64}") for letter in "de")


def entry(name: str, digest: Digest, verdict: Outcome, hours: int, *index: Digest) -> Entry:
    """Evaluated so many hours ago; `index` is what a sweep knows it by besides."""
    tag, at = ImageTag.parse(f"reg.io/{name}"), NOW - hours * HOUR
    return replace(
        FRESH,
        version=1,
        subject=subject_of(None, tag, None),
        tag=tag,
        digest=digest,
        verdict=verdict,
        evaluated_at=at,
        result_at=at,
        running=Running(at, (digest, *index)),
    )


ENTRIES = (
    entry("api:1", API, Outcome.GO, 2),
    entry("web:1", WEB, Outcome.STOP, 1, INDEX),
    entry("job:1", JOB, Outcome.WARN, 30),
)


def row(name: str | None, digest: Digest | None, context: str = "eu/pay") -> dict[str, Any]:
    return {
        "inventory_type": "kubernetes",
        "context": context,
        "image_tag": name,
        "image_digest": digest,
        "last_seen": rfc3339(NOW),
    }


def items(*rows: dict[str, Any]) -> Act:
    return answer(json.dumps({"items": rows}).encode())


def running(*arguments: str, inventory: Act, entries: Iterable[Entry] = ENTRIES) -> Done:
    with ScriptedServer(inventory) as server, ledger_of(entries):
        variables = {**CALLER, **CREDENTIALS, "ANCHORE_URL": server.url, "LEDGER_TABLE": "ledger"}
        return run("running", *arguments, variables=variables)


def test_what_has_no_verdict_comes_first_then_what_is_stopped_then_the_oldest_verdict() -> None:
    """By its digest, its index's, or its tag alone; an old digest has no verdict of the new one."""
    rows = (
        row("reg.io/api:1", API),
        row("reg.io/api:1", API, "us/pay"),
        row("reg.io/web:1", INDEX),
        row("reg.io/job:1", None),
        row("reg.io/api:1", OLD),
    )
    done = running(inventory=items(*rows))
    assert done.status == 1
    assert done.out.splitlines()[1:] == [
        "",
        "VERDICT  AGE   RUNS IN            IMAGE",
        f"unknown  -     eu/pay             reg.io/api:1@{OLD}",
        f"STOP     1 h   eu/pay             reg.io/web:1@{INDEX}",
        "WARN     30 h  eu/pay             reg.io/job:1",
        f"GO       2 h   eu/pay and 1 more  reg.io/api:1@{API}",
    ]
    assert done.out.startswith("4 images in 2 contexts: 1 without a verdict, 1 stopped\n")


def test_json_says_the_same() -> None:
    done = running("-o", "json", inventory=items(row(None, JOB)))
    told = json.loads(done.out)
    assert (done.status, told["known"], told["contexts"]) == (0, True, 1)
    [image] = told["images"]
    assert (image["image"], image["verdict"], image["running"]["total"]) == (
        "reg.io/job:1",
        "warn",
        1,
    )


def test_an_inventory_that_cannot_tell_is_no_word_that_nothing_runs() -> None:
    empty = running(inventory=items())
    assert (empty.status, empty.out) == (2, "What runs is not known: the inventory is empty\n")
    refused = running(inventory=respond(403, b"{}", "Content-Type: application/json"))
    assert (refused.status, refused.out) == (4, "")
    assert "listInventories" in refused.err
    stale = running(
        inventory=items(row("reg.io/api:1", API) | {"last_seen": rfc3339(NOW - 90 * HOUR)})
    )
    assert stale.status == 2
    assert "the inventory is stale" in stale.out
