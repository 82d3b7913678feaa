"""One stack's share of moto, topic and ledger, and the template's words on who starts the function.

The topic has one reader: a queue of moto's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import boto3
from msgspec.structs import replace

from rescan.aws.outbox_items import pending_notice_of, storm_item, storm_of
from rescan.kernel.tag_pages import MOST_ROWS
from tests.support.template import resources

_TABLE = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
_PUBLISHER = {"subject": {"S": "publisher"}}
# When a sweep began, by the subject of the item.
_OF_SWEEPS = {"sweep": "sweep", "sweep-begun": "begun"}
_LONG_AGO = {"S": "2000-01-01T00:00:00.000000+00:00"}


@dataclass(frozen=True)
class SourceTemplate:
    """A queue, and who takes from it; times in seconds."""

    visibility: float
    most_receives: int
    batch_size: int
    concurrency: int
    reports_failures: bool


@dataclass(frozen=True)
class Template:
    """The two lanes of work, and what schedules start; times in seconds."""

    sweeps: SourceTemplate
    pushes: SourceTemplate
    allows_loops: bool
    most_retries: int
    oldest_event: float
    ledger: dict[str, Any]


@cache
def template() -> Template:
    """The template's own words."""
    made = resources()
    [repeats] = [
        it["Properties"] for it in made.values() if it["Type"] == "AWS::Lambda::EventInvokeConfig"
    ]
    ledger = made["Ledger"]["Properties"]
    return Template(
        sweeps=_source(made["WorkQueue"], made["RescanFunctionWork"]),
        pushes=_source(made["PushQueue"], made["RescanFunctionPushes"]),
        allows_loops=made["RescanFunction"]["Properties"].get("RecursiveLoop") == "Allow",
        most_retries=repeats["MaximumRetryAttempts"],
        oldest_event=repeats["MaximumEventAgeInSeconds"],
        ledger={key: ledger[key] for key in _TABLE},
    )


def _source(queue: Any, mapping: Any) -> SourceTemplate:
    queue, mapping = queue["Properties"], mapping["Properties"]
    return SourceTemplate(
        visibility=queue["VisibilityTimeout"],
        most_receives=queue["RedrivePolicy"]["maxReceiveCount"],
        batch_size=mapping["BatchSize"],
        concurrency=mapping["ScalingConfig"]["MaximumConcurrency"],
        reports_failures=mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"],
    )


class Stack:
    """What the function's calls leave behind in moto."""

    def __init__(self, session: boto3.Session, url: str, name: str) -> None:
        # What the calls take and give is too narrowly typed there.
        self._sqs: Any = session.client("sqs", endpoint_url=url)
        self._ledger: Any = session.client("dynamodb", endpoint_url=url)
        self.table = f"ledger-{name}"
        self._ledger.create_table(TableName=self.table, **template().ledger)
        self._readers = self._sqs.create_queue(QueueName=f"readers-{name}")["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._readers, AttributeNames=["QueueArn"])
        self._sns = session.client("sns", endpoint_url=url)
        self.topic = self._sns.create_topic(Name=f"stops-{name}")["TopicArn"]
        arn = asked["Attributes"]["QueueArn"]
        self._sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)
        self._chat = f"chat-{name}"

    def read(self) -> list[str]:
        """What SNS has delivered since it was read last."""
        bodies = []
        ask = {"QueueUrl": self._readers, "MaxNumberOfMessages": 10}
        while messages := self._sqs.receive_message(**ask).get("Messages"):
            bodies += [message["Body"] for message in messages]
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self._readers, Entries=entries)
        return bodies

    def make_chat_topic(self) -> str:
        """Its ARN; nobody reads it."""
        return self._sns.create_topic(Name=self._chat)["TopicArn"]

    def delete_chat_topic(self) -> None:
        """What waits for it cannot be published."""
        self._sns.delete_topic(TopicArn=self.make_chat_topic())

    # --- the ledger

    def entries(self) -> list[Any]:
        """The items that are about images."""
        return [item for item in self._items() if "tag" in item]

    def waiting(self) -> int:
        """How many notices wait, and messages are in flight."""
        items = self._items()
        in_flight = sum(name.startswith("flight_") for item in items for name in item)
        notices = [item for item in items if item.get("pending") == {"S": "notice"}]
        return in_flight + len(notices)

    def set_aside(self) -> int:
        """How many notices are set aside."""
        return sum(item.get("pending") == {"S": "aside"} for item in self._items())

    def write_as_a_newer_version(self, name: str) -> None:
        """Each notice that waits and is about the image becomes one that this version cannot
        decode."""
        for item in self._items():
            if item.get("pending") == {"S": "notice"} and name in str(pending_notice_of(item)):
                del item["envelope"]
                self._ledger.put_item(TableName=self.table, Item=item)

    def end_claim(self) -> None:
        """What time does to a publisher's claim."""
        self._ledger.update_item(
            TableName=self.table, Key=_PUBLISHER, UpdateExpression="REMOVE claimed_until"
        )

    def let_intervals_pass(self) -> None:
        """What time does to storms: the next message of each may be published."""
        for item in self._items():
            if "storm" in item:
                storm = storm_of(item)
                rested = replace(storm, notified_at=storm.notified_at - storm.interval)
                self._ledger.put_item(TableName=self.table, Item=storm_item(rested))

    def let_sweeps_age(self, by: timedelta) -> None:
        """What time does to the last sweep: it began so much longer ago."""
        for item in self._items():
            if name := _OF_SWEEPS.get(item["subject"]["S"]):
                aged = {"S": (datetime.fromisoformat(item[name]["S"]) - by).isoformat()}
                self._ledger.put_item(TableName=self.table, Item=item | {name: aged})

    def let_the_last_sweep_be_large(self) -> None:
        """It had more tags than one invocation enqueues."""
        self._ledger.update_item(
            TableName=self.table,
            Key={"subject": {"S": "sweep"}},
            UpdateExpression="SET expected = :many, by_pages = :true",
            ExpressionAttributeValues={
                ":many": {"N": str(2 * MOST_ROWS)},
                ":true": {"BOOL": True},
            },
        )

    def let_deferred_come_due(self) -> int:
        """What time does to deferred work; how much there is of it."""
        deferred = [item for item in self._items() if item.get("pending") == {"S": "work"}]
        for item in deferred:
            self._ledger.put_item(TableName=self.table, Item=item | {"since": _LONG_AGO})
        return len(deferred)

    def forget(self) -> None:
        """An empty ledger, and nothing to read."""
        for item in self._items():
            self._ledger.delete_item(TableName=self.table, Key={"subject": item["subject"]})
        self.read()

    def _items(self) -> list[dict[str, Any]]:
        return list(self._ledger.scan(TableName=self.table)["Items"])
