"""What is written where: tables, JSON, terminals, pipes, and text that comes from images."""

import json
import re
from typing import Any

import jsonschema
import pytest

from tests.support.paths import ROOT
from tests.support.replayed_image import DIGEST, TAG, replayed, variables
from tests.support.run_command import PASSWORD, on_a_terminal, run, run_process
from tests.support.scripted_server import ScriptedServer, respond
from tests.support.scripted_server import json as answer

SCHEMA = json.loads((ROOT / "docs" / "notice.schema.json").read_text())
UNENCRYPTED = "ANCHORE_URL is no https URL: the credentials travel unencrypted.\n"


def printed_json(name: str) -> dict[str, Any]:
    with replayed(name) as variables:
        done = run("run", TAG, "--output", "json", variables=variables)
    assert done.err.startswith(UNENCRYPTED)
    result: dict[str, Any] = json.loads(done.out)
    return result


# --- JSON


def told(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in ("event_type", "outcome", "final_action")}


JSON = {
    "stop": ("STOP", "stop", "stop"),
    "denylisted": ("STOP", "stop", "stop"),
    "warn": ("WARN", "warn", "warn"),
    "go": ("GO", "go", "go"),
    "not_found_404": ("NOT_EVALUATED", "not_found", None),
    "pending": ("NOT_EVALUATED", "pending", None),
    "analysis_failed": ("NOT_EVALUATED", "not_evaluated", None),
    "unmapped": ("NOT_EVALUATED", "not_evaluated", None),
    "server_error": ("NOT_EVALUATED", None, None),
    "unauthorized": ("NOT_EVALUATED", None, None),
}


@pytest.mark.parametrize("name", JSON)
def test_json_is_of_the_notices_schema(name: str) -> None:
    result = printed_json(name)
    assert tuple(told(result).values()) == JSON[name]
    if result["event_type"] in ("GO", "WARN"):
        # The two that no notice has; all else is as in the schema.
        result["event_type"] = "RECOVERED"
    jsonschema.validate(result, SCHEMA)


def test_json_of_a_stop_holds_every_finding() -> None:
    result = printed_json("stop")
    assert result["image"]["digest"] == DIGEST
    stopping = result["stopping"]
    assert (stopping["total"], stopping["shown"], len(stopping["findings"])) == (6, 6, 6)


def test_json_of_a_stop_is_not_cut_to_the_size_of_a_message() -> None:
    """Of 2,000 findings a notice would hold some 300."""
    with ScriptedServer(listed(), answer(b'{"vulnerabilities": []}'), checked(2_000)) as server:
        done = run("run", TAG, "-o", "json", variables=variables(server.url))
    assert len(json.loads(done.out)["stopping"]["findings"]) == 2_000


def test_json_says_what_keeps_an_image_from_being_evaluated() -> None:
    failing = printed_json("server_error")["failing"]
    assert failing["step"] == "findActiveImage"
    assert failing["reason"].startswith("HTTP 500 ")


# --- tables


def test_a_table_lists_what_is_exploited_first_then_the_worst() -> None:
    with replayed("stop") as variables:
        done = run("run", TAG, variables=variables)
    heading, *_ = done.out.splitlines()
    rows = [re.split(r"  +", line) for line in done.out.split("\n\n")[1].splitlines()]
    assert heading == f"STOP  {TAG}"
    assert rows[0] == ["SEVERITY", "FINDING", "PACKAGE", "INSTALLED", "FIXED IN", "RULE"]
    exploited = "HIGH, EXPLOITED"
    assert [row[0] for row in rows[1:]] == [exploited] * 2 + ["CRITICAL", "HIGH", "HIGH", "-"]
    assert rows[1] == [
        exploited,
        "CVE-2018-15686",
        "libsystemd0",
        "232-25+deb9u9",
        "232-25+deb9u10",
        "vulnerabilities/package",
    ]


def test_a_table_says_base_image_or_own_layer_when_anchore_does() -> None:
    with replayed("stop") as variables:
        done = run("run", TAG, variables={**variables, "BASE_IMAGE": "true"})
    assert re.search(r"CVE-2018-15686 .* base image$", done.out, re.MULTILINE)
    assert re.search(r"CVE-2013-2512 .* own layer$", done.out, re.MULTILINE)


# --- pipes and terminals


@pytest.mark.slow
def test_a_pipe_gets_neither_colours_nor_progress_nor_filling() -> None:
    with replayed("stop") as variables:
        done = run_process("run", TAG, variables=variables)
    assert "\x1b" not in done.out + done.err
    assert done.err == UNENCRYPTED
    assert [line for line in done.out.splitlines() if line != line.rstrip()] == []


@pytest.mark.slow
def test_a_terminal_shows_progress_and_colours() -> None:
    with replayed("stop") as variables:
        done = on_a_terminal("run", TAG, variables=variables)
    assert done.status == 1
    for step in ("findActiveImage", "refreshVulnerabilities", "regate"):
        assert step in done.shown
    assert "\x1b[1;31mSTOP\x1b[0m" in done.shown


@pytest.mark.slow
def test_a_terminal_without_colours_gets_none() -> None:
    with replayed("stop") as variables:
        done = on_a_terminal("run", TAG, variables={**variables, "NO_COLOR": "1"})
    assert "\x1b[1;31m" not in done.shown
    assert "STOP" in done.shown


@pytest.mark.slow
def test_what_cannot_be_encoded_costs_no_verdict() -> None:
    with replayed("stop") as variables:
        done = run_process("run", TAG, variables={**variables, "PYTHONIOENCODING": "ascii"})
    assert done.status == 1


@pytest.mark.slow
def test_credentials_are_asked_for_on_a_terminal_and_not_shown() -> None:
    typed = [("Anchore user: ", "watcher"), ("Password of watcher: ", PASSWORD)]
    with ScriptedServer(respond(401, b"Unauthorized")) as server:
        done = on_a_terminal("run", TAG, variables={"ANCHORE_URL": server.url}, typed=typed)
    assert done.status == 4
    assert PASSWORD not in done.shown
    # Basic of watcher and the password.
    assert "Authorization: Basic d2F0Y2hlcjpzM2NyM3QtcGFzcy93K3Jk\r\n" in server.requests[0]


# --- text that comes from images


EVIL = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u200b[red]"


def listed() -> Any:
    image = {
        "image_digest": DIGEST,
        "analysis_status": "analyzed",
        "image_detail": [{"full_tag": TAG}],
    }
    return answer(json.dumps({"items": [image]}).encode())


def checked(number: int, **finding: str) -> Any:
    findings = [
        {
            "gate": "vulnerabilities",
            "trigger": "package",
            "trigger_id": f"CVE-2026-{n:05}+lib{finding.get('name', '')}",
            "message": finding.get("message", "found"),
            "recommendation": finding.get("recommendation", ""),
            "action": "stop",
        }
        for n in range(number)
    ]
    evaluation = {"final_action": "stop", "details": {"findings": findings}}
    body = {"image_digest": DIGEST, "evaluated_tag": TAG, "evaluations": [evaluation]}
    return answer(json.dumps(body).encode())


@pytest.mark.parametrize("arguments", [("run", TAG), ("explain", TAG), ("run", TAG, "-o", "json")])
def test_no_terminal_obeys_what_an_image_holds(arguments: tuple[str, ...]) -> None:
    row = {
        "vuln": "CVE-2026-00000",
        "package_name": f"lib{EVIL}",
        "package_version": EVIL,
        "package_path": EVIL,
        "fix": EVIL,
    }
    rows = answer(json.dumps({"vulnerabilities": [row]}).encode())
    evil = checked(1, name=EVIL, message=EVIL, recommendation=EVIL)
    with ScriptedServer(listed(), rows, evil) as server:
        done = run(*arguments, variables=variables(server.url))
    assert done.status == 1
    assert re.findall("[^\n -~]", done.out + done.err) == []
    assert "[red]" in done.out


def test_no_terminal_obeys_what_a_server_answers() -> None:
    with ScriptedServer(respond(400, json.dumps({"message": EVIL}).encode())) as server:
        done = run("run", TAG, variables=variables(server.url))
    assert re.findall("[^\n -~]", done.err) == []
