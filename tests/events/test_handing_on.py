"""Whose work an event is, with which deadline, and what is answered and logged."""

import json
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aws_lambda_powertools import Logger
from msgspec.structs import replace

from rescan.events.commands import Gate, Summarize, Sweep, SweepPage
from rescan.events.dispatcher import Dispatcher, Handlers
from rescan.events.gate_log import logged
from rescan.events.gate_result import GateResult
from rescan.gate.inventory import RunningImage
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.gate.running import TagInventory
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreForbidden, EventRefused
from rescan.kernel.fate import Fate
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.settings import Settings
from tests.support.anchore_answers import WHERE
from tests.support.environment import LEAST
from tests.support.estate import Log
from tests.support.fakes import NOON

TAG = ImageTag.parse("reg.io/app:1")
DEADLINE = Deadline.after(60)
PAGE = SweepPage(NOON, 3, "one", attempt=2)
GATE = Gate(TAG, Trigger(TriggerKind.SCHEDULE), attempt=3)
REPORT = Report(tag=TAG, trigger=GATE.trigger, outcome=Outcome.GO, reason="it says go")
PUSH = {
    "source": "aws.ecr",
    "detail-type": "ECR Image Action",
    "account": "123456789012",
    "region": "eu-central-1",
    "detail": {
        "action-type": "PUSH",
        "result": "SUCCESS",
        "repository-name": "app",
        "image-tag": "1",
    },
}


class Desk:
    """Remembers who was called with what; each image but one comes to `gated`."""

    def __init__(self, threads: Callable[[int], Executor] = ThreadPoolExecutor) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.log = Log()
        self.gated = GateResult(TAG, REPORT)
        self.breaks_on = ""
        self.dispatcher = Dispatcher(
            lambda: Handlers(
                gate_now=self._gates("gate_now"),
                work=self._gates("work"),
                sweep=lambda sweep, deadline: self._called("sweep", sweep, deadline),
                publish=lambda deadline: self._called("publish", deadline),
                summarize=lambda asked: self._called("summarize", asked),
                check=lambda deadline: self._called("check", deadline),
                page=lambda page, deadline: self._called("page", page, deadline),
            ),
            lambda deadline: self._called("examine", deadline),
            lambda region: "amazonaws.com",
            logger(self.log),
            threads=threads,
        )

    def _gates(self, name: str) -> Callable[[Gate, Deadline], GateResult]:
        def gate_image(gate: Gate, deadline: Deadline) -> GateResult:
            self._called(name, str(gate.tag), deadline)
            if str(gate.tag) == self.breaks_on:
                raise RuntimeError("a defect")
            return self.gated

        return gate_image

    def _called(self, *call: object) -> dict[str, Any]:
        self.calls.append(call)
        return {"called": call[0]}

    def handle(self, event: object) -> dict[str, Any]:
        return self.dispatcher.handle(event, DEADLINE)

    def batch(self, *bodies: object) -> list[str]:
        """The numbers of the records that failed."""
        records = [
            {"eventSource": "aws:sqs", "messageId": str(number), "body": json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
        answer = self.handle({"Records": records})
        assert answer.keys() == {"batchItemFailures"}
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


@pytest.mark.parametrize(
    ("event", "call"),
    [
        ({"publish": "notices"}, ("publish", DEADLINE)),
        ({"summarize": "ledger"}, ("summarize", Summarize())),
        (
            {"summarize": "ledger", "due": "2026-11-24T07:00:00Z"},
            ("summarize", Summarize(datetime(2026, 11, 24, 7, tzinfo=UTC))),
        ),
        ({"check": "feeds"}, ("check", DEADLINE)),
        ({"doctor": True}, ("examine", DEADLINE)),
        ({"sweep_page": msgspec.to_builtins(PAGE)}, ("page", PAGE, DEADLINE)),
    ],
)
@pytest.mark.parametrize("in_a_batch", [False, True])
def test_each_command_has_its_handler_and_the_deadline(
    event: object, call: tuple[object, ...], in_a_batch: bool
) -> None:
    desk = Desk()
    if in_a_batch:
        assert desk.batch(event) == []
    else:
        assert desk.handle(event) == {"called": call[0]}
    assert desk.calls == [call]


def test_a_schedule_s_list_of_tags_is_swept() -> None:
    desk = Desk()
    assert desk.handle({"tags": [str(TAG)]}) == {"called": "sweep"}
    [(name, sweep, deadline)] = desk.calls
    assert isinstance(sweep, Sweep)
    assert (name, deadline) == ("sweep", DEADLINE)


def test_a_push_that_comes_by_itself_is_gated_at_once_and_answered_in_short() -> None:
    desk = Desk()
    answer = desk.handle(PUSH)
    tag = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1"
    assert desk.calls == [("gate_now", tag, DEADLINE)]
    assert [result["outcome"] for result in answer["results"]] == ["go"]


def test_a_direct_call_is_gated_at_once_and_answered_in_full() -> None:
    desk = Desk()
    answer = desk.handle({"tag": str(TAG)})
    assert desk.calls == [("gate_now", str(TAG), DEADLINE)]
    assert (answer["outcome"], answer["vulnerabilitiesTotal"]) == ("go", 0)


def test_an_image_of_a_batch_is_worked_on() -> None:
    desk = Desk()
    assert desk.batch(PUSH, {"tag": str(TAG)}, {"rescan": own(GATE)}) == []
    assert {call[0] for call in desk.calls} == {"work"}
    assert len(desk.calls) == 3


def logger(log: Log) -> Logger:
    return Logger(service=f"events-{uuid4()}", stream=log.stream)


def own(gate: Gate) -> dict[str, Any]:
    """A message of the function's own queue, as it reads it back."""
    decoded: dict[str, Any] = json.loads(gate.encode())["rescan"]
    return decoded


def test_a_page_is_read_as_it_was_encoded() -> None:
    desk = Desk()
    desk.handle(json.loads(PAGE.encode()))
    assert desk.calls == [("page", PAGE, DEADLINE)]


def test_a_message_of_our_own_is_read_back_as_it_was_sent() -> None:
    assert json.loads(GATE.encode()).keys() == {"rescan"}
    desk = Desk()
    assert desk.batch(json.loads(GATE.encode())) == []
    with pytest.raises(EventRefused, match="Expected a message of this function's own queue"):
        desk.handle({"rescan": {**own(GATE), "later": 1}})


def test_a_page_that_a_later_version_sent_is_refused() -> None:
    page = {**msgspec.to_builtins(PAGE), "later": 1}
    with pytest.raises(EventRefused, match="Expected a message of this function's own queue"):
        Desk().handle({"sweep_page": page})


def test_each_record_of_a_batch_has_a_thread() -> None:
    asked: list[int] = []

    def threads(number: int) -> ThreadPoolExecutor:
        asked.append(number)
        return ThreadPoolExecutor(number)

    desk = Desk(threads)
    assert desk.batch(PUSH, PUSH, PUSH) == []
    assert desk.batch(PUSH) == []
    assert asked == [3]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            '{"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}',
            "The event was refused: it is a batch within a batch. Expected one event as JSON.",
        ),
        ("no JSON", "The event was refused: its body is no JSON: "),
    ],
)
def test_a_record_that_is_no_event_says_so(body: str, reason: str) -> None:
    desk = Desk()
    record = {"eventSource": "aws:sqs", "messageId": "m1", "body": body}
    assert desk.handle({"Records": [record]}) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    [line] = desk.log.lines("record failed")
    assert line["reason"].startswith(reason)
    assert line["reason"].endswith("Expected one event as JSON.")
    assert (line["fate"], line["sqs_message_id"]) == (Fate.STOP.value, "m1")


def test_a_record_that_breaks_the_code_fails_alone() -> None:
    desk = Desk()
    desk.breaks_on = "reg.io/broken:1"
    assert desk.batch({"tag": "reg.io/broken:1"}, {"summarize": "ledger"}) == ["0"]
    [line] = desk.log.lines("record failed unexpectedly")
    assert "a defect" in line["exception"]


def test_the_lines_of_what_follows_do_not_name_a_record_of_before() -> None:
    desk = Desk()
    deleted = PUSH | {"detail": {**PUSH["detail"], "action-type": "DELETE"}}  # type: ignore[dict-item]
    desk.batch(deleted)
    desk.handle(deleted)
    of_the_record, alone = desk.log.lines("event ignored")
    assert of_the_record["sqs_message_id"] == "0"
    assert "sqs_message_id" not in alone


def test_the_work_asks_for_what_its_message_names() -> None:
    settings = Settings.parse(LEAST)
    gate = replace(GATE, digest="sha256:" + "a" * 64, feeds="f1", vtype="os", policy_id="p")
    request = gate.request(settings)
    assert (request.digest, request.feeds) == (gate.digest, "f1")
    assert (request.vtype, request.policy_id) == ("os", "p")
    assert (request.old_digest, request.running) == (None, frozenset())


def test_the_work_knows_the_digests_that_its_sweep_saw_running() -> None:
    old, other = (Digest(f"sha256:{letter * 64}") for letter in "ab")
    seen = TagInventory(
        NOON, (RunningImage(None, other, (), 0), RunningImage(str(TAG), None, (), 0))
    )
    request = replace(GATE, old_digest=old, running=seen).request(Settings.parse(LEAST))
    assert (request.old_digest, request.running) == (old, frozenset({other}))


def test_patterns_without_a_list_are_refused_with_what_to_write() -> None:
    settings = Settings.parse(LEAST | {"ANCHORE_DIALECT": "arazzo", "WATCHED_TAGS": "reg.io/a:1"})
    desk = Desk()
    desk.handle({"tags": ["reg.io/*"]})
    [(_, sweep, _)] = desk.calls
    assert isinstance(sweep, Sweep)
    with pytest.raises(EventRefused) as refused:
        sweep.watched(settings)
    assert str(refused.value) == (
        "The event was refused: patterns need a list of the active tags, which the arazzo dialect"
        " lacks. Expected tags without *."
    )


# --- one line an image


@pytest.mark.parametrize(
    ("gated", "level", "message"),
    [
        (GateResult(TAG, REPORT), "INFO", "image gated"),
        (GateResult(TAG, replace(REPORT, outcome=Outcome.STOP)), "INFO", "image gated"),
        (GateResult(TAG, replace(REPORT, outcome=Outcome.NOT_FOUND)), "WARNING", "image gated"),
        (GateResult(TAG, replace(REPORT, outcome=Outcome.NOT_EVALUATED)), "WARNING", "image gated"),
        (
            GateResult(TAG, replace(REPORT, outcome=Outcome.NOT_FOUND), requeued=True),
            "INFO",
            "image gone back",
        ),
        (GateResult(TAG, requeued=True, why="no connection"), "INFO", "image gone back"),
    ],
)
def test_a_result_that_a_person_should_look_into_is_a_warning(
    gated: GateResult, level: str, message: str
) -> None:
    log = Log()
    assert logged(lambda gate, deadline: gated, logger(log))(GATE, DEADLINE) is gated
    [line] = log.lines(message)
    assert (line["level"], line["tag"], line["trigger"], line["attempt"]) == (
        level,
        str(TAG),
        "schedule",
        3,
    )
    assert line.get("outcome") == (gated.outcome and gated.outcome.value)


def test_an_error_is_logged_with_its_class_its_fate_and_what_to_do() -> None:
    log = Log()
    error = AnchoreForbidden("HTTP 403", advice="Ask.", **WHERE)

    def fails(gate: Gate, deadline: Deadline) -> GateResult:
        raise error

    with pytest.raises(AnchoreForbidden):
        logged(fails, logger(log))(GATE, DEADLINE)
    [line] = log.lines("image failed")
    told = {name: line[name] for name in ("tag", "trigger", "attempt", "error", "fate", "reason")}
    assert told == {
        "tag": str(TAG),
        "trigger": "schedule",
        "attempt": 3,
        "error": "AnchoreForbidden",
        "fate": error.fate.value,
        "reason": str(error),
    }
