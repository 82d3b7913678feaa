"""The exit status, which pipelines branch on: every outcome, every error, every accident."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import trustme

from rescan.kernel import errors
from rescan_cli.exit_status import of_error
from tests.recordings import FOLDER, names
from tests.support.replayed_image import DIGEST, TAG, replayed, variables
from tests.support.run_command import CREDENTIALS, PASSWORD, environment, run, run_process
from tests.support.scripted_server import (
    Act,
    ScriptedServer,
    json,
    raw,
    refused_port,
    reset,
    respond,
    silence,
)

OUTCOMES = {
    "stop": 1,
    "warn": 0,
    "go": 0,
    "not_found_404": 3,
    "not_found_empty_list": 3,
    "pending": 2,
    "superseded_push": 0,
    "platforms": 1,
    "analysis_failed": 2,
    "denylisted": 1,
    "evaluation_problem": 1,
    "evaluation_problem_warn": 2,
    "unmapped": 2,
    "refresh_interrupted": 1,
    "sweep": 1,
    "sweep_plain_list": 1,
    "old_digest": 0,
    "unauthorized": 4,
    "server_error": 2,
    "arazzo_stop": 1,
    "arazzo_warn": 0,
    "arazzo_go": 0,
    "arazzo_not_found_404": 3,
    "arazzo_not_found_empty_list": 3,
    "arazzo_pending": 2,
    "arazzo_analysis_failed": 2,
    "arazzo_unauthorized": 4,
    "arazzo_server_error": 2,
}


def test_every_recording_has_a_status() -> None:
    assert set(OUTCOMES) == set(names())


@pytest.mark.parametrize("name", ["go", "stop", "pending", "not_found_404", "unauthorized"])
@pytest.mark.slow
def test_an_outcome_is_the_status_of_the_process(name: str) -> None:
    with replayed(name) as variables:
        assert run_process("run", TAG, variables=variables).status == OUTCOMES[name]


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_outcome_is_the_status(name: str) -> None:
    with replayed(name) as variables:
        assert run("run", TAG, variables=variables).status == OUTCOMES[name]


def test_another_digest_than_the_one_wanted_is_pending() -> None:
    wanted = f"sha256:{'0' * 64}"
    with replayed("go") as variables:
        assert run("run", TAG, "--digest", wanted, variables=variables).status == 2
        assert run("run", TAG, "--digest", DIGEST, variables=variables).status == 0


# --- requests that fail


ANSWERS = [
    pytest.param(respond(401, b"Unauthorized"), 4, id="401"),
    pytest.param(respond(403, b'{"message": "no"}'), 4, id="403"),
    pytest.param(respond(400, b'{"detail": "bad tag"}'), 2, id="400"),
    pytest.param(respond(404, b'{"title": "Not Found"}'), 2, id="404 of another kind"),
    pytest.param(respond(302, b"", "Location: https://elsewhere.example.com/"), 2, id="redirect"),
    pytest.param(respond(429, b"", "Retry-After: 600"), 2, id="429"),
    pytest.param(respond(500, b'{"message": "broken"}'), 2, id="500"),
    pytest.param(json(b"<html>login</html>"), 2, id="HTML"),
    pytest.param(json(b'{"items": [{"image_digest": 1}]}'), 2, id="a wrong shape"),
    pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), 2, id="cut"),
    pytest.param(reset, 2, id="reset"),
    pytest.param(silence, 2, id="silence"),
]


@pytest.mark.parametrize(("act", "status"), ANSWERS)
def test_a_failed_request_is_no_verdict(act: Act, status: int) -> None:
    seconds = "1" if act is silence else "60"
    with ScriptedServer(act) as server:
        done = run("run", TAG, "--timeout", seconds, variables=variables(server.url))
    assert (done.status, done.out) == (status, "")
    assert done.err.splitlines()[-1].startswith("anchore-rescan: findActiveImage: ")


def test_no_connection_is_no_verdict() -> None:
    with refused_port() as port:
        done = run("run", TAG, "--timeout", "1", variables=variables(f"http://127.0.0.1:{port}"))
    assert (done.status, done.out) == (2, "")


def test_a_certificate_of_an_unknown_ca_is_the_callers_to_mend() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with ScriptedServer(json(b"{}"), tls=context) as server:
        done = run("run", TAG, variables=variables(server.url))
    assert (done.status, done.out) == (4, "")


def _tree(root: type[errors.RescanError]) -> Iterator[type[errors.RescanError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


OF_THE_CALLER = {
    "EventRefused",
    "SettingsError",
    "SecretUnusable",
    "AnchoreUnauthorized",
    "AnchoreForbidden",
    "AnchoreCertificateError",
}


@pytest.mark.parametrize("kind", list(_tree(errors.RescanError)), ids=lambda kind: kind.__name__)
def test_no_error_is_a_verdict(kind: type[errors.RescanError]) -> None:
    error = kind.__new__(kind)
    no_answer = (errors.AnchoreError, errors.LedgerUnavailable)
    expected = 2 if issubclass(kind, no_answer) else 5
    assert of_error(error) == (4 if kind.__name__ in OF_THE_CALLER else expected)


def test_an_error_of_no_known_kind_is_unexpected() -> None:
    assert of_error(RuntimeError()) == 5


# --- wrong usage and settings


USAGE = {
    "no command": ((), CREDENTIALS),
    "an unknown command": (("gate", TAG), CREDENTIALS),
    "an unknown option": (("run", TAG, "--password", "x"), CREDENTIALS),
    "no tag": (("run",), CREDENTIALS),
    "an empty tag": (("run", ""), CREDENTIALS),
    "two tags": (("run", TAG, TAG), CREDENTIALS),
    "a digest as tag": (("run", f"app@{DIGEST}"), CREDENTIALS),
    "no digest": (("run", TAG, "--digest", "latest"), CREDENTIALS),
    "no type of vulnerabilities": (("run", TAG, "--vtype", "linux"), CREDENTIALS),
    "no time": (("run", TAG, "--timeout", "0"), CREDENTIALS),
    "no such output": (("run", TAG, "--output", "xml"), CREDENTIALS),
    "no URL": (("run", TAG), CREDENTIALS),
    "no http": (("run", TAG, "--url", "ftp://a.example.com"), CREDENTIALS),
    "a URL with credentials": (("run", TAG, "--url", f"https://u:{PASSWORD}@h"), CREDENTIALS),
    "no credentials": (("run", TAG, "--url", "http://127.0.0.1:9"), {}),
    "no password": (("run", TAG, "--url", "http://127.0.0.1:9"), {"ANCHORE_USERNAME": "watcher"}),
    "a colon in the user": (
        ("run", TAG, "--url", "http://127.0.0.1:9"),
        {"ANCHORE_USERNAME": "a:b", "ANCHORE_PASSWORD": PASSWORD},
    ),
    "no CA bundle there": (("run", TAG, "--ca-bundle", "/nonexistent/ca.pem"), CREDENTIALS),
    "no dialect": (
        ("run", TAG, "--url", "http://127.0.0.1:9"),
        {**CREDENTIALS, "ANCHORE_DIALECT": "v1"},
    ),
    "no folder": (("record", TAG), CREDENTIALS),
    "no pattern": (("record", TAG, "--to", "/nonexistent", "--redact", "("), CREDENTIALS),
    "no topic": (("test-notice",), CREDENTIALS),
    "no recording": (("replay",), {}),
    "no recording to serve": (("serve",), {}),
    "no port": (("serve", str(FOLDER / "go.har"), "--port", "70000"), {}),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_wrong_usage_sends_nothing_and_is_no_verdict(case: str) -> None:
    arguments, variables = USAGE[case]
    done = run(*arguments, variables=variables)
    assert (done.status, done.out) == (4, "")
    assert done.err.startswith("anchore-rescan: ")
    assert PASSWORD not in done.err


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help")])
@pytest.mark.slow
def test_help_is_no_error(arguments: tuple[str, ...]) -> None:
    done = run_process(*arguments)
    assert (done.status, done.err) == (0, "")
    assert done.out


# --- accidents


ACCIDENTS = {
    "an exception": "raise RuntimeError('of {password}')",
    "an exit with 0": "raise SystemExit(0)",
    "an exit with 1": "raise SystemExit(1)",
    "no memory": "raise MemoryError",
    "a missing library": "raise ModuleNotFoundError(name='rich')",
}


@pytest.mark.parametrize("accident", ACCIDENTS)
@pytest.mark.slow
def test_an_accident_is_neither_stop_nor_go(accident: str, tmp_path: Path) -> None:
    """A library that fails stands for any code that does: it is what comes first on the path."""
    (tmp_path / "rich.py").write_text(ACCIDENTS[accident].format(password=PASSWORD))
    path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    with replayed("go") as variables:
        done = run_process("run", TAG, variables={**variables, "PYTHONPATH": path})
    assert (done.status, done.out) == (5, "")
    assert done.err.startswith("anchore-rescan: ")
    assert PASSWORD not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.slow
def test_a_full_disk_is_neither_stop_nor_go(output: str) -> None:
    with replayed("go") as variables, Path("/dev/full").open("w") as full:
        done = _process("run", TAG, "-o", output, variables=variables, stdout=full)
        assert done.wait(60) == 5


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize("name", ["go", "stop"])
@pytest.mark.slow
def test_a_reader_that_goes_away_is_neither_stop_nor_go(name: str, output: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with replayed(name) as variables, os.fdopen(writing, "w") as pipe:
        done = _process("run", TAG, "-o", output, variables=variables, stdout=pipe)
        assert done.wait(60) == 141


@pytest.mark.slow
def test_an_interrupt_is_neither_stop_nor_go() -> None:
    with ScriptedServer(silence) as server:
        process = _process("run", TAG, variables=variables(server.url), stdout=subprocess.DEVNULL)
        while not server.requests:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def _process(
    *arguments: str, variables: dict[str, str], stdout: IO[Any] | int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "rescan_cli", *arguments],
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
    )
