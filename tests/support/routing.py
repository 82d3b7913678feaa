"""docs/routing.md: its blocks, its notices, and AWS as a subscription sees it."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from rescan.aws.sns_topic import StopTopic
from rescan.gate.report import Report
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import News
from rescan.outbox.notice import Notice, string_value
from tests.support.notices import reports
from tests.support.notices.announced import not_evaluated, reminder, stop
from tests.support.notices.news_cases import fixed
from tests.support.notices.outbox_texts import chat_of, notice_of
from tests.support.notices.summary_cases import notices_of, three_stopped
from tests.support.paths import ROOT
from tests.support.running import running

PAGE = (ROOT / "docs" / "routing.md").read_text()


class Example(Struct, frozen=True):
    """A block of the page, what its first line says it is, and what it says it delivers."""

    kind: str
    text: str
    delivers: list[str]

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(self.text.split())}".strip()


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


def running_now(said: Report) -> News:
    """A STOP of what runs."""
    return stop(said, running=running("prod-eu/payments"))


NEWS = {
    "fixable": of(stop(reports.typical()), "payments/api", "payments"),
    "exploited": of(stop(reports.exploited()), "payments/api", "payments"),
    "running": of(running_now(reports.exploited()), "payments/api", "payments"),
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


def raw(notice: Notice) -> tuple[str, dict[str, str]]:
    """The message that a queue gets without an envelope: the mail, and its attributes."""
    return notice.body, {name: string_value(it) for name, it in notice.attributes.items()}


# --- what is delivered


class Aws(Struct):
    """A topic, and the queues that may subscribe to it."""

    sns: Any
    sqs: Any
    topic: str

    @classmethod
    def of(cls, sns: Any, sqs: Any) -> "Aws":
        """With a new topic."""
        return cls(sns, sqs, sns.create_topic(Name=f"stops-{uuid4()}")["TopicArn"])

    def queue(self, name: str) -> tuple[str, str]:
        """A new queue's URL and ARN."""
        url = self.sqs.create_queue(QueueName=f"{name}-{uuid4()}")["QueueUrl"]
        named = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, named["Attributes"]["QueueArn"]

    def queue_with_dead_letters(self, received_at_most: int) -> tuple[str, str]:
        """The URLs of a new queue, and of the one for what is received so often in vain."""
        dead, arn = self.queue("dead")
        redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": received_at_most}
        attributes = {"RedrivePolicy": json.dumps(redrive)}
        created = self.sqs.create_queue(QueueName=f"work-{uuid4()}", Attributes=attributes)
        return created["QueueUrl"], dead

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

    def delivered(self, policy: Example) -> list[str]:
        """The names of the page's notices that reach a subscription with this policy."""
        topic, scope = (policy.kind or "STOP MessageAttributes").split()
        filter_policy = json.dumps(json.loads(policy.text))
        url = self.subscribed({"FilterPolicy": filter_policy, "FilterPolicyScope": scope})
        self.publish({"STOP": MAILS, "CHAT": CHATS}[topic])
        return self.subjects(url)

    def delivered_raw(self, subscription: Example) -> list[tuple[str, dict[str, str]]]:
        """What a queue gets that is subscribed as the page says."""
        url = self.subscribed(_attributes(subscription))
        self.publish(MAILS)
        return self.raw(url)

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
        """All messages, of which an answer has ten at most."""
        received: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", []):
            received += messages
        return received


POLICIES = [example for example in examples("json") if example.kind != "attributes.json"]
(ATTRIBUTES,) = (example for example in examples("json") if example.kind == "attributes.json")
(TEMPLATE,) = examples("yaml")
SUBSCRIPTIONS = [ATTRIBUTES, TEMPLATE]


def _attributes(subscription: Example) -> dict[str, str]:
    """moto's CloudFormation makes no subscriptions: of the template, the properties are taken."""
    if subscription is not TEMPLATE:
        attributes: dict[str, str] = json.loads(subscription.text)
        return attributes
    from samcli.yamlhelper import yaml_parse  # noqa: PLC0415 - brings SAM's translator along

    properties = yaml_parse(subscription.text)["Resources"]["Subscription"]["Properties"]
    return {name: json.dumps(properties[name]) for name in ("FilterPolicy", "RawMessageDelivery")}
