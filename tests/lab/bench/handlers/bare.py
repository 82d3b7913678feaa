"""The floor of a cold start: the artifact's dependencies, and the calls of one small image.

It is copied beside the packages and runs there alone.
"""

import os
import time
from typing import Any

MOMENTS = [time.monotonic()]

import boto3  # noqa: E402 - what stands above is where the imports begin
import msgspec  # noqa: E402
import requests  # noqa: E402
from aws_lambda_powertools import Logger  # noqa: E402

MOMENTS += [time.monotonic()] * 2  # no imports of its own

_logger = Logger()
_session = requests.Session()
_secrets = boto3.client("secretsmanager")
_ledger = boto3.client("dynamodb")
_KEY: dict[str, Any] = {"subject": {"S": "bare"}}

MOMENTS += [time.monotonic()]


class _Credentials(msgspec.Struct):
    username: str
    password: str


def handler(event: dict[str, str], context: object) -> dict[str, Any]:
    """The secret, the ledger, three answers of Anchore, the word that scans work, the ledger."""
    secret = _secrets.get_secret_value(SecretId=os.environ["ANCHORE_SECRET_ARN"])
    said = msgspec.json.decode(secret["SecretString"], type=_Credentials)
    auth = (said.username, said.password)
    _ledger.get_item(TableName="ledger", Key=_KEY, ConsistentRead=True)
    base, image = f"{os.environ['ANCHORE_URL']}/v2", f"/images/{event['digest']}"
    for path, parameters in (
        ("/images", {"full_tag": event["tag"], "image_status": "active"}),
        (f"{image}/vuln/all", {"force_refresh": "true", "vendor_only": "true"}),
        (f"{image}/check", {"tag": event["tag"]}),
    ):
        response = _session.get(base + path, params=parameters, auth=auth, timeout=60)
        msgspec.json.decode(response.content)
    _ledger.update_item(
        TableName="ledger",
        Key={"subject": {"S": "scans"}},
        UpdateExpression="SET #slot = :tag",
        ExpressionAttributeNames={"#slot": "slot0"},
        ExpressionAttributeValues={":tag": {"S": event["tag"]}},
    )
    _ledger.put_item(TableName="ledger", Item=_KEY | {"version": {"N": "1"}})
    _logger.info("done", tag=event["tag"])
    return {"moments": MOMENTS}
