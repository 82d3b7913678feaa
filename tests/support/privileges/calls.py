"""Every call of AWS that boto3 makes in this process: the action that IAM asks for, on what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore import handlers
from msgspec import Struct

# Source: AWS Service Authorization Reference, Amazon SQS: a batch needs the action of one.
_ACTIONS = {"sqs:SendMessageBatch": "sqs:SendMessage"}


class Call(Struct, frozen=True, order=True):
    """`resource` is an ARN, as the statements of a policy name it."""

    action: str
    resource: str


@contextmanager
def recorded_calls() -> Iterator[set[Call]]:
    """The calls of every session that is made within the `with`, as they happen."""
    calls: set[Call] = set()

    def record(params: dict[str, Any], model: Any, context: dict[str, Any], **rest: Any) -> None:
        service = model.service_model.endpoint_prefix
        action = f"{service}:{model.name}"
        resource = _resource(service, params, context["client_region"])
        for needed in _needed(action, params):
            calls.add(Call(needed, resource))

    with pytest.MonkeyPatch.context() as patch:
        # What each new session of botocore registers; moto is there in the same way.
        hooks = [*handlers.BUILTIN_HANDLERS, ("before-parameter-build", record)]
        patch.setattr(handlers, "BUILTIN_HANDLERS", hooks)
        yield calls


def _needed(action: str, params: dict[str, Any]) -> list[str]:
    """Source: DynamoDB developer guide: a transaction needs the actions of its parts."""
    if action == "dynamodb:TransactWriteItems":
        return [f"dynamodb:{kind}Item" for item in params["TransactItems"] for kind in item]
    return [_ACTIONS.get(action, action)]


def _resource(service: str, params: dict[str, Any], region: str) -> str:
    match params:
        case {"TopicArn": arn} | {"SecretId": arn}:
            return str(arn)
        case {"QueueUrl": url}:
            account, name = str(url).split("/")[-2:]
            return f"arn:aws:{service}:{region}:{account}:{name}"
        case {"StackName": name}:
            return f"arn:aws:{service}:{region}:123456789012:stack/{name}/*"
        case {"TableName": name, "IndexName": index}:
            return f"arn:aws:{service}:{region}:123456789012:table/{name}/index/{index}"
        case {"TransactItems": [item, *_]}:
            [part] = item.values()
            return _resource(service, part, region)
        case {"RequestItems": items}:
            [name] = items
            return f"arn:aws:{service}:{region}:123456789012:table/{name}"
        case {"TableName": name}:
            return f"arn:aws:{service}:{region}:123456789012:table/{name}"
    raise NotImplementedError(f"{service}, {sorted(params)}: teach it to {__name__}")
