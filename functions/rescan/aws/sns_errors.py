"""What an SNS that refuses a message says is at fault: the message, the topic, or the moment.

    its text names the message, its subject or attributes; HTTP 413     MESSAGE
    its text names the topic; NotFound, *Disabled; KMS*; 401 and 403    TOPIC
    InvalidParameter and its like, with any other text                  IN_DOUBT
    throttling, 5xx, no connection                                      MOMENT
    no answer                                                           UNHEARD

Source: SNS API reference, Publish, Errors (the codes as botocore's model has them), Common Errors.
AWS documents no texts: these are from reports of what it answered ("Invalid parameter: Message too
long", "Invalid parameter: TopicArn"). Of a text no more is repeated than the words looked for:
texts of AWS may quote headers, and those hold credentials.
"""

import re

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from rescan.kernel.errors import PublishFailed
from rescan.kernel.publish_fault import PublishFault

_PERMISSION = "Allow the function's role sns:Publish on the topic."
_KEY = (
    "Allow the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key, and see"
    " that the key is enabled."
)
_REPEAT = "The event may be repeated; a notice that did arrive then arrives twice."
_NEVER = "SNS takes this message at no time."
_NO_TOPIC = {"NotFound", "EndpointDisabled", "PlatformApplicationDisabled"}
_NO_PERMISSION = {
    *("AuthorizationError", "AccessDenied", "AccessDeniedException", "NotAuthorized"),
    "InvalidSecurity",
}
_BAD_PARAMETER = {
    *("InvalidParameter", "ParameterValueInvalid", "InvalidParameterValue"),
    *("ValidationException", "ValidationError"),
}
_TOPIC = re.compile(r"\b(TopicArn|TargetArn|MessageGroupId|MessageDeduplicationId|FIFO)\b")
_MESSAGE = re.compile(
    r"(?:\A|Invalid parameter: )(Empty message|Message(?: too long|Attributes)?|Subject)\b"
    r"|\b(message attribute)\b"
)


def publish_failed(doing: str, variable: str, error: Exception) -> PublishFailed:
    """The error of a message that was not taken; `variable` is the one that names the topic."""
    _, seen = named(error)
    fault, advice = _fault(
        error, f"{variable} names no topic that exists in this region and account."
    )
    return PublishFailed(f"{doing} failed: {seen}. {advice}", fault)


def named(error: Exception) -> tuple[str, str]:
    """The error's name, and what was seen of it."""
    if not isinstance(error, ClientError):
        return type(error).__name__, f"{type(error).__name__} (no answer of SNS)"
    code = error.response.get("Error", {}).get("Code", "an error without a code")
    metadata = error.response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", "?"), metadata.get("RequestId", "?")
    return code, f"SNS answered {code} (HTTP {status}, request {request})"


def _fault(error: Exception, no_topic: str) -> tuple[PublishFault, str]:
    """What is at fault, and what to do."""
    if not isinstance(error, ClientError):
        return _without_answer(error)
    said = error.response.get("Error", {})
    name, text = said.get("Code", ""), said.get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if name in _BAD_PARAMETER:
        return _of_parameter(text, no_topic)
    if status == 413:
        return PublishFault.MESSAGE, _NEVER
    if name in _NO_TOPIC:
        return PublishFault.TOPIC, no_topic
    if name.startswith("KMS") and "Throttling" not in name:
        return PublishFault.TOPIC, _KEY
    if name in _NO_PERMISSION or status in (401, 403):
        return PublishFault.TOPIC, _PERMISSION
    return PublishFault.MOMENT, _REPEAT


def _without_answer(error: Exception) -> tuple[PublishFault, str]:
    if isinstance(error, NoCredentialsError):
        return PublishFault.TOPIC, "The function's role gives no credentials."
    is_sent = not isinstance(error, ConnectTimeoutError | EndpointConnectionError)
    return PublishFault.UNHEARD if is_sent else PublishFault.MOMENT, _REPEAT


def _of_parameter(text: str, no_topic: str) -> tuple[PublishFault, str]:
    if _TOPIC.search(text):
        return PublishFault.TOPIC, no_topic
    if found := _MESSAGE.search(text):
        return PublishFault.MESSAGE, f"{_NEVER} It names: {found[1] or found[2]}."
    return PublishFault.IN_DOUBT, "It names neither the message nor the topic."
