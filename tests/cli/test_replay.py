"""`anchore-rescan replay` as a process: any HAR of any client, and an exit status to branch on."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.recordings import FOLDER, recording
from tests.support.contract.exporters import by_browser, by_mitmproxy
from tests.support.paths import ROOT
from tests.support.run_command import Done, run, run_process

pytestmark = pytest.mark.slow

GO = str(FOLDER / "go.har")
STATUSES = {
    ("go", None): 0,
    ("stop", None): 1,
    ("unmapped", None): 2,
    ("not_found_404", None): 3,
    ("unauthorized", None): 4,
    # Of several images the worst.
    ("sweep", None): 1,
    ("stop", "sqs-batch"): 1,
    # A batch does not say why its messages failed.
    ("unauthorized", "sqs-batch"): 2,
    # Nothing was gated.
    ("go", "ecr-push-untagged"): 2,
    ("go", "unknown"): 4,
}


def arguments(name: str, event: str | None) -> list[str]:
    events = [] if event is None else [str(ROOT / "events" / f"{event}.json")]
    return ["replay", str(FOLDER / f"{name}.har"), *events]


@pytest.mark.parametrize(("name", "event"), STATUSES)
def test_the_status_is_that_of_run(name: str, event: str | None, fresh_container: None) -> None:
    done = run(*arguments(name, event), variables={})
    assert (done.status, done.err) == (STATUSES[name, event], "")
    assert "What the function answered" in done.out


@pytest.mark.parametrize("name", ["go", "stop"])
def test_the_status_is_that_of_the_process(name: str) -> None:
    done = run_process(*arguments(name, None), variables={})
    assert (done.status, done.err) == (STATUSES[name, None], "")


def test_a_batch_that_stops_nothing_tells_no_outcome(tmp_path: Path, fresh_container: None) -> None:
    """A queue is told failures alone; a STOP shows in what was published."""
    push, _ = json.loads((ROOT / "events" / "sqs-batch.json").read_text())["Records"]
    (event := tmp_path / "event.json").write_text(json.dumps({"Records": [push]}))
    done = run("replay", GO, str(event), variables={})
    assert (done.status, done.err) == (2, "")
    assert '\n{"batchItemFailures": []}\n' in done.out


# --- recordings that others made


@pytest.fixture(scope="module")
def stop() -> str:
    return _without_title(run_process("replay", str(FOLDER / "stop.har"), variables={}))


def _without_title(done: Done) -> str:
    assert (done.status, done.err) == (1, "")
    return done.out[done.out.index("What Anchore was asked") :]


@pytest.mark.parametrize("base64_bodies", [False, True], ids=["text", "base64"])
@pytest.mark.parametrize("exported", [by_mitmproxy, by_browser], ids=["mitmproxy", "browser"])
def test_a_recording_of_another_maker_is_replayed_unchanged(
    exported: Any, base64_bodies: bool, stop: str, tmp_path: Path, fresh_container: None
) -> None:
    """Both have gzip in their headers, and absolute URLs of another host."""
    har = exported(recording("stop").entries, base64_bodies=base64_bodies)
    (file := tmp_path / "exported.har").write_text(json.dumps(har))
    assert _without_title(run("replay", str(file), variables={})) == stop


def test_repeated_requests_are_answered_in_their_order(
    tmp_path: Path, fresh_container: None
) -> None:
    first, *others = recording("stop").entries
    busy = replace(first, status=503, headers=(*first.headers, ("Retry-After", "0")), body=b"{}")
    har = by_mitmproxy([busy, first, *others], base64_bodies=True)
    (file := tmp_path / "exported.har").write_text(json.dumps(har))
    done = run("replay", str(file), variables={})
    asked = [line.strip() for line in done.out.splitlines() if " GET /v2/" in line]
    assert (done.status, asked[:2]) == (1, ["503 GET /v2/images", "200 GET /v2/images"])


# --- what the caller must mend


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, str]:
    """Files by what is wrong with them."""
    cut = (FOLDER / "go.har").read_text()[:-100]
    texts = {"no JSON": "tag: 1", "no HAR": '{"log": 1}', "cut": cut, "empty": ""}
    texts["asks nothing"] = '{"log": {"entries": []}}'
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in (*texts, "missing")}


REFUSED = {
    "no JSON": (["{no JSON}"], "{no JSON} is no HAR 1.2 recording: "),
    "no HAR": (["{no HAR}"], "{no HAR} is no HAR 1.2 recording: Expected `object`, got `int`"),
    "cut": (["{cut}"], "{cut} is no HAR 1.2 recording: "),
    "empty": (["{empty}"], "{empty} is no HAR 1.2 recording: "),
    "missing": (
        ["{missing}"],
        "{missing} is no HAR 1.2 recording: it cannot be read: No such file or directory",
    ),
    "a folder": ([str(FOLDER)], f"{FOLDER} is no HAR 1.2 recording: it cannot be read: "),
    "asks nothing": (["{asks nothing}"], "The recording asks for no image, so it does not say "),
    "an event that is missing": ([GO, "{missing}"], "File '{missing}' does not exist."),
    "an event that is no JSON": ([GO, "{no JSON}"], "{no JSON} is no event: "),
    "an event that asks for more": (
        [GO, str(ROOT / "events" / "schedule-rule.json")],
        "The recording does not fit the event: GET /v2/inventories",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_replayed_is_told_and_is_no_verdict(
    case: str, broken: dict[str, str], fresh_container: None
) -> None:
    arguments, told = REFUSED[case]
    done = run("replay", *(argument.format_map(broken) for argument in arguments), variables={})
    assert (done.status, done.out) == (4, "")
    assert told.format_map(broken) in done.err


def test_a_handler_that_crashes_is_neither_stop_nor_go(tmp_path: Path) -> None:
    """A library that fails stands for any code that does: it is what comes first on the path."""
    (tmp_path / "aws_lambda_powertools").mkdir()
    (tmp_path / "aws_lambda_powertools" / "__init__.py").write_text("raise SystemExit(1)")
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT / 'functions'}"}
    done = run_process("replay", GO, variables=path)
    assert (done.status, done.out) == (5, "")


def test_a_recording_cannot_speak_to_the_terminal(tmp_path: Path, fresh_container: None) -> None:
    har = by_mitmproxy(recording("stop").entries, base64_bodies=False)
    har["log"]["comment"] = "\x1b]0;owned\x07 made up"
    text = json.dumps(har).replace("ftpd", "\\\\u001b[31mftpd")
    (file := tmp_path / "hostile.har").write_text(text)
    done = run("replay", str(file), variables={})
    assert (done.status, "[31mftpd" in done.out, "\x1b" in done.out) == (1, True, False)
