"""A recording of the user's own Anchore: it replays to what the live run was, and tells nothing."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rescan.gate.model import VulnerabilityList
from rescan.gate.report import Report
from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.connection import connect
from rescan_cli.gating import gate
from rescan_cli.options import Chosen
from rescan_cli.recording.exchange import RecordingAdapter
from rescan_cli.recording.recorder import recorded, run_tag
from rescan_cli.replay.har import read_recording
from rescan_cli.replay.server import ReplayServer
from rescan_cli.result_json import report_json
from tests.recordings import names
from tests.support.replayed_image import DIGEST, TAG, replayed, variables
from tests.support.run_command import PASSWORD, Done, run
from tests.support.scripted_server import Act, ScriptedServer, raw, reset, respond
from tests.support.scripted_server import json as answer

NOW = datetime(2026, 11, 25, tzinfo=UTC)
BASIC = base64.b64encode(f"watcher:{PASSWORD}".encode()).decode()


# --- what was live, replayed


def recorded_live(said: dict[str, str], tags: list[str], *patterns: str) -> tuple[Any, Any, Any]:
    """The runs, the files, and what redacted them."""
    adapter = RecordingAdapter(backoff_seconds=0.001)
    connection = connect(Chosen(timeout=20), said, adapter)
    runs = [run_tag(connection, adapter, ImageTag.parse(tag)) for tag in tags]
    files, redactor = recorded(runs, connection, map(re.compile, patterns))
    return runs, files, redactor


def replay_of(file: Any, folder: Path, said: dict[str, str]) -> Report | AnchoreError:
    path = folder / file.name
    path.write_text(file.text)
    with ReplayServer(read_recording(path)) as server:
        connection = connect(Chosen(timeout=20), {**said, "ANCHORE_URL": server.url})
        try:
            return gate(connection, ImageTag.parse(file.tag))
        except AnchoreError as error:
            return error


def outputs(ended: Report | AnchoreError, redact: Callable[[str], str] = lambda text: text) -> Any:
    """Everything that is said of it, and the rows as they were sent."""
    if isinstance(ended, AnchoreError):
        return type(ended), redact(ended.problem), ended.step
    result = json.loads(report_json(ended, NOW))
    del result["id"]  # made of the tag as it was
    return every(result, redact), rows(ended.vulnerabilities, redact)


def rows(listed: VulnerabilityList | None, redact: Callable[[str], str]) -> Any:
    return None if listed is None else every(json.loads(bytes(listed.document)), redact)


def every(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: every(inner, redact) for name, inner in value.items()}
    if isinstance(value, list):
        return [every(inner, redact) for inner in value]
    return redact(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "patterns", [(), (r"\d{12}", "payments", r"lib\w+")], ids=["plain", "patterns"]
)
@pytest.mark.parametrize("name", [name for name in names() if name != "server_error"])
def test_a_replay_gives_the_outputs_of_the_live_run(
    name: str, patterns: tuple[str, ...], tmp_path: Path
) -> None:
    with replayed(name) as said:
        runs, files, redactor = recorded_live(said, [TAG], *patterns)
    live = outputs(runs[0].result, redactor.text)
    assert outputs(replay_of(files[0], tmp_path, said)) == live


def listed(*tags: str) -> Act:
    images = [
        {
            "image_digest": DIGEST,
            "analysis_status": "analyzed",
            "account_name": "platform",
            "image_detail": [{"full_tag": tag} for tag in tags],
        }
    ]
    return answer(json.dumps({"items": images}).encode())


def checked(action: str = "go", **more: Any) -> Act:
    evaluation = {"final_action": action, "evaluation_problems": [], "image_mapped_to_rule": True}
    body = {"image_digest": DIGEST, "evaluated_tag": TAG, "evaluations": [evaluation], **more}
    return answer(json.dumps(body).encode())


VULNERABILITIES = answer(b'{"vulnerabilities": []}')
HUGE = answer(b'{"vulnerabilities": [%s]}' % b",".join([b'{"vuln": "CVE-1"}'] * 80_000))
LIVE = {
    "a reset": ([listed(TAG), reset, VULNERABILITIES, checked()], "go"),
    "a body that breaks off": (
        [
            listed(TAG),
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            VULNERABILITIES,
            checked("stop"),
        ],
        "stop",
    ),
    "a body beyond the limit": ([listed(TAG), HUGE, checked("stop")], "stop"),
    "a body that is no JSON": ([listed(TAG), answer(b"<html>\xff\xfe"), checked("stop")], "stop"),
    "a field that is no UTF-8": (
        [
            listed(TAG),
            answer(b'{"vulnerabilities": [{"vuln": "CVE-1", "note": "caf\xe9 payments"}]}'),
            checked("stop"),
        ],
        "stop",
    ),
    "a compressed body": (
        [
            listed(TAG),
            respond(
                200,
                gzip.compress(b'{"vulnerabilities": []}'),
                "Content-Encoding: gzip",
                "Content-Type: application/json",
            ),
            checked(),
        ],
        "go",
    ),
}


@pytest.mark.parametrize("case", LIVE)
def test_a_broken_answer_is_recorded_as_an_error(case: str, tmp_path: Path) -> None:
    acts, outcome = LIVE[case]
    with ScriptedServer(*acts) as server:
        said = variables(server.url, MAX_BODY_MB="1")
        runs, files, _ = recorded_live(said, [TAG])
    again = replay_of(files[0], tmp_path, said)
    assert isinstance(again, Report)
    assert (runs[0].outcome, again.outcome) == (outcome, outcome)


# --- what it does not tell


def record(url: str, folder: Path, *arguments: str, tags: tuple[str, ...] = (TAG,)) -> Done:
    said = variables(url, ANCHORE_ACCOUNT="platform")
    return run("record", *tags, "--to", str(folder), *arguments, variables=said)


def test_a_recording_tells_neither_who_nor_where(tmp_path: Path) -> None:
    talkative = respond(
        500,
        b'{"message": "user watcher of platform at 127.0.0.1 is lost", "username": "another"}',
        "Set-Cookie: session=c00kie-of-watcher",
        "Server: inner-host-7",
        "Content-Type: application/json",
    )
    with ScriptedServer(listed(TAG), talkative, talkative, talkative) as server:
        done = record(server.url, tmp_path)
        port = str(server.port)
    (file,) = tmp_path.iterdir()
    text = file.read_text()
    assert done.status == 2
    told = (
        "watcher",
        "platform",
        "127.0.0.1",
        port,
        "c00kie",
        "inner-host",
        BASIC,
        PASSWORD,
        "another",
    )
    assert [word for word in told if word in text] == []
    assert "user user-1 of account-1 at anchore.example.com is lost" in text
    request = json.loads(text)["log"]["entries"][0]["request"]
    assert {"name": "Authorization", "value": "redacted"} in request["headers"]
    assert {"name": "x-anchore-account", "value": "account-1"} in request["headers"]


def test_a_recording_holds_no_secret_of_others(tmp_path: Path) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    body = {
        "message": f"Bearer {token} of https://bob:hunter2@proxy.example.com, Cookie: sid=c00kie",
        "debug": {"dbPassword": "hunter2", "credentials": [{"key": "AKIAIOSFODNN7EXAMPLE"}]},
        "query": "next=/&access_token=0pAqu3",
    }
    redirect = respond(
        307,
        json.dumps(body).encode(),
        "Location: https://sso.example.com/?code=0pAqu3",
        f'WWW-Authenticate: Bearer realm="anchore", token={token}',
    )
    with ScriptedServer(redirect) as server:
        assert record(server.url, tmp_path).status == 2
    (file,) = tmp_path.iterdir()
    text = file.read_text()
    secrets = (token, "hunter2", "c00kie", "AKIA", "0pAqu3")
    assert [secret for secret in secrets if secret in text] == []
    assert 'realm=\\"anchore\\"' in text


def test_recordings_of_one_run_hang_together(tmp_path: Path) -> None:
    other = TAG.replace("payments/api", "orders/web")
    acts = [listed(TAG, other), VULNERABILITIES, checked(), listed(TAG, other), VULNERABILITIES]
    with ScriptedServer(*acts, checked(evaluated_tag=other)) as server:
        done = record(server.url, tmp_path, "--redact", r"\d{12}", tags=(TAG, other))
    assert done.status == 0
    texts = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert set(texts) == {"payments_api_2.4.1.har", "orders_web_2.4.1.har"}
    assert {r for text in texts.values() for r in re.findall(r"\d{12}(?=\.dkr)", text)} == set(
        re.findall(r"\d{12}(?=\.dkr)", done.out)
    )
    assert len(set(re.findall(r"\d{12}(?=\.dkr)", done.out))) == 1


ECHOES = {
    "base64": base64.b64encode(f"<{PASSWORD}>".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"??{PASSWORD}".encode()).decode(),
    "percent-encoded": "".join(f"%{byte:02X}" for byte in PASSWORD.encode()),
    "JSON in JSON": json.dumps({"p": PASSWORD}).replace("/", "\\/"),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_nothing_is_written_while_a_credential_is_left(echo: str, tmp_path: Path) -> None:
    body = json.dumps({"message": f"debug {ECHOES[echo]}"}).encode()
    with ScriptedServer(listed(TAG), respond(400, body), checked("stop")) as server:
        done = record(server.url, tmp_path / "recordings")
    assert (done.status, done.out) == (4, "")
    assert "nothing was written" in done.err
    assert PASSWORD not in done.err
    assert not (tmp_path / "recordings").exists()


PATTERNS = {
    "the final action": ("stop", "stop live, not_evaluated replayed"),
    "a field's name": ("evaluations", "stop live, an error with status 2 replayed"),
    "a digest's algorithm": ("sha256:", "stop live, an error with status 2 replayed"),
    "the tag's separator": (":2", "stop live, "),
}


@pytest.mark.parametrize("case", PATTERNS)
def test_a_pattern_that_changes_the_outcome_is_refused(case: str, tmp_path: Path) -> None:
    pattern, told = PATTERNS[case]
    folder = tmp_path / "recordings"
    with replayed("stop") as said:
        done = run("record", TAG, "--to", str(folder), "--redact", pattern, variables=said)
    assert (done.status, done.out, folder.exists()) == (4, "", False)
    assert f"does not replay as it was recorded: {told}" in done.err


def test_a_policy_that_a_pattern_hides_is_asked_for_by_its_new_name(
    tmp_path: Path, fresh_container: None
) -> None:
    policy = "2c53a13c-1765-11e8-82ef-23527761d060"
    with replayed("stop") as said:
        hidden = ("--policy", policy, "--redact", policy)
        done = run("record", TAG, "--to", str(tmp_path), *hidden, variables=said)
    (file,) = tmp_path.iterdir()
    again = run("replay", str(file), variables={})
    assert (done.status, again.status, policy in file.read_text()) == (0, 1, False)


def test_a_plain_echo_is_replaced(tmp_path: Path) -> None:
    body = json.dumps({"message": f"got Basic {BASIC} with {PASSWORD}"}).encode()
    with ScriptedServer(respond(400, body)) as server:
        assert record(server.url, tmp_path).status == 2
    (file,) = tmp_path.iterdir()
    assert "got redacted with redacted" in file.read_text()


# --- files


def test_a_recording_is_not_written_over_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "payments_api_2.4.1.har"
    file.write_text("precious")
    with replayed("go") as said:
        refused = run("record", TAG, "--to", str(tmp_path), variables=said)
        assert (refused.status, (tmp_path / "payments_api_2.4.1.har").read_text()) == (
            4,
            "precious",
        )
        assert run("record", TAG, "--to", str(tmp_path), "--force", variables=said).status == 0
    assert len(read_recording(file).entries) == 3


def test_names_that_would_be_the_same_are_told_apart(tmp_path: Path) -> None:
    tags = ("a.example.com/app:1", "b.example.com/app:1")
    with ScriptedServer(respond(404, b'{"message": "image data not found in DB"}')) as server:
        done = record(server.url, tmp_path, tags=tags)
    assert done.status == 0
    assert {file.name for file in tmp_path.iterdir()} == {"app_1.har", "app_1_2.har"}


def test_a_folder_that_cannot_be_written_is_the_callers_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with replayed("go") as said:
        done = run("record", TAG, "--to", str(tmp_path / "file" / "below"), variables=said)
    assert done.status == 4
    assert "cannot be written" in done.err
