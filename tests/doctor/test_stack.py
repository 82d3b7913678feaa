"""What is told of a call that AWS refuses or does not answer."""

from typing import Any, cast

import pytest
from botocore import exceptions

from rescan.doctor.check import Check, Checked, State
from rescan.doctor.stack import looked_at
from rescan.kernel.deadline import Deadline

ENDPOINT = "https://sqs.eu-central-1.amazonaws.com/"
PROXY = "http://user:s3cr3t@proxy.internal:3128"


def refusal(code: str) -> exceptions.ClientError:
    told = {"Error": {"Code": code, "Message": f"by {PROXY}"}}
    return exceptions.ClientError(cast("Any", told), "GetQueueAttributes")


def told_of(error: Exception) -> Checked:
    def call() -> str:
        raise error

    look = Check("Queue", lambda: looked_at("WORK_QUEUE_URL", "url", "sqs:Look", call))
    return look.run(Deadline.after(60))


TROUBLES = [
    pytest.param(
        exceptions.ConnectTimeoutError(endpoint_url=ENDPOINT, error="timed out"),
        f"no answer of AWS: ConnectTimeoutError at {ENDPOINT}",
        "in a VPC the service needs NAT or an endpoint",
        id="packets are dropped",
    ),
    pytest.param(
        exceptions.ProxyConnectionError(proxy_url=PROXY),
        "no answer of AWS: ProxyConnectionError",
        "Check the region and the network",
        id="a proxy",
    ),
    pytest.param(
        exceptions.NoCredentialsError(),
        "no valid AWS credentials: NoCredentialsError",
        "Log in",
        id="nobody",
    ),
    pytest.param(
        refusal("AccessDenied"),
        "AWS does not let us look: AccessDenied",
        "Allow sqs:Look",
        id="not allowed",
    ),
    pytest.param(
        refusal("AWS.SimpleQueueService.NonExistentQueue"),
        "not found: AWS.SimpleQueueService.NonExistentQueue",
        "Correct WORK_QUEUE_URL",
        id="not there",
    ),
    pytest.param(
        refusal("Throttling"), "AWS answered Throttling", "then try again", id="something else"
    ),
]


@pytest.mark.parametrize(("error", "detail", "advice"), TROUBLES)
def test_a_trouble_of_aws_is_told_without_its_words(
    error: Exception, detail: str, advice: str
) -> None:
    checked = told_of(error)
    assert (checked.state, checked.detail) == (State.FAILED, detail)
    assert advice in checked.advice
    assert "s3cr3t" not in checked.detail + checked.advice
