"""Chat messages: the same facts as the mail's, in a shape and in words that every chat shows."""

import json
from typing import Any, get_args

import boto3
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from moto import mock_aws
from msgspec.structs import replace

from rescan.aws.sns_topic import StopTopic
from rescan.gate.model import Outcome, Trigger, TriggerKind
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.ends import SILENCE, after_silence
from rescan.ledger.entry import Entry, subject_of
from rescan.ledger.failing import Failing
from rescan.ledger.news import ImageEvent, News, StopNews
from rescan.ledger.transitions import after_failure, after_verdict
from rescan.notice.foreign import foreign, in_chat
from tests.support.entries import HOUR, PACE
from tests.support.notices.announced import NOW, expiring, held, not_evaluated, stop
from tests.support.notices.chat import SCHEMA, errors, outside_of_spans
from tests.support.notices.foreign_texts import FOREIGN_TEXTS, in_foreign_texts
from tests.support.notices.golden import chat_files_of
from tests.support.notices.outbox_texts import chat_of
from tests.support.notices.rendered import CASES, chat, chat_notice, mail
from tests.support.notices.reports import TAG, evaluation, typical


def message_of(news: News) -> Any:
    """The body, decoded by another decoder than ours."""
    return json.loads(chat_of(news).body)


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert errors({}) != []


# --- the golden ones


@pytest.mark.parametrize("case", CASES)
def test_chat_message_is_the_golden_one(case: str) -> None:
    expected = chat_files_of(case, chat(case))
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected


@pytest.mark.parametrize("case", CASES)
def test_chat_message_has_the_shape_that_amazon_q_takes(case: str) -> None:
    assert errors(json.loads(chat(case).body)) == []


@pytest.mark.parametrize("case", CASES)
def test_filters_choose_chat_and_mail_alike(case: str) -> None:
    assert chat(case).attributes == mail(case).attributes
    assert chat(case).subject == mail(case).subject


# --- limits


def test_findings_are_cut_honestly() -> None:
    description = json.loads(chat("stop_storm").body)["content"]["description"]
    listed = [line for line in description.split("\n") if line.startswith("- CRITICAL")]
    assert len(listed) == 10
    assert description.endswith("\n- 10 of 20,000 shown, the worst ones")


def test_expiring_says_until_when_what_holds_and_what_to_do() -> None:
    nss_tools = held("CVE-2020-25648+nss-tools", NOW + 48 * HOUR, allowlist="Accepted *risks*")
    later = held("CVE-2019-25013+glibc-common", NOW + 480 * HOUR)
    message = message_of(expiring(nss_tools, later))
    content = message["content"]
    until = "2026-11-26 21:51 UTC"
    assert errors(message) == []
    assert content["title"] == (
        "EXPIRING: GO until 2026-11-26, then STOP (high): `payments/api:2.4.1`"
    )
    assert content["description"].split("\n\n")[0] == (
        f"EXPIRING, high: `payments/api:2.4.1` is GO until {until},"
        " then STOP on `CVE-2020-25648 nss-tools`."
    )
    listed = content["description"].split("\n")
    assert listed[2] == f"- Ends {until} (2 d)"
    assert listed[-2:] == [
        "- 1 further finding is allowlisted until 2026-12-14 21:51 UTC (20 d) at least",
        "- HIGH `CVE-2020-25648` in `nss-tools 3.53.1-3.el7_9`, fixed in `0:3.53.1-7.el7_9`,"
        f" allowlisted until {until}",
    ]
    assert content["nextSteps"][:2] == [
        "The finding has a fix: update, rebuild and push the image before then.",
        "If the risk is accepted for longer, have the owner of the policy give the allowlist item"
        " of `Accepted *risks*` a later end.",
    ]
    assert content["keywords"] == ["EXPIRING", "high", "fix available"]
    assert message["metadata"]["eventType"] == "EXPIRING"


# --- text of others


@pytest.mark.parametrize("case", sorted(CASES.keys() - {"stop_storm", "summary_many"}))
@given(texts=FOREIGN_TEXTS)
@settings(max_examples=3, deadline=None, database=None, derandomize=True)
def test_text_of_others_in_every_golden_case_stands_in_code_spans_alone(
    case: str, texts: list[str]
) -> None:
    foreign_case = in_foreign_texts(CASES[case](), texts)
    assert outside_of_spans(json.loads(chat_notice(foreign_case).body)) == []


@pytest.mark.parametrize(
    ("text", "span"),
    [
        pytest.param("*bold* _it_ ~no~", "`*bold* _it_ ~no~`", id="formatting"),
        pytest.param("<!here> <@U1>", "`\u2039!here\u203a \u2039@U1\u203a`", id="slack-mentions"),
        pytest.param("[a](https://x.y)", "`[a](https://x.y)`", id="link"),
        pytest.param("a`b``c", "`a'b''c`", id="backticks"),
        pytest.param("a\n\n# b\x00", "`a # b`", id="lines"),
        pytest.param("a\\", "`a\\`", id="backslash-at-the-end"),
        pytest.param(" \u200b", "`not said`", id="nothing"),
        pytest.param("x" * 401, f"`{'x' * 397}...`", id="long"),
    ],
)
def test_code_span_holds_a_text_that_formats_nothing(text: str, span: str) -> None:
    assert in_chat(foreign(text, 500)) == span


def test_age_of_less_than_an_hour_is_no_reference_of_slack() -> None:
    failing = Failing(NOW, "regate", "HTTP 500")
    title = message_of(not_evaluated("HTTP 500", failing=failing))["content"]["title"]
    assert title == "NOT EVALUATED for &lt;1 h: `payments/api:2.4.1`"


# --- threads


def thread(news: News) -> str:
    return str(message_of(news)["metadata"]["threadId"])


def life_of(policy_id: str | None, tag: ImageTag = TAG) -> list[News]:
    """Each kind of news of a tag under a configured policy, as the ledger has them."""
    entry = Entry(subject=subject_of(None, tag, policy_id), tag=tag, policy_id=policy_id)
    said = replace(typical(), tag=tag)
    entry, first = after_verdict(entry, said, NOW, PACE)
    entry, again = after_verdict(entry, said, NOW + 25 * HOUR, PACE)
    failing, trigger = Failing(NOW, "regate", "HTTP 500"), Trigger(TriggerKind.SCHEDULE)
    entry, outage = after_failure(entry, failing, trigger, NOW + 40 * HOUR, PACE)
    go = replace(said, outcome=Outcome.GO, final_action="go")
    entry, end = after_verdict(entry, go, NOW + 50 * HOUR, PACE)
    for_a_while = evaluation(allowlisted=(held("CVE-2020-25648+nss-tools", NOW + 99 * HOUR),))
    _, ahead = after_verdict(entry, replace(go, evaluation=for_a_while), NOW + 60 * HOUR, PACE)
    entry, _ = after_verdict(entry, said, NOW + 70 * HOUR, PACE)
    _, silence = after_silence(entry, trigger, NOW + 70 * HOUR + SILENCE)
    every = (first, again, outage, end, ahead, silence)
    return [news for news in every if news is not None]


@pytest.mark.parametrize("policy_id", [None, "p1"])
def test_all_of_an_image_under_one_policy_is_one_thread(policy_id: str | None) -> None:
    life = life_of(policy_id)
    assert sorted(news.event_type for news in life) == sorted(get_args(ImageEvent))
    assert len({thread(news) for news in life}) == 1


def test_another_image_and_another_policy_are_other_threads() -> None:
    lives = [life_of(None), life_of("p1"), life_of(None, replace(TAG, tag="2.4.2"))]
    assert len({thread(life[0]) for life in lives}) == 3


def test_without_a_memory_image_and_policy_are_the_thread() -> None:
    first, later = (StopNews.unremembered(typical(), NOW + hours * HOUR) for hours in (0, 1))
    other = replace(first, report=replace(typical(), policy_id="another"), policy_id="another")
    assert thread(first) == thread(later) != thread(other)


# --- on the topic


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(stop(typical()), id="stop"),
        pytest.param(not_evaluated("HTTP 500"), id="not-evaluated"),
    ],
)
def test_chat_topic_delivers_the_message_as_it_is(
    news: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        session = boto3.Session(region_name="eu-west-1")
        sns, sqs = session.client("sns"), session.client("sqs")
        arn = sns.create_topic(Name="chat")["TopicArn"]
        queue = sqs.create_queue(QueueName="channel")["QueueUrl"]
        endpoint = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint["Attributes"]["QueueArn"])
        StopTopic(sns, arn).publish(chat_of(news))
        (received,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(json.loads(received["Body"])["Message"]) == message_of(news)
