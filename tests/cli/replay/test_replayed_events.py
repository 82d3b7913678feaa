"""`anchore-rescan replay` in process: each event file comes to what its name says, and is shown so.

`tests/cli/test_replay.py` runs it as a process, for its exit status.
"""

import re
from dataclasses import dataclass

import pytest

from tests.recordings import FOLDER
from tests.support.run_command import run

EVENTS = FOLDER.parent.parent / "events"

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fresh_container")]


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


# An image that is gated costs three requests, one of an index a fourth, for its tag's history; one
# that Anchore does not know costs one.
EXPECTED = {
    "ecr-push": Seen(("STOP",), 3, 1),
    "ecr-push-superseded": Seen(("GO",), 3),
    "ecr-push-untagged": Seen(),
    "ecr-push-helm-chart": Seen(),
    "ecr-push-signature": Seen(),
    "ecr-push-failed": Seen(),
    "ecr-delete": Seen(),
    "ecr-replication": Seen(("STOP",), 3, 1),
    "ecr-replication-failed": Seen(),
    # The inventory and two pages of tags; one stops, which is of an index, one goes, one is gone.
    "schedule-rule": Seen(("STOP", "GO", "NOT_FOUND"), 1 + 2 + 4 + 3 + 1, 1),
    "schedule-scheduler": Seen(("STOP", "GO", "NOT_FOUND"), 1 + 2 + 4 + 3 + 1, 1),
    "schedule-tags": Seen(("STOP", "GO"), 4 + 3, 1),
    # In place nothing waits, and nothing is remembered.
    "schedule-publish": Seen(),
    "schedule-summarize": Seen(),
    "schedule-check": Seen(),
    "direct": Seen(("STOP",), 3, 1),
    # A push and a direct invocation of the same image; a queue is told failures alone.
    "sqs-batch": Seen((), 3 + 3, 2),
    "unknown": Seen(),
}


# The recording that shows an event best, where it is not `stop`.
FITTING = {
    "ecr-push-superseded": "superseded_push",
    "schedule-rule": "sweep",
    "schedule-scheduler": "sweep",
    "schedule-tags": "sweep",
}


def shown(recording: str, event: str | None = "ecr-push", **variables: str) -> str:
    """What is printed; without an event, that of the recording."""
    events = [] if event is None else [str(EVENTS / f"{event}.json")]
    done = run("replay", str(FOLDER / f"{recording}.har"), *events, variables=variables)
    assert done.err == ""
    return done.out


def test_every_event_file_is_expected_to_come_to_something() -> None:
    assert {file.stem for file in EVENTS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("event", EXPECTED)
def test_an_event_comes_to_what_its_name_says(event: str) -> None:
    printed = shown(FITTING.get(event, "stop"), event)
    assert seen(printed) == EXPECTED[event]
    assert [line for line in printed.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ("ecr-push-untagged", "The event was ignored: the push has no tag: "),
        ("ecr-push-helm-chart", "The event was ignored: the media type "),
        ("ecr-push-signature", "The event was ignored: the tag"),
        ("ecr-push-failed", "The event was ignored: the push ended with FAILURE."),
        ("ecr-delete", "The event was ignored: the action DELETE is no push."),
        ("unknown", "The invocation failed.\nEventRefused: "),
    ],
)
def test_an_event_that_gates_nothing_is_told_with_the_reason(event: str, line: str) -> None:
    printed = shown("stop", event)
    assert (
        f"\nAnchore was asked nothing.\n\nWhat the function answered {'─' * 53}\n{line}" in printed
    )
    assert printed.endswith("\nNo notice was published: nothing is new.\n")


def test_a_sweep_gates_what_runs_under_a_tag_that_has_moved_on() -> None:
    """Three requests an image, one for what Anchore does not know, two lists."""
    printed = shown("old_digest", None)
    assert seen(printed) == Seen(("GO", "GO", "NOT_FOUND", "STOP"), 12, 1)
    assert "an old payments/api:2.4.1 may still run: 6" in printed


def test_a_batch_is_told_as_the_queue_gets_it() -> None:
    assert '\n{"batchItemFailures": []}\n' in shown("stop", "sqs-batch")


@pytest.mark.parametrize("event", ["ecr-push", "direct"])
def test_requests_are_told_by_shortened_digests_and_whole_parameters(event: str) -> None:
    printed = shown("stop", event)
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
    ],
)
def test_another_recording_comes_to_its_own_outcome(recording: str, expected: Seen) -> None:
    assert seen(shown(recording)) == expected


@pytest.mark.parametrize(
    ("recording", "error"),
    [
        ("unauthorized", "AnchoreUnauthorized: findActiveImage: HTTP 401 'Unauthorized'"),
        ("server_error", "AnchoreServerError: findActiveImage: HTTP 500"),
    ],
)
def test_a_failed_invocation_is_told_as_lambda_would_report_it(recording: str, error: str) -> None:
    printed = shown(recording)
    assert f"\nThe invocation failed.\n{error}" in printed
    assert "demo-only" not in printed


# --- without an event: what the recording was asked


@pytest.mark.parametrize(
    ("recording", "words", "expected"),
    [
        ("stop", "a direct invocation", Seen(("STOP",), 3, 1)),
        ("arazzo_stop", "a direct invocation", Seen(("STOP",), 3, 1)),
        ("pending", "a direct invocation", Seen(("PENDING",), 1)),
        ("sweep", "a sweep", EXPECTED["schedule-rule"]),
    ],
)
def test_a_recording_says_which_event_it_answers(
    recording: str, words: str, expected: Seen
) -> None:
    printed = shown(recording, event=None)
    assert printed.startswith(f"\n{words} on the recording {recording}\n")
    assert seen(printed) == expected


def test_an_arazzo_recording_is_asked_for_in_that_dialect() -> None:
    printed = shown("arazzo_stop")
    assert seen(printed) == Seen(("STOP",), 3, 1)
    assert "the image's tag is not verified" in " ".join(printed.split())


def test_a_sweep_of_what_runs_fails_on_an_inventory_that_is_as_old_as_the_recording() -> None:
    events = str(EVENTS / "schedule-rule.json")
    variables = {"WATCH": "running", "RUNNING_WITHIN_HOURS": "1"}
    done = run("replay", str(FOLDER / "sweep.har"), events, variables=variables)
    assert done.status == 2
    assert "what runs is not known: the inventory is stale" in done.out + done.err


def test_a_sweep_of_what_is_active_does_not_ask_what_runs() -> None:
    expected = Seen(("STOP", "GO", "NOT_FOUND"), 2 + 4 + 3 + 1, 1)
    assert seen(shown("sweep", "schedule-rule", WATCH="active")) == expected


def test_the_environment_overrides_what_the_recording_was_asked() -> None:
    printed = shown("stop", BASE_IMAGE="true")
    assert seen(printed) == Seen(("STOP",), 3, 1)
    assert printed.count("base_digest=auto") == 2


def test_the_real_anchore_and_the_real_aws_are_forgotten() -> None:
    real = {
        "ANCHORE_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_PROFILE": "production",
        "STOP_TOPIC_ARN": "arn:aws:sns:eu-central-1:210987654321:stops",
        "WORK_QUEUE_URL": "http://127.0.0.1:9/queue",
        "LEDGER_TABLE": "ledger",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
    }
    assert seen(shown("stop", **real)) == Seen(("STOP",), 3, 1)


def test_the_readme_quotes_the_mail_of_a_stop() -> None:
    quote = (FOLDER.parent.parent / "README.md").read_text().split("```\n")[1].split("\n")
    mail = [line.strip("│ \n") for line in shown("stop").splitlines()]
    assert [line for line in quote if line.strip() not in (*mail, "...")] == []
