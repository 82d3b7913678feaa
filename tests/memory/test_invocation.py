"""An invocation without queue and ledger: all that is new is published before it answers."""

import json
from datetime import timedelta
from typing import Any

import pytest

from rescan.events.commands import Gate
from rescan.gate.evaluation import Allowlisted
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import PublishFailed, SecretUnusable, SweepIncomplete
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.publish_fault import PublishFault
from rescan.memory.invocation import Invocation
from rescan.outbox.notice import Notice
from tests.support.entries import finding
from tests.support.estate import Estate
from tests.support.fakes import NOON

SWEEP = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
A, B, C, D = (f"reg.io/{name}:1" for name in "abcd")
CVE = (finding("CVE-1"),)


def tags(number: int) -> list[str]:
    return [f"reg.io/app:{n}" for n in range(number)]


def images_of(notice: Notice) -> list[str]:
    result = json.loads(notice.result)
    group = result["group"]
    return [m["full_tag"] for m in group["members"]] if group else [result["image"]["full_tag"]]


def batch(*names: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": json.dumps({"tag": name})}
            for n, name in enumerate(names)
        ]
    }


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


# --- together, and in time


@pytest.mark.parametrize(("images", "messages"), [(10, 10), (11, 1), (60, 1)])
def test_more_stops_than_digest_above_are_one_message(images: int, messages: int) -> None:
    estate = Estate(dict.fromkeys(tags(images), "stop"), findings=CVE)
    answer = estate.handle(SWEEP)
    assert [result["notification"] for result in answer["results"]] == ["published"] * images
    assert len(estate.notices) == messages
    named = [name for notice in estate.notices for name in images_of(notice)]
    assert sorted(named) == sorted(tags(images))


def test_messages_are_paced() -> None:
    estate = Estate({A: "stop", B: "stop", C: "stop"})
    estate.handle(SWEEP)
    assert estate.now - NOON >= timedelta(seconds=0.5)


def test_one_run_of_the_publisher_need_not_take_all() -> None:
    """It begins no message after 45 s."""
    estate = Estate(dict.fromkeys((A, B, C, D), "stop"), sns_seconds=20)
    estate.handle(SWEEP)
    assert len(estate.notices) == 4


def test_a_storm_holds_nothing_back_for_a_later_message() -> None:
    """With a ledger, the third image of a storm waits for the next window."""
    estate = Estate(dict.fromkeys(tags(6), "stop"), findings=CVE)
    invocation = Invocation(estate.container(DIGEST_ABOVE="1"))
    for name in tags(6):
        gate = Gate(ImageTag.parse(name), Trigger(TriggerKind.DIRECT))
        assert invocation.gate_now(gate, Deadline.after(60)).notification == "published"
    assert [images_of(notice) for notice in estate.notices] == [[name] for name in tags(6)]


def test_an_allowlist_item_that_ends_soon_is_news() -> None:
    held = finding("CVE-1", allowlisted=True)
    ends = Allowlisted(held, "Ours", ends=True, until=NOON + timedelta(days=3))
    estate = Estate({A: "go"}, findings=(held,), allowlisted=(ends,))
    answer = estate.handle({"tag": A})
    assert (answer["outcome"], answer["notification"]) == ("go", "published")
    assert [notice.attributes["event_type"] for notice in estate.notices] == ["EXPIRING"]


def test_nothing_is_remembered_from_one_invocation_to_the_next() -> None:
    estate = Estate({A: "stop"})
    answers = [estate.handle({"tag": A}) for _ in range(2)]
    assert [answer["notification"] for answer in answers] == ["published"] * 2
    assert len(estate.notices) == 2


# --- time


def test_an_image_that_others_follow_gets_half_of_the_time() -> None:
    estate = Estate({A: "go", B: "go", C: "go"})
    estate.handle(SWEEP, Deadline(60.0, lambda: 20.0))
    assert estate.deadlines == [40.0, 40.0, 60.0]


def late(estate: Estate, grace: float) -> Deadline:
    """An image takes 40 of the 60 seconds."""
    now = [0.0]

    def tick() -> None:
        now[0] += 40.0

    estate.clock = tick
    return Deadline(60.0, lambda: now[0], grace)


def test_what_was_found_is_published_though_the_time_for_gating_is_over() -> None:
    estate = Estate({A: "stop", B: "stop", C: "stop"})
    with pytest.raises(SweepIncomplete, match=r"no time was left for 1 images$"):
        estate.handle(SWEEP, late(estate, grace=30))
    assert [images_of(notice) for notice in estate.notices] == [[A], [B]]


def test_what_there_is_no_time_to_publish_is_named() -> None:
    estate = Estate({A: "stop", B: "stop", C: "stop"})
    unpublished = r"STOP.* a:1.*STOP.* b:1.*No time was left.*no time was left for 1 images"
    with pytest.raises(SweepIncomplete, match=unpublished):
        estate.handle(SWEEP, late(estate, grace=10))
    assert estate.notices == []


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(SecretUnusable("no credentials"), id="known"),
        pytest.param(RuntimeError("no credentials"), id="unknown"),
    ],
)
def test_an_image_that_fails_fails_the_sweep_behind_the_others(error: Exception) -> None:
    estate = Estate({A: error, B: "stop"})
    with pytest.raises(
        SweepIncomplete, match=rf"1 of 2 images were answered\. {A}: no credentials"
    ):
        estate.handle(SWEEP)
    assert [images_of(notice) for notice in estate.notices] == [[B]]


def test_an_unknown_error_fails_its_own_record_alone() -> None:
    estate = Estate({A: RuntimeError("broken"), B: "stop"})
    assert failed(estate.handle(batch(A, B))) == ["m0"]
    assert [images_of(notice) for notice in estate.notices] == [[B]]
    assert estate.log.lines("record failed unexpectedly") != []


# --- notices that SNS does not take


def test_a_refused_notice_is_named_by_its_subject_and_the_reason() -> None:
    estate = Estate({A: "stop"}, publish_fails=True)
    with pytest.raises(PublishFailed, match=r"STOP.* a:1.*SNS did not take the notice"):
        estate.handle({"tag": A})


OF_ONE_NOTICE = [PublishFault.MOMENT, PublishFault.MESSAGE, PublishFault.IN_DOUBT]


@pytest.mark.parametrize("fault", OF_ONE_NOTICE)
def test_a_sweep_publishes_what_sns_takes_and_names_the_rest(fault: PublishFault) -> None:
    estate = Estate({A: "stop", B: "stop", C: "go"}, refuses=(" a:1",), fault=fault)
    with pytest.raises(SweepIncomplete, match=r"3 of 3 images were answered\. .*STOP.* a:1"):
        estate.handle(SWEEP)
    assert [images_of(notice) for notice in estate.notices] == [[B]]


def test_a_group_that_is_refused_fails_the_sweep() -> None:
    estate = Estate(dict.fromkeys(tags(30), "stop"), findings=CVE, publish_fails=True)
    with pytest.raises(SweepIncomplete, match="Notices not published: 30: STOP"):
        estate.handle(SWEEP)


def test_a_record_fails_for_its_own_notice_alone() -> None:
    estate = Estate({A: "stop", B: "stop", C: "go"}, refuses=(" a:1",))
    assert failed(estate.handle(batch(A, B, C))) == ["m0"]
    assert [images_of(notice) for notice in estate.notices] == [[B]]


# --- the records of a batch share a memory


def test_an_image_that_two_records_name_is_published_once() -> None:
    estate = Estate({A: "stop"})
    assert failed(estate.handle(batch(A, A))) == []
    assert (estate.asked, len(estate.notices)) == ([A, A], 1)


def test_both_records_fail_when_their_image_s_notice_is_refused() -> None:
    estate = Estate({A: "stop"}, publish_fails=True)
    assert failed(estate.handle(batch(A, A))) == ["m0", "m1"]


def test_every_record_of_a_large_batch_is_published_before_it_is_answered() -> None:
    estate = Estate(dict.fromkeys(tags(40), "stop"), findings=CVE)
    assert failed(estate.handle(batch(*tags(40)))) == []
    named = [name for notice in estate.notices for name in images_of(notice)]
    assert sorted(named) == sorted(tags(40))
