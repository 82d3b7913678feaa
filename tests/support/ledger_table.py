"""The ledger's table as the template makes it, in moto, with what it holds."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from moto import mock_aws

from rescan.aws.ledger_items import item_of
from rescan.aws.outbox_items import notice_item
from rescan.ledger.entry import Entry
from rescan.outbox.items import OutboxItem
from tests.support.template import properties

REGION = "eu-central-1"
# moto takes any credentials; nothing looks for those of the machine.
CALLER = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@cache
def table_properties() -> dict[str, Any]:
    """The template's, as far as moto keeps them."""
    names = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    properties_of_table = properties("Ledger")
    return {name: properties_of_table[name] for name in names}


def fill(
    client: Any, table: str, entries: Iterable[Entry], notices: Iterable[OutboxItem] = ()
) -> None:
    """Put them into the table."""
    items = [*map(item_of, entries), *map(notice_item, notices)]
    for start in range(0, len(items), 25):
        some = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        client.batch_write_item(RequestItems={table: some})


@contextmanager
def ledger_of(entries: Iterable[Entry], notices: Iterable[OutboxItem] = ()) -> Iterator[Any]:
    """A client of DynamoDB that has the table `ledger`, in this process alone."""
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name=REGION)
        client.create_table(TableName="ledger", **table_properties())
        fill(client, "ledger", entries, notices)
        yield client


def make_stack(
    client: Any, name: str, table: str, output: str = "LedgerTable", due_days: str = ""
) -> None:
    """A stack with this table and one output, its name; `client` is of CloudFormation."""
    resource = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"TableName": table, **table_properties()},
    }
    body = {
        "Parameters": {"DueDays": {"Type": "String", "Default": due_days}},
        "Resources": {"Ledger": resource},
        "Outputs": {output: {"Value": {"Ref": "Ledger"}}},
    }
    client.create_stack(StackName=name, TemplateBody=json.dumps(body))


def cloudformation() -> Any:
    """A client of it, within `ledger_of`."""
    return boto3.client("cloudformation", region_name=REGION)
