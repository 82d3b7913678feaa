"""`make demo` in process: each event file comes to what its name says, and is shown so."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.recordings import FOLDER, names
from tests.replay.demo import main

EVENTS = FOLDER.parent.parent / "events"

pytestmark = pytest.mark.usefixtures("fresh_container")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns without colours, whatever this process runs in."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@dataclass(frozen=True)
class Seen:
    """What is printed: outcomes in order, and how many requests and mails."""

    outcomes: tuple[str, ...] = ()
    requests: int = 0
    mails: int = 0


def seen(printed: str) -> Seen:
    outcomes = re.findall(
        r"^(STOP|WARN|GO|NOT_FOUND|PENDING|NOT_EVALUATED)$", printed, re.MULTILINE
    )
    requests = re.findall(r"^\d{3} GET /v2/\S+ *$", printed, re.MULTILINE)
    return Seen(tuple(outcomes), len(requests), printed.count("│ Subject: "))


# An image that is gated costs three requests, one that Anchore does not know costs one.
EXPECTED = {
    "ecr-push": Seen(("STOP",), 3, 1),
    "ecr-push-superseded": Seen(("GO",), 3),
    "ecr-push-untagged": Seen(),
    "ecr-push-helm-chart": Seen(),
    "ecr-push-signature": Seen(),
    "ecr-push-failed": Seen(),
    "ecr-delete": Seen(),
    # Two pages of tags; one stops, one goes, one is gone.
    "schedule-rule": Seen(("STOP", "GO", "NOT_FOUND"), 2 + 3 + 3 + 1, 1),
    "schedule-scheduler": Seen(("STOP", "GO", "NOT_FOUND"), 2 + 3 + 3 + 1, 1),
    "schedule-tags": Seen(("STOP", "GO"), 3 + 3, 1),
    "direct": Seen(("STOP",), 3, 1),
    # A push and a direct invocation of the same image; a queue is told failures alone.
    "sqs-batch": Seen((), 3 + 3, 2),
    "unknown": Seen(),
}


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_every_event_file_is_expected_to_come_to_something() -> None:
    assert {file.stem for file in EVENTS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("event", EXPECTED)
def test_an_event_comes_to_what_its_name_says(
    event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = shown(capsys, "--event", str(EVENTS / f"{event}.json"))
    assert seen(printed) == EXPECTED[event]
    assert [line for line in printed.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ("ecr-push-untagged", "The event was ignored: the push has no tag: "),
        ("ecr-push-helm-chart", "The event was ignored: the media type "),
        ("ecr-push-signature", "The event was ignored: the tag "),
        ("ecr-push-failed", "The event was ignored: the push ended with FAILURE."),
        ("ecr-delete", "The event was ignored: the action DELETE is no push."),
        ("unknown", "The invocation failed.\nEventRefused: "),
    ],
)
def test_an_event_that_gates_nothing_is_told_with_the_reason(
    event: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = shown(capsys, "--event", str(EVENTS / f"{event}.json"))
    assert (
        f"\nAnchore was asked nothing.\n\nWhat the function answered {'─' * 53}\n{line}" in printed
    )
    assert printed.endswith("\nNo notice was published: only a STOP is.\n")


def test_a_batch_is_told_as_the_queue_gets_it(capsys: pytest.CaptureFixture[str]) -> None:
    printed = shown(capsys, "--event", str(EVENTS / "sqs-batch.json"))
    assert '\n{"batchItemFailures": []}\n' in printed


@pytest.mark.parametrize("event", ["ecr-push", "direct"])
def test_requests_are_told_by_shortened_digests_and_whole_parameters(
    event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = shown(capsys, "--event", str(EVENTS / f"{event}.json"))
    told = [line.rstrip() for line in printed.splitlines()]
    first = told.index("200 GET /v2/images/sha256:6201b8046378…/check")
    tag = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/api:2.4.1"
    assert told[first + 1] == f"    tag={tag}"
    assert told[told.index("STOP") + 1] == tag


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        ("warn", Seen(("WARN",), 3)),
        ("not_found_404", Seen(("NOT_FOUND",), 1)),
        ("pending", Seen(("PENDING",), 1)),
        ("unmapped", Seen(("NOT_EVALUATED",), 3)),
        ("refresh_interrupted", Seen(("STOP",), 4, 1)),
        (str(FOLDER / "stop.har"), Seen(("STOP",), 3, 1)),
    ],
)
def test_another_recording_comes_to_its_own_outcome(
    recording: str, expected: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seen(shown(capsys, "--recording", recording)) == expected


@pytest.mark.parametrize(
    ("recording", "error"),
    [
        ("unauthorized", "AnchoreUnauthorized: findActiveImage: HTTP 401 'Unauthorized'"),
        ("server_error", "AnchoreServerError: findActiveImage: HTTP 500"),
    ],
)
def test_a_failed_invocation_is_told_as_lambda_would_report_it(
    recording: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = shown(capsys, "--recording", recording)
    assert f"\nThe invocation failed.\n{error}" in printed
    assert "demo-only" not in printed


# --- the other settings


def test_an_arazzo_recording_is_asked_for_in_that_dialect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = shown(capsys, "--recording", "arazzo_stop")
    assert seen(printed) == Seen(("STOP",), 3, 1)
    assert "the image's tag is not verified" in " ".join(printed.split())


def test_running_only_sweeps_what_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNNING_ONLY", "true")
    printed = shown(capsys, "--event", str(EVENTS / "schedule-rule.json"))
    assert seen(printed) == Seen(("STOP",), 1 + 3, 1)


# --- wrong arguments


def exit_of(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


def test_a_recording_that_does_not_fit_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    status = exit_of("--event", str(EVENTS / "schedule-rule.json"), "--recording", "go")
    told = capsys.readouterr().err
    assert (status, told.partition(": ")[0]) == (1, "The recording does not fit the event")
    assert "GET /v2/summaries/image-tags?" in told
    assert "is not in the recording 'go'" in told


@pytest.fixture
def no_json(tmp_path: Path) -> str:
    file = tmp_path / "event.json"
    file.write_text("tag: app:1\n")
    return str(file)


def test_a_missing_event_or_recording_lists_the_recordings(
    no_json: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ("--event", str(EVENTS / "none.json")),
        ("--event", no_json),
        ("--recording", "none"),
    ):
        assert exit_of(*arguments) == 2
        assert capsys.readouterr().err.endswith(f"\nRecordings: {', '.join(names())}\n")


def test_the_readme_quotes_the_mail_of_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (FOLDER.parent.parent / "README.md").read_text()
    quote = readme.split("```\n")[1].split("\n")
    assert main([]) == 0
    mail = [line.strip("│ \n") for line in capsys.readouterr().out.splitlines()]
    assert [line for line in quote if line.strip() not in (*mail, "...")] == []
