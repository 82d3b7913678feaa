"""Whatever the sequence of verdicts, faults, crashes and duplicates: what readers can rely on.

Each property sees 60 lives of up to 8 deliveries, the same ones at each run;
PROPERTY_EXAMPLES=5000 looks at so many new ones, which takes minutes.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations, pairwise, product

from hypothesis import strategies as st

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, TriggerKind
from rescan.ledger.entry import Entry
from rescan.outbox.grouping import COLLECTED
from rescan.settings import Settings
from tests.support import life_properties
from tests.support.environment import LEAST
from tests.support.faults import CALLS, Fault
from tests.support.one_image import ERRORS, STATUSES, Answer, Evaluated
from tests.support.tag_life import Delivery, Life, Step

# Values to choose from, not strategies of strategies: a life is drawn in a tenth of the time.
SEVERITIES = [None, "Low", "High", "Critical"]
FINDINGS = [
    {
        cve: severity
        for cve, severity in zip(("CVE-1", "CVE-2"), pair, strict=True)
        if severity != ""
    }
    for pair in product(["", *SEVERITIES], repeat=2)
]
FLAGS = [False, True]
POLICIES = ["policy-1", "policy-2"]
STOPS = [Evaluated("stop", *facts) for facts in product(FINDINGS, FLAGS, POLICIES, FLAGS, FLAGS)]
PLAIN_STOPS = [Evaluated("stop", findings) for findings in FINDINGS]
OTHERS = [
    Evaluated(action, moved=moved, policy=policy, rows_unread=unread)
    for action, moved, policy, unread in product(("go", "warn"), FLAGS, POLICIES, FLAGS)
]
NEVER = datetime.min.replace(tzinfo=UTC)

EVALUATED = st.sampled_from(PLAIN_STOPS) | st.sampled_from(STOPS) | st.sampled_from(OTHERS)
SINGLE_FAULTS = [{call: fault} for call, fault in product(CALLS, Fault)]
FAULTS = [a | b for a, b in combinations(SINGLE_FAULTS, 2)]
NO_FAULTS: dict[str, Fault] = {}
SOME_FAULTS = st.just(NO_FAULTS) | st.sampled_from(SINGLE_FAULTS) | st.sampled_from(FAULTS)

PEACEFUL = {
    "answer": EVALUATED | st.sampled_from(["unknown", *STATUSES, *ERRORS]),
    "minutes": st.sampled_from([1, 20, 24 * 60]),
    "sends": st.sampled_from([TriggerKind.ECR_PUSH, TriggerKind.SCHEDULE, None]),
    "picks": st.integers(0, 3),
}
FAULTY = PEACEFUL | {
    "duplicated": st.booleans(),
    "faults": SOME_FAULTS,
    "overtaken_by": st.none() | EVALUATED,
    "overtaken_at": st.sampled_from(["write", "active_images"]),
    "overtaken_after": st.integers(0, 1),
    "overtaken_with": SOME_FAULTS,
}


RAISED = [Step(Evaluated("stop", {"CVE-1": severity})) for severity in ("Low", "High")]
# Two verdicts of one moment, of which the later one is to be said later.
SAME_MOMENT = [
    Step(Evaluated("stop")),
    Step(Evaluated("go"), overtaken_by=Evaluated("stop"), overtaken_after=0),
    Step(
        Evaluated("go"),
        overtaken_by=Evaluated("stop"),
        overtaken_after=0,
        overtaken_with={"claim": Fault.REFUSED},
    ),
]
UNREADABLE_LEDGER = Step(Evaluated("stop"), sends=None, faults={"read": Fault.REFUSED})


for_any = partial(life_properties.for_any, Step, examples=60, shortest=2)


@for_any(FAULTY, RAISED)
def test_a_message_that_stopped_an_image_is_done_only_when_readers_will_know(
    steps: list[Step],
) -> None:
    for delivery in Life().lives(steps).deliveries:
        said = delivery.done_with
        if said is not None and said.action == "stop" and not given_up(delivery):
            assert delivery.will_read.knows(said)


def given_up(delivery: Delivery) -> bool:
    """Said without a memory, and too old to go back: the next sweep says it behind what waits."""
    first_seen = delivery.gate.first_seen or delivery.at
    is_old = delivery.at - first_seen >= timedelta(hours=Settings.parse(LEAST).pending_hours)
    return is_old and not {"read", "write"}.isdisjoint(delivery.faults)


@for_any(FAULTY, [UNREADABLE_LEDGER])
def test_after_the_faults_the_publisher_leaves_nothing_unsaid(steps: list[Step]) -> None:
    """What repeats waits for the rest of its sweep."""
    life = Life().lives(steps).settles().is_swept().is_quiet_for(COLLECTED)
    assert life.ledger.notices == {}


@for_any(FAULTY)
def test_every_push_that_is_done_was_asked_about(steps: list[Step]) -> None:
    deliveries = Life().lives(steps).settles().deliveries
    pushes = {d.gate.trigger.at for d in deliveries if d.gate.sweep is None}
    assert pushes <= {d.gate.trigger.at for d in deliveries if d.asked}


@for_any(FAULTY, SAME_MOMENT)
def test_after_the_faults_one_sweep_tells_readers_the_truth(steps: list[Step]) -> None:
    """And RECOVERED was said only of a real evaluation, REMINDER and RECOVERED only of a STOP that
    was said."""
    life = Life().lives(steps).settles().is_swept()
    assert life.reader.surprises == ()
    results = [json.loads(notice.result) for notice in life.topic.notices]
    recovered = {result["at"] for result in results if result["event_type"] == "RECOVERED"}
    assert recovered <= set(life.image.cleared)
    assert_readers_know_the_truth(life)


def assert_readers_know_the_truth(life: Life) -> None:
    """Of an image whose list has become empty the next sweep tells it, which must agree."""
    said = life.image.answer
    if isinstance(said, Evaluated) and not said.findings:
        life.is_swept()
    if isinstance(said, Evaluated) and said.is_real:
        assert life.entry.verdict == said.action
        assert said.action != "stop" or life.reader.knows(said)


@for_any(PEACEFUL, [Step(Evaluated("stop", {"CVE-1": "High"})), Step(Evaluated("go", moved=True))])
def test_an_empty_list_ends_no_stop_at_first_sight(steps: list[Step]) -> None:
    """Half an hour before another evaluation has said the same, of the same image."""
    deliveries = Life().lives(steps).settles().deliveries
    for number, last in enumerate(deliveries):
        said = last.answer
        ends = last.before.stopped and last.after.verdict in (Outcome.GO, Outcome.WARN)
        if ends and isinstance(said, Evaluated) and not said.findings:
            assert any(
                last.at - first.at >= timedelta(minutes=30) and is_alike(first.answer, said)
                for first in deliveries[:number]
            )


def is_alike(first: Answer, said: Evaluated) -> bool:
    is_empty = isinstance(first, Evaluated) and first.action != "stop" and not first.findings
    return is_empty and first.moved == said.moved  # type: ignore[union-attr]


@for_any(FAULTY)
def test_no_delivery_takes_what_is_known(steps: list[Step]) -> None:
    deliveries = Life().lives(steps).deliveries
    for delivery in deliveries:
        assert_only_an_evaluation_changes_the_verdict(delivery)
        assert_findings_that_were_not_read_are_not_forgotten(delivery)
        before = delivery.before.sweep
        assert before is None or before <= (delivery.after.sweep or NEVER)
    for newer, older in pairwise(deliveries):
        assert_a_newer_verdict_is_not_overwritten(newer, older)


def assert_only_an_evaluation_changes_the_verdict(delivery: Delivery) -> None:
    if delivery.answer in (*STATUSES, *ERRORS) and not delivery.overtaken:
        assert verdict(delivery.after) == verdict(delivery.before)


def assert_findings_that_were_not_read_are_not_forgotten(delivery: Delivery) -> None:
    said = None if delivery.overtaken else delivery.done_with
    if said is not None and said.action == "stop" and said.findings_unread:
        assert known(delivery.before) <= known(delivery.after)


def assert_a_newer_verdict_is_not_overwritten(newer: Delivery, older: Delivery) -> None:
    if older.outdated and newer.after.evaluated_at == newer.at > older.at:
        assert verdict(older.after) == verdict(newer.after)


def verdict(entry: Entry) -> tuple[object, ...]:
    return entry.verdict, entry.digest, entry.stopping, entry.first_stop_at, entry.evaluated_at


def known(entry: Entry) -> set[FindingKey]:
    return set(entry.stopping.findings)


@for_any(PEACEFUL)
def test_without_faults_nothing_is_said_twice(steps: list[Step]) -> None:
    ids = Life().lives(steps).settles().is_swept().topic.ids
    assert len(ids) == len(set(ids))


@for_any(PEACEFUL)
def test_without_faults_readers_know_whether_an_image_is_stopped_and_hear_no_old_news(
    steps: list[Step],
) -> None:
    deliveries = Life().lives(steps).deliveries
    assert [d for d in deliveries if d.reader.stopped != d.after.stopped] == []
    for before, delivery in pairwise(deliveries):
        is_unchanged = delivery.done_with is not None and delivery.done_with == before.done_with
        if is_unchanged and delivery.at - before.at < timedelta(hours=24):
            assert delivery.reader == before.reader
