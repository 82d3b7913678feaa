"""The checks that the function runs where it is: invoked with the caller's own credentials."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from msgspec import DecodeError, Struct, json

from rescan.doctor.check import Checked, State, Trouble
from rescan.doctor.stack import looked_at
from rescan.kernel.safe_text import one_line

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

# No function runs longer than 15 minutes. A second invocation would only do it all again.
_CONFIG = Config(connect_timeout=5, read_timeout=910, retries={"total_max_attempts": 1})
_ADVICE = {
    "SettingsError": "Correct the parameter of this variable, and deploy the stack again.",
    "EventRefused": "This version of the function knows no doctor: deploy a newer one.",
    "Sandbox.Timedout": "Try again with a longer Timeout: what hangs is named last in its log.",
}


class _Answer(Struct, frozen=True):
    checks: list[Checked]


class _Failure(Struct, frozen=True, rename="camel"):
    """Source: AWS Lambda developer guide: what an invocation that failed answers."""

    error_type: str = ""
    error_message: str = ""


def examined_by(function: str) -> list[Checked]:
    """What the function of this name or ARN answers; a line of its own when it does not."""
    try:
        return _checks(_invoked(function))
    except Trouble as trouble:
        return [Checked("Function", State.FAILED, trouble.problem, trouble.advice)]


def _invoked(function: str) -> "InvocationResponseTypeDef":
    parts = function.split(":")
    region = parts[3] if function.startswith("arn:") and len(parts) > 3 else None
    aws = boto3.Session(region_name=region)
    return looked_at(
        "the function's name",
        function,
        "lambda:InvokeFunction",
        lambda: _client(aws).invoke(FunctionName=function, Payload=b'{"doctor": true}'),
    )


def _client(aws: boto3.Session) -> "LambdaClient":
    return aws.client("lambda", config=_CONFIG)


def _checks(answer: "InvocationResponseTypeDef") -> list[Checked]:
    body = answer["Payload"].read()
    try:
        if answer.get("FunctionError"):
            raise _failed(json.decode(body, type=_Failure))
        return json.decode(body, type=_Answer).checks
    except DecodeError as error:
        raise Trouble(
            "its answer is none of anchore-rescan's", "Name the stack's output FunctionName."
        ) from error


def _failed(failure: _Failure) -> Trouble:
    said = one_line(f"{failure.error_type}: {failure.error_message}", 400)
    return Trouble(said, _ADVICE.get(failure.error_type, "See the function's log."))
