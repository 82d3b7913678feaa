"""AWS for a process of its own: moto's server, with what the template would have made."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import boto3
import requests
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from rescan_cli.replay.loopback import LoopbackServer

# moto takes any credentials; these are no one's.
SESSION = boto3.Session("testing", "testing", region_name="eu-central-1")


class Moto(DomainDispatcherApplication):
    """moto looks through the files of all its services for each request: half of its time."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)

    @cache  # noqa: B019 - it lives as long as the tests
    def get_backend_for_host(self, host: str | None) -> object:
        return super().get_backend_for_host(host)


@dataclass(frozen=True)
class LoopbackAws:
    """A topic with a subscribed queue, and a secret."""

    url: str
    topic_arn: str
    queue_url: str
    secret_arn: str

    def environment(self) -> dict[str, str]:
        """What the function's process needs to reach it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "STOP_TOPIC_ARN": self.topic_arn,
            "ANCHORE_SECRET_ARN": self.secret_arn,
        }

    def received(self) -> list[dict[str, Any]]:
        """The SNS envelopes that the subscribed queue holds; they are taken out."""
        sqs = SESSION.client("sqs", endpoint_url=self.url)
        envelopes = []
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                envelopes.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return envelopes

    def reading(self, topic_arn: str) -> "LoopbackAws":
        """The same, with a further topic that the queue reads."""
        sqs = SESSION.client("sqs", endpoint_url=self.url)
        queue = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["QueueArn"])
        SESSION.client("sns", endpoint_url=self.url).subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"]
        )
        return replace(self, topic_arn=topic_arn)

    def put_secret(self, secret: Mapping[str, str]) -> None:
        """Rotate the secret."""
        secrets = SESSION.client("secretsmanager", endpoint_url=self.url)
        secrets.put_secret_value(SecretId=self.secret_arn, SecretString=json.dumps(secret))


@contextmanager
def loopback_aws(secret: Mapping[str, str]) -> Iterator[LoopbackAws]:
    """A moto server of its own."""
    with LoopbackServer(Moto()) as server:
        # moto keeps one state a process, whatever the number of its servers.
        requests.post(f"{server.url}/moto-api/reset", timeout=60)
        yield _with_resources(server.url, secret)


def _with_resources(url: str, secret: Mapping[str, str]) -> LoopbackAws:
    sns = SESSION.client("sns", endpoint_url=url)
    sqs = SESSION.client("sqs", endpoint_url=url)
    secrets = SESSION.client("secretsmanager", endpoint_url=url)
    topic = sns.create_topic(Name="stops")["TopicArn"]
    queue_url = sqs.create_queue(QueueName="readers")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
    arn = secrets.create_secret(Name="anchore", SecretString=json.dumps(secret))["ARN"]
    return LoopbackAws(url, topic, queue_url, arn)
