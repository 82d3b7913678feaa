"""Each command that gates an image shows its platforms where there are several."""

import json
from pathlib import Path

import pytest

from tests.recordings import FOLDER
from tests.support.notices.schema import errors
from tests.support.replayed_image import TAG, replayed
from tests.support.run_command import run

ARM = "sha256:df87bc23f4ac40c17091938af62c005925875e143190784d6d2e96550a9f2043"
AMD = "sha256:6201b80463787cac0cd3b55ea5180ea588e188bc5ff2da74832cac8e4d4573f4"


@pytest.mark.parametrize("command", ["run", "explain"])
def test_a_command_names_each_platform_with_its_digest(command: str) -> None:
    with replayed("platforms") as variables:
        shown = run(command, TAG, variables=variables).out
    lines = [line.split(maxsplit=1)[1] for line in shown.split("\n") if line[:8] == "Platform"]
    assert lines == [f"linux/arm64: 6 findings, {ARM}", f"linux/amd64: go, {AMD}"]


@pytest.mark.parametrize("digest", [ARM, AMD])
def test_a_digest_of_any_platform_is_that_of_the_image(digest: str) -> None:
    with replayed("platforms") as variables:
        shown = run("run", TAG, "--digest", digest, "-o", "json", variables=variables).out
    result = json.loads(shown)
    assert errors(result) == []
    assert result["platforms"] == [
        {"platform": "linux/arm64", "digest": ARM, "outcome": "stop"},
        {"platform": "linux/amd64", "digest": AMD, "outcome": "go"},
    ]
    assert {name for f in result["stopping"]["findings"] for name in f["platforms"]} == {
        "linux/arm64"
    }


def test_what_is_recorded_of_several_platforms_has_each_request(tmp_path: Path) -> None:
    with replayed("platforms") as variables:
        done = run("record", TAG, "--to", str(tmp_path), variables=variables)
    (written,) = tmp_path.iterdir()
    requests = [
        entry["request"]["url"] for entry in json.loads(written.read_text())["log"]["entries"]
    ]
    assert (done.status, len(requests)) == (0, 6)
    assert sum("history=true" in url for url in requests) == 1


def test_a_replay_names_each_platform() -> None:
    shown = run("replay", str(FOLDER / "platforms.har")).out
    assert f"linux/arm64: stop, {ARM}" in " ".join(shown.split())
    assert f"linux/amd64: go, {AMD}" in " ".join(shown.split())
