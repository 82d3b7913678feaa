"""`anchore-rescan serve` as a process: a recorded Anchore for any client, until Ctrl-C."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from rescan_cli.replay.har import Entry
from rescan_cli.replay.server import ReplayServer
from tests.recordings import FOLDER, recording
from tests.support.contract.exporters import by_browser, by_mitmproxy
from tests.support.replayed_image import TAG, variables
from tests.support.run_command import Done, environment, run, run_process

pytestmark = pytest.mark.slow

GO = str(FOLDER / "go.har")


class Served:
    """The process: where it answers, and after `interrupt` how it ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()
        self._process = process

    def interrupt(self) -> Done:
        self._process.send_signal(signal.SIGINT)
        out, err = self._process.communicate(timeout=60)
        return Done(self._process.returncode, out, err)

    def answers(self, entry: Entry) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.url}{entry.path}", params=dict(entry.query), timeout=60)


@contextmanager
def served(*arguments: str) -> Iterator[Served]:
    with subprocess.Popen(
        [sys.executable, "-m", "rescan_cli", "serve", *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def test_any_client_gets_the_recorded_answers_and_ctrl_c_ends_it_well() -> None:
    with served(GO) as server:
        done = run_process("run", TAG, variables=variables(server.url))
        assert (done.status, done.out.splitlines()[0]) == (0, f"GO  {TAG}")
        assert server.interrupt() == Done(0, "", "")


@pytest.mark.parametrize("base64_bodies", [False, True], ids=["text", "base64"])
@pytest.mark.parametrize("exported", [by_mitmproxy, by_browser], ids=["mitmproxy", "browser"])
def test_a_recording_of_another_maker_is_served_unchanged(
    exported, base64_bodies: bool, tmp_path: Path
) -> None:
    entries = recording("stop").entries
    har = exported([*entries, entries[0]], base64_bodies=base64_bodies)
    (file := tmp_path / "exported.har").write_text(json.dumps(har))
    with served(str(file)) as server:
        answers = [server.answers(entry) for entry in entries]
    assert [a.status_code for a in answers] == [entry.status for entry in entries]
    assert [a.content for a in answers] == [entry.body for entry in entries]


def test_what_was_not_recorded_is_answered_501_and_told_at_the_end() -> None:
    with served(GO) as server:
        answer = server.answers(Entry("GET", "/v2/version", (), 200, (), b""))
        done = server.interrupt()
    told = "GET /v2/version is not in the recording 'go'. The nearest that it holds: "
    assert (answer.status_code, answer.json()["message"].startswith(told)) == (501, True)
    assert (done.status, done.out) == (4, "")
    assert done.err.startswith(f"anchore-rescan: {told}")


def test_the_port_may_be_chosen() -> None:
    with ReplayServer(recording("go")) as freed:
        port = str(freed.port)
    with served(GO, "--port", port) as server:
        assert server.url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_taken_is_the_callers_to_mend() -> None:
    with ReplayServer(recording("go")) as other:
        done = run("serve", GO, "--port", str(other.port), variables={})
    expected = f"No server on 127.0.0.1:{other.port}: Address already in use."
    assert (done.status, done.out) == (4, "")
    assert done.err.startswith(f"anchore-rescan: {expected}")


def test_what_is_no_recording_is_not_served(tmp_path: Path) -> None:
    done = run("serve", str(tmp_path / "none.har"), variables={})
    assert (done.status, done.out) == (4, "")
    assert "is no HAR 1.2 recording: it cannot be read: No such file or directory" in done.err
