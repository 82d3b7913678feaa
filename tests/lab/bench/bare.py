"""The floors: the same requests and calls, by the same libraries and with nothing around them."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import requests
from botocore.config import Config

from tests.recordings.facts import sha256

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_CREDENTIALS = ("watcher", "s3cr3t-pass")
_SECONDS = 60
_SENDERS = 8


class BareAnchore:
    """`requests.get` in one session."""

    def __init__(self, url: str) -> None:
        self._session = requests.Session()
        self._url = f"{url}/v2"

    def three(self, full_tag: str) -> None:
        """The three answers about an image, their bodies read."""
        digest = sha256(full_tag)
        self._get("/images", {"full_tag": full_tag, "image_status": "active"})
        self.rows(full_tag)
        self._get(f"/images/{digest}/check", {"tag": full_tag})

    def rows(self, full_tag: str) -> bytes:
        """The body with the vulnerability rows."""
        forced = {"force_refresh": "true", "vendor_only": "true"}
        return self._get(f"/images/{sha256(full_tag)}/vuln/all", forced)

    def pages(self, number: int) -> None:
        """So many pages of the active tags."""
        for page in range(1, number + 1):
            asked = {"image_status": "active", "limit": "500", "page": str(page)}
            self._get("/summaries/image-tags", asked)

    def _get(self, path: str, parameters: dict[str, str]) -> bytes:
        response = self._session.get(
            self._url + path, params=parameters, auth=_CREDENTIALS, timeout=_SECONDS
        )
        return response.content


class BareLedger:
    """boto3's `get_item` and `put_item` of an item that the function wrote."""

    def __init__(self, subject: str) -> None:
        self._client: DynamoDBClient = boto3.client("dynamodb")
        self._key = {"subject": {"S": subject}}
        self._item = self.read()["Item"]

    def read(self) -> Any:
        """What the ledger holds, as boto3 gives it."""
        return self._client.get_item(TableName="ledger", Key=self._key, ConsistentRead=True)

    def write(self) -> None:
        """The same item again."""
        self._client.put_item(
            TableName="ledger",
            Item=self._item,
            ConditionExpression="version = :version",
            ExpressionAttributeValues={":version": {"N": "1"}},
        )


def send_batches(queue_url: str, batches: int, body: str) -> None:
    """So many `send_message_batch` of ten entries, over 8 connections."""
    client = boto3.client("sqs", config=Config(max_pool_connections=_SENDERS))

    def send(_: int) -> None:
        entries: Any = [{"Id": str(number), "MessageBody": body} for number in range(10)]
        client.send_message_batch(QueueUrl=queue_url, Entries=entries)

    with ThreadPoolExecutor(_SENDERS) as senders:
        list(senders.map(send, range(batches)))
