"""The ledger's table in moto, as the template makes it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.template import properties


@cache
def made() -> dict[str, Any]:
    names = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    properties_of_table = properties("Ledger")
    return {name: properties_of_table[name] for name in names}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(TableName="ledger", **made())
        yield client
