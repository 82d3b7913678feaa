"""What each event is answered without a queue and a ledger, on an Anchore and a topic in memory."""

import json
from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan.kernel.side_by_side import MOST
from tests.support.estate import DIGEST, UNREACHABLE, Estate, Log

Dispatch = Callable[..., dict[str, Any]]
SCHEDULE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
A, B, C = "reg.io/a:1", "reg.io/b:1", "reg.io/c:1"


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def dispatch(log: Log) -> Dispatch:
    def handle(
        estate: Estate, event: object, deadline: Deadline | None = None, **settings: str
    ) -> dict[str, Any]:
        estate.log = log
        return estate.handle(event, deadline, **settings)

    return handle


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {result["tag"]: result["outcome"] for result in answer["results"]}


def test_a_stop_is_published_and_answered(dispatch: Dispatch) -> None:
    estate = Estate({A: "stop"})
    answer = dispatch(estate, {"tags": [A]})
    assert answer == {
        "results": [
            {
                "tag": A,
                "outcome": "stop",
                "imageDigest": DIGEST,
                "finalAction": "stop",
                "policyId": "p1",
                "vulnerabilities": {"unknown": 1},
                "notification": "published",
                "reason": "Anchore stops the image and lists no finding that does",
            }
        ]
    }
    assert len(estate.subjects) == 1


@pytest.mark.parametrize("outcome", ["warn", "go", "unknown", "analyzing", "never-seen"])
def test_nothing_but_a_stop_is_published(dispatch: Dispatch, outcome: str) -> None:
    estate = Estate({A: outcome, B: "go"})
    answer = dispatch(estate, {"tags": [A, B]})
    assert (answer["results"][0]["notification"], estate.subjects) == ("none", [])


def test_a_direct_invocation_overrides_the_settings(dispatch: Dispatch) -> None:
    estate = Estate({A: "go"})
    settings = {"POLICY_ID": "configured", "VULNERABILITY_TYPE": "all"}
    dispatch(estate, {"tag": A, "vtype": "os", "policyId": "asked"}, **settings)
    assert estate.requests == [("refresh", "os"), ("check", "asked")]


def test_the_settings_hold_for_what_the_event_does_not_say(dispatch: Dispatch) -> None:
    estate = Estate({A: "go"})
    settings = {"POLICY_ID": "configured", "VULNERABILITY_TYPE": "non-os"}
    dispatch(estate, {"tag": A}, **settings)
    assert estate.requests == [("refresh", "non-os"), ("check", "configured")]


def test_a_stop_is_told_to_the_team_of_its_repository(dispatch: Dispatch) -> None:
    estate = Estate({A: "stop", B: "stop"})
    dispatch(estate, {"tags": [A, B]}, TEAMS="a=team-a")
    assert estate.teams == ["team-a", "unrouted"]


def test_one_line_is_logged_per_image(dispatch: Dispatch, log: Log) -> None:
    dispatch(Estate({A: "stop", B: "go", C: UNREACHABLE}), SCHEDULE)
    gated = [(line["level"], line["tag"], line["outcome"]) for line in log.lines("image gated")]
    assert gated == [("INFO", A, "stop"), ("INFO", B, "go")]
    failed = log.lines("image failed")
    assert [(line["level"], line["tag"], line["fate"]) for line in failed] == [
        ("ERROR", C, "retry")
    ]


def test_an_ignored_event_says_why_in_answer_and_log(dispatch: Dispatch, log: Log) -> None:
    event = {
        "source": "aws.ecr",
        "detail-type": "ECR Image Action",
        "account": "123456789012",
        "region": "eu-central-1",
        "detail": {"action-type": "DELETE", "result": "SUCCESS", "repository-name": "a"},
    }
    estate = Estate()
    answer = dispatch(estate, event)
    assert answer == {"results": [], "ignored": "the action DELETE is no push"}
    assert [line["reason"] for line in log.lines("event ignored")] == [answer["ignored"]]
    assert estate.asked == []


def test_an_unknown_event_is_refused_before_any_request(dispatch: Dispatch) -> None:
    estate = Estate({A: "stop"})
    with pytest.raises(errors.EventRefused):
        dispatch(estate, {"image": A})
    assert estate.asked == []


@pytest.mark.parametrize("event", [{"tag": A}, {"tags": [A]}], ids=["direct", "sweep"])
def test_a_publish_that_fails_fails_the_invocation(
    dispatch: Dispatch, event: dict[str, object]
) -> None:
    with pytest.raises(errors.RescanError, match="SNS did not take the notice"):
        dispatch(Estate({A: "stop"}, publish_fails=True), event)


def test_an_error_of_anchore_fails_a_direct_invocation(dispatch: Dispatch) -> None:
    with pytest.raises(errors.AnchoreUnreachable):
        dispatch(Estate({A: UNREACHABLE}), {"tag": A})


def test_there_is_no_summary_of_what_is_not_remembered(dispatch: Dispatch) -> None:
    asked = {"summarize": "ledger"}
    record = {"eventSource": "aws:sqs", "messageId": "1", "body": json.dumps(asked)}
    estate = Estate()
    ignored = "without a ledger there is nothing to sum up"
    assert dispatch(estate, asked) == {"results": [], "ignored": ignored}
    assert dispatch(estate, {"Records": [record]}) == {"batchItemFailures": []}
    assert estate.subjects == []


# --- sweeps


def test_without_a_watch_list_every_active_tag_is_gated(dispatch: Dispatch) -> None:
    answer = dispatch(Estate({A: "stop", B: "warn", C: "analyzing"}), SCHEDULE)
    assert outcomes(answer) == {A: "stop", B: "warn", C: "pending"}


def test_a_watch_list_narrows_the_sweep(dispatch: Dispatch) -> None:
    estate = Estate({A: "go", B: "go"})
    answer = dispatch(estate, SCHEDULE, WATCHED_TAGS=f"{C},reg.io/b:*")
    assert outcomes(answer) == {C: "not_found", B: "go"}


def test_a_pattern_without_a_match_is_logged(dispatch: Dispatch, log: Log) -> None:
    dispatch(Estate({A: "go"}), SCHEDULE, WATCHED_TAGS="reg.io/*:1,reg.io/typo:*")
    warned = log.lines("a watched pattern matches no active tag")
    assert [line["pattern"] for line in warned] == ["reg.io/typo:*"]


def test_one_image_s_failure_does_not_end_the_others(dispatch: Dispatch) -> None:
    estate = Estate({A: UNREACHABLE, B: "stop"})
    answer = dispatch(estate, SCHEDULE)
    assert outcomes(answer) == {A: "not_evaluated", B: "stop"}
    assert answer["results"][0]["reason"] == str(UNREACHABLE)
    assert len(estate.subjects) == 1


def test_a_crash_on_one_image_fails_the_sweep_after_the_others_had_their_turn(
    dispatch: Dispatch,
) -> None:
    estate = Estate({A: RuntimeError("a defect"), B: "stop"})
    with pytest.raises(errors.SweepIncomplete, match=r"1 of 2 images were answered.*a defect"):
        dispatch(estate, SCHEDULE)
    assert len(estate.subjects) == 1


def test_a_sweep_that_evaluated_nothing_fails(dispatch: Dispatch) -> None:
    with pytest.raises(errors.SweepIncomplete, match=r"no image was evaluated.*no connection"):
        dispatch(Estate({A: UNREACHABLE, B: UNREACHABLE}), SCHEDULE)


def test_an_account_without_images_is_a_sweep_of_none(dispatch: Dispatch) -> None:
    assert dispatch(Estate(), SCHEDULE) == {"results": []}


def test_a_sweep_that_runs_out_of_time_says_how_many_had_no_turn(dispatch: Dispatch) -> None:
    now = [0.0]

    def tick() -> None:
        now[0] += 40.0

    estate = Estate({A: "go", B: "stop", C: "stop"}, clock=tick)
    with pytest.raises(errors.SweepIncomplete, match=r"2 of 3.*no time was left for 1 images"):
        dispatch(estate, SCHEDULE, Deadline(60.0, lambda: now[0]))
    assert estate.asked == [A, B]


def test_the_arazzo_dialect_refuses_a_pattern_of_an_event(dispatch: Dispatch) -> None:
    settings = {"ANCHORE_DIALECT": "arazzo", "WATCHED_TAGS": A}
    with pytest.raises(errors.EventRefused, match="the arazzo dialect lacks"):
        dispatch(Estate({A: "go"}), {"tags": ["reg.io/*"]}, **settings)


# --- batches


def batch(*bodies: object) -> dict[str, Any]:
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    records = [
        {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": text, "attributes": {}}
        for n, text in enumerate(texts)
    ]
    return {"Records": records}


def failed(answer: dict[str, Any]) -> list[str]:
    assert list(answer) == ["batchItemFailures"]
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_records_fail_each_for_itself(dispatch: Dispatch) -> None:
    estate = Estate({A: "stop", B: UNREACHABLE, C: "go"})
    answer = dispatch(estate, batch({"tag": A}, {"tag": B}, "no JSON", {"x": 1}, {"tag": C}))
    assert (failed(answer), sorted(estate.asked), len(estate.subjects)) == (
        ["m1", "m2", "m3"],
        [A, B, C],
        1,
    )


def test_a_batch_whose_records_all_fail_is_answered_too(dispatch: Dispatch) -> None:
    assert failed(dispatch(Estate(), batch("[]", "null", batch({"tag": A})))) == ["m0", "m1", "m2"]


@pytest.mark.parametrize(
    ("outcome", "comes_back"),
    [("go", []), ("stop", []), ("unknown", []), ("never-seen", []), ("analyzing", ["m0"])],
)
def test_only_a_pending_image_comes_back(
    dispatch: Dispatch, outcome: str, comes_back: list[str]
) -> None:
    assert failed(dispatch(Estate({A: outcome}), batch({"tag": A}))) == comes_back


def test_a_stop_that_could_not_be_published_comes_back(dispatch: Dispatch) -> None:
    assert failed(dispatch(Estate({A: "stop"}, publish_fails=True), batch({"tag": A}))) == ["m0"]


def test_a_record_without_time_left_comes_back_unasked(dispatch: Dispatch) -> None:
    now = [0.0]

    def tick() -> None:
        now[0] += 100.0

    estate = Estate({A: "go", B: "stop"}, clock=tick)
    answer = dispatch(estate, batch({"tag": A}, {"tag": B}), Deadline(60.0, lambda: now[0]))
    assert (failed(answer), estate.asked) == (["m1"], [A])


def test_all_images_of_the_largest_batch_are_gated_side_by_side(dispatch: Dispatch) -> None:
    all_of_them = Barrier(MOST, timeout=30)

    def wait_for_the_others() -> None:
        all_of_them.wait()

    tags = [f"reg.io/app:{number}" for number in range(MOST)]
    estate = Estate(dict.fromkeys(tags, "go"), clock=wait_for_the_others)
    assert failed(dispatch(estate, batch(*({"tag": tag} for tag in tags)))) == []


def test_every_shape_may_stand_in_a_queue(dispatch: Dispatch) -> None:
    estate = Estate({A: "stop", B: "go"})
    assert failed(dispatch(estate, batch(SCHEDULE, {"tags": [A]}, {"tag": B}))) == []
    assert sorted(estate.asked) == [A, A, B, B]
