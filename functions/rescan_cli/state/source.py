"""Which ledger: the table by its name, or the one of a CloudFormation stack."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
import click
from botocore.config import Config
from msgspec import Struct

from rescan.kernel.due_days import DueDays
from rescan.kernel.errors import SettingsError
from rescan_cli.state.refusals import explained

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OUTPUT = "LedgerTable"
_PARAMETER = "DueDays"
# A laptop is further away than the function, whose clients give up after a second or two.
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})


class Asked(Struct, frozen=True, kw_only=True):
    """The options' values; None leaves the choice to the environment."""

    stack: str | None = None
    table: str | None = None
    region: str | None = None
    due_days: str | None = None


class Source(Struct, frozen=True):
    """A table of DynamoDB, what asks it, and within which terms findings are due."""

    client: "DynamoDBClient"
    table: str
    region: str
    due_days: DueDays = DueDays()


def source_of(asked: Asked, environment: Mapping[str, str]) -> Source:
    """SettingsError when none is named; click's errors when AWS does not know it or refuses."""
    if asked.stack and asked.table:
        raise click.UsageError("--stack and --table name one ledger each. Expected one of them.")
    # boto3 itself reads AWS_DEFAULT_REGION alone.
    region = asked.region or environment.get("AWS_REGION") or None
    with explained(asked.stack or asked.table or "", region):
        session = boto3.Session(region_name=region)
        of_stack = _of_stack(session, asked.stack) if asked.stack else {}
        table = of_stack.get(_OUTPUT) or asked.table or environment.get("LEDGER_TABLE")
        terms = asked.due_days or of_stack.get(_PARAMETER) or environment.get("DUE_DAYS") or ""
        if not table:
            raise SettingsError(
                "LEDGER_TABLE",
                None,
                "the name of the ledger's table, here or in --table, or its stack in --stack",
                "anchore-rescan-Ledger-1A2B3C",
            )
        client = session.client("dynamodb", config=_CONFIG)
    return Source(client, table, client.meta.region_name, _due_days(terms))


def _due_days(text: str) -> DueDays:
    try:
        return DueDays.parse(text)
    except ValueError as error:
        raise SettingsError("DUE_DAYS", text, str(error), "exploited=3,critical=15") from error


def _of_stack(session: boto3.Session, stack: str) -> Mapping[str, str]:
    """The table's name, and the terms of its parameter."""
    client = session.client("cloudformation", config=_CONFIG)
    (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    outputs = {it["OutputKey"]: it["OutputValue"] for it in found.get("Outputs", [])}
    if _OUTPUT not in outputs:
        raise click.ClickException(
            f"The stack {stack} has no output {_OUTPUT} in {client.meta.region_name}. Expected the"
            " stack that `sam deploy` has made of this project's template."
        )
    parameters = found.get("Parameters", [])
    terms = (it["ParameterValue"] for it in parameters if it["ParameterKey"] == _PARAMETER)
    return {_OUTPUT: outputs[_OUTPUT], _PARAMETER: next(terms, "")}
