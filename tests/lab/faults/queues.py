"""One stack's share of moto: topic, queues and ledger, as the template says they are.

Beside the template's there are two queues of the tests' own: `later` holds what was sent with
DelaySeconds until time has passed, `readers` is subscribed to the topic.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from msgspec.structs import replace

from rescan.aws.outbox_items import storm_item, storm_of
from tests.support.template import resources

_TABLE = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
_PUBLISHER = {"subject": {"S": "publisher"}}


@dataclass(frozen=True)
class EventSource:
    """What the template says of the work queue and of who takes from it, as of pushes too."""

    batch_size: int
    reports_failures: bool
    most_receives: int
    ledger: dict[str, Any]


@cache
def event_source() -> EventSource:
    """The template's own words."""
    made = resources()
    mapping = made["RescanFunctionWork"]["Properties"]
    ledger = made["Ledger"]["Properties"]
    return EventSource(
        batch_size=mapping["BatchSize"],
        reports_failures=mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"],
        most_receives=made["WorkQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"],
        ledger={key: ledger[key] for key in _TABLE},
    )


class Queues:
    """The URLs of queues, by their purpose. `sent` counts what was put on the work queue."""

    def __init__(self, session: boto3.Session, url: str, name: str) -> None:
        self.sent = 0
        # What the calls take and give is too narrowly typed there.
        self._sqs: Any = session.client("sqs", endpoint_url=url)
        self._ledger = session.client("dynamodb", endpoint_url=url)
        self.table = f"ledger-{name}"
        self._ledger.create_table(TableName=self.table, **event_source().ledger)
        self.dead = self._create(f"dead-{name}")
        redrive = {
            "deadLetterTargetArn": self._arn(self.dead),
            "maxReceiveCount": event_source().most_receives,
        }
        self.work = self._create(f"work-{name}", RedrivePolicy=json.dumps(redrive))
        self.later = self._create(f"later-{name}")
        self.readers = self._create(f"readers-{name}")
        sns = session.client("sns", endpoint_url=url)
        self.topic = sns.create_topic(Name=f"stops-{name}")["TopicArn"]
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self._arn(self.readers))

    def _create(self, name: str, **attributes: str) -> str:
        # The pump makes visible again what failed; until then nothing may come back by itself.
        attributes = {"VisibilityTimeout": "1800"} | attributes
        return str(self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def _arn(self, url: str) -> str:
        asked = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(asked["Attributes"]["QueueArn"])

    # --- messages

    def send(self, bodies: Iterable[str]) -> None:
        """Put work on the queue, as EventBridge does."""
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.work, MessageBody=body)
            self.sent += 1

    def receive(self, url: str, most: int = 10) -> list[Any]:
        """Up to so many messages, hidden from now on."""
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=most, AttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def delete(self, url: str, messages: list[Any]) -> None:
        """These are done."""
        if messages:
            self._sqs.delete_message_batch(QueueUrl=url, Entries=_entries(messages))

    def return_to_work(self, messages: list[Any]) -> None:
        """These are visible again."""
        if messages:
            entries = [{**entry, "VisibilityTimeout": 0} for entry in _entries(messages)]
            self._sqs.change_message_visibility_batch(QueueUrl=self.work, Entries=entries)

    def move_to_work(self, url: str) -> int:
        """Everything there begins anew on the work queue; how many that were."""
        moved = 0
        while messages := self.receive(url):
            for message in messages:
                self._sqs.send_message(QueueUrl=self.work, MessageBody=message["Body"])
            self.delete(url, messages)
            moved += len(messages)
        return moved

    def take(self, url: str) -> list[str]:
        """The bodies of everything there, which is removed."""
        bodies = []
        while messages := self.receive(url):
            bodies += [message["Body"] for message in messages]
            self.delete(url, messages)
        return bodies

    def held(self, url: str) -> int:
        """How many messages are there, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(value) for value in asked["Attributes"].values())

    # --- the ledger

    def entries(self) -> list[Any]:
        """The items that are about images."""
        items = self._ledger.scan(TableName=self.table)["Items"]
        return [item for item in items if "tag" in item]

    def waiting(self) -> int:
        """How many notices wait, and messages are in flight."""
        items = self._ledger.scan(TableName=self.table)["Items"]
        in_flight = sum(name.startswith("flight_") for item in items for name in item)
        return in_flight + sum(item.get("pending") == {"S": "notice"} for item in items)

    def end_claim(self) -> None:
        """What time does to a publisher's claim."""
        self._ledger.update_item(
            TableName=self.table, Key=_PUBLISHER, UpdateExpression="REMOVE claimed_until"
        )

    def let_intervals_pass(self) -> None:
        """What time does to storms: the next message of each may be published."""
        for item in self._ledger.scan(TableName=self.table)["Items"]:
            if "storm" in item:
                storm = storm_of(item)
                rested = replace(storm, notified_at=storm.notified_at - storm.interval)
                self._ledger.put_item(TableName=self.table, Item=storm_item(rested))

    def forget(self) -> None:
        """Empty queues, and an empty ledger."""
        self.sent = 0
        for item in self._ledger.scan(TableName=self.table)["Items"]:
            key = {"subject": item["subject"]}
            self._ledger.delete_item(TableName=self.table, Key=key)
        for url in (self.work, self.later, self.dead, self.readers):
            self.take(url)  # SQS purges a queue only once a minute


def _entries(messages: list[Any]) -> list[Any]:
    return [
        {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
        for number, message in enumerate(messages)
    ]
