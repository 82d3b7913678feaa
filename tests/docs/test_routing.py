"""docs/routing.md: each JSON and each template in it is run, and delivers what it says."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from msgspec import Struct
from msgspec.structs import replace

from rescan.aws.sns_topic import StopTopic
from rescan.gate.report import Report
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.team import Teams
from rescan.ledger.news import News
from rescan.outbox.notice import Notice, string_value
from tests.support.notices import reports
from tests.support.notices.announced import not_evaluated, reminder, stop
from tests.support.notices.news_cases import fixed
from tests.support.notices.said import chat_of, notice_of
from tests.support.notices.summary_cases import notices_of, three_stopped
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "routing.md").read_text()


class Example(Struct, frozen=True):
    """A block of the page, what its first line says it is, and what it says it delivers."""

    kind: str
    text: str
    delivers: list[str]


_BLOCK = re.compile(r"^```(\w+)(.*)\n((?:.*\n)*?)```\n(?:Delivers (.*)\.$)?", re.MULTILINE)


def examples(language: str) -> list[Example]:
    found = [block for block in _BLOCK.findall(PAGE) if block[0] == language]
    return [
        Example(kind.strip(), text, [] if said == "nothing" else said.split(", "))
        for _, kind, text, said in found
    ]


# --- the notices of the page


def of(news: News, repository: str, team: str) -> News:
    """The same of another image."""
    tag = ImageTag("registry.example.com", repository, "1.4")
    said = replace(news.report, tag=tag, team=team) if news.report else None
    return replace(news, tag=tag, team=team, report=said)


def overdue(said: Report) -> News:
    """A reminder on the day after it was due."""
    news = reminder(said)
    return replace(news, due={said.blocking[0].key: news.at.date() - timedelta(days=1)})


NEWS = {
    "fixable": of(stop(reports.typical()), "payments/api", "payments"),
    "exploited": of(stop(reports.exploited()), "payments/api", "payments"),
    "unfixable": of(stop(reports.no_fix()), "shop/web-cart", "frontend"),
    "denylisted": of(stop(reports.denylisted()), "shop/web-cart", "frontend"),
    "reminder": of(reminder(reports.typical()), "payments/api", "payments"),
    "overdue": of(overdue(reports.no_fix()), "shop/web-cart", "frontend"),
    "recovered": of(fixed(), "payments/api", "payments"),
    "outage": of(not_evaluated("HTTP 500"), "batch/nightly", "unrouted"),
}


def on_several(notice: Notice) -> Notice:
    """As a notice that groups two images has its attributes."""
    several = {
        "registry": ("registry.example.com",),
        "repository": ("payments/api", "payments/jobs"),
        "tag": ("1.4", "2.0"),
    }
    return replace(notice, attributes={**notice.attributes, **several})


MAILS = {name: notice_of(news) for name, news in NEWS.items()}
MAILS["several"] = on_several(MAILS["fixable"])
CHATS = {name: chat_of(news) for name, news in NEWS.items()}
MAILS["summary"], CHATS["summary"] = notices_of(three_stopped())


def test_notices_of_the_page_have_the_attributes_that_its_table_says() -> None:
    table = PAGE.partition("| notice |")[2].partition("\n\n")[0].splitlines()
    names = re.findall(r"`(\w+)`", table[0])
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table[2:]]
    assert {row[0]: row[1:] for row in rows} == {
        name: [_cell(notice.attributes[attribute]) for attribute in names]
        for name, notice in MAILS.items()
    }


def _cell(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def test_page_names_every_attribute_and_no_other() -> None:
    table = PAGE.partition("| attribute |")[2].partition("\n\n")[0].splitlines()[2:]
    named = [name for line in table for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(named) == sorted(MAILS["fixable"].attributes)


def test_routes_of_the_page_are_read() -> None:
    (routes,) = re.findall(r"^    (.*=.*,.*)$", PAGE, re.MULTILINE)
    tags = ("payments/api:1", "shop/web-cart:1", "registry.example.com/legacy/app:1", "nginx:1")
    teams = [Teams.parse(routes).of(ImageTag.parse(tag)) for tag in tags]
    assert teams == ["payments", "frontend", "platform", "unrouted"]


# --- what is delivered


class Aws(Struct):
    """A topic, and the queues that may subscribe to it."""

    sns: Any
    sqs: Any
    topic: str

    def queue(self, name: str) -> tuple[str, str]:
        """A new queue's URL and ARN."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        named = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, named["Attributes"]["QueueArn"]

    def subscribed(self, attributes: Mapping[str, str], name: str = "team") -> str:
        """The URL of a queue that is subscribed so."""
        url, arn = self.queue(name)
        self.sns.subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=dict(attributes)
        )
        return url

    def publish(self, notices: Mapping[str, Notice]) -> None:
        """All of them, each with its name for a subject."""
        for name, notice in notices.items():
            StopTopic(self.sns, self.topic).publish(replace(notice, subject=name))

    def subjects(self, url: str) -> list[str]:
        """The names of what the queue got in envelopes."""
        return [json.loads(message["Body"])["Subject"] for message in self._received(url)]

    def raw(self, url: str) -> list[tuple[str, dict[str, str]]]:
        """What the queue got without envelopes: bodies and attributes."""
        return [
            (
                message["Body"],
                {name: it["StringValue"] for name, it in message["MessageAttributes"].items()},
            )
            for message in self._received(url)
        ]

    def _received(self, url: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        received: list[dict[str, Any]] = answer.get("Messages", [])
        return received


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        sns = session.client("sns")
        topic = sns.create_topic(Name="stops")["TopicArn"]
        yield Aws(sns, session.client("sqs"), topic)


POLICIES = [example for example in examples("json") if example.kind != "attributes.json"]
(ATTRIBUTES,) = (example for example in examples("json") if example.kind == "attributes.json")
(TEMPLATE,) = examples("yaml")


def test_page_has_no_block_that_is_not_run() -> None:
    run = [*POLICIES, ATTRIBUTES, TEMPLATE]
    assert PAGE.count("\n```") == 2 * len(run)
    assert {name for example in run for name in example.delivers} == MAILS.keys()


@pytest.mark.parametrize(
    "example", [pytest.param(it, id=f"{it.kind} {it.text.strip()}".strip()) for it in POLICIES]
)
def test_policy_delivers_what_the_page_says(example: Example, aws: Aws) -> None:
    topic, scope = (example.kind or "STOP MessageAttributes").split()
    url = aws.subscribed(
        {"FilterPolicy": json.dumps(json.loads(example.text)), "FilterPolicyScope": scope}
    )
    aws.publish({"STOP": MAILS, "CHAT": CHATS}[topic])
    assert aws.subjects(url) == example.delivers


def raw(notice: Notice) -> tuple[str, dict[str, str]]:
    """The message that a queue gets without an envelope: the mail, and its attributes."""
    return notice.body, {name: string_value(it) for name, it in notice.attributes.items()}


def test_attributes_of_a_subscription_deliver_what_the_page_says(aws: Aws) -> None:
    url = aws.subscribed(json.loads(ATTRIBUTES.text))
    aws.publish(MAILS)
    assert aws.raw(url) == [raw(MAILS[name]) for name in ATTRIBUTES.delivers]


@pytest.mark.slow
def test_template_is_one_that_cloudformation_takes() -> None:
    from cfnlint.api import ManualArgs, lint  # noqa: PLC0415 - takes seconds

    assert lint(TEMPLATE.text, config=ManualArgs(regions=["eu-central-1"])) == []


def test_template_delivers_what_the_page_says(aws: Aws) -> None:
    """moto's CloudFormation makes no subscriptions: this one is made from its properties."""
    from samcli.yamlhelper import yaml_parse  # noqa: PLC0415 - brings SAM's translator along

    properties = yaml_parse(TEMPLATE.text)["Resources"]["Subscription"]["Properties"]
    url = aws.subscribed(
        {
            "FilterPolicy": json.dumps(properties["FilterPolicy"]),
            "RawMessageDelivery": json.dumps(properties["RawMessageDelivery"]),
        }
    )
    aws.publish(MAILS)
    assert aws.raw(url) == [raw(MAILS[name]) for name in TEMPLATE.delivers]


# --- mistakes


@pytest.mark.parametrize("policy", [{"team": ["paymnets"]}, {"Team": ["payments"]}])
def test_a_wrong_route_leaves_the_notice_to_the_subscription_without_a_policy(
    policy: dict[str, list[str]], aws: Aws
) -> None:
    wrong = aws.subscribed({"FilterPolicy": json.dumps(policy)}, "wrong")
    everything = aws.subscribed({}, "everything")
    aws.publish(MAILS)
    assert (aws.subjects(wrong), aws.subjects(everything)) == ([], list(MAILS))
