"""How often each client asks, over real sockets: a Publish once, a reading twice."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from rescan.aws.clients import secrets_client, sns_client
from rescan.aws.secret import SecretReader
from rescan.aws.sns_topic import StopTopic
from rescan.kernel.errors import PublishFailed, SecretUnusable
from rescan.outbox.notice import Notice
from tests.support.scripted_server import Act, ScriptedServer, raw, reset, respond, silence

TOPIC = "arn:aws:sns:eu-west-1:123456789012:stops"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:anchore-AbCdEf"
NOTICE = Notice("STOP: 1 finding in api:1", "body", {"event_type": "STOP"})
PUBLISHED = respond(
    200,
    b"<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>",
    "Content-Type: text/xml",
)
THROTTLED = respond(
    400,
    b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"
    b"<Message>Rate exceeded</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
    "Content-Type: text/xml",
)
READ = respond(200, b'{"SecretString": "{}"}', "Content-Type: application/x-amz-json-1.1")
REPEAT = " The event may be repeated; a notice that did arrive then arrives twice."


@pytest.fixture
def session() -> boto3.Session:
    """A session with keys that open nothing."""
    return boto3.Session("testing", "testing", region_name="eu-west-1")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedServer]:
    """A server that takes the place of AWS for clients that are made after it."""

    def scripted(*acts: Act) -> ScriptedServer:
        server = ScriptedServer(*acts)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
        # botocore pauses for a random part of a second before it asks again.
        monkeypatch.setattr("random.random", lambda: 0.0)
        return server

    return scripted


Serve = Callable[..., ScriptedServer]


def read_seconds(act: Act) -> float:
    """Silence is not waited for long; an answer may be late on a machine that is busy."""
    return 1.0 if act is silence else 60.0


def test_a_notice_that_sns_takes_is_published(session: boto3.Session, serve: Serve) -> None:
    with serve(PUBLISHED) as server:
        assert StopTopic(sns_client(session), TOPIC).publish(NOTICE) == "m-1"
    assert server.request_lines == ["POST /"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "seen"),
    [
        pytest.param(silence, "ReadTimeoutError (no answer of SNS).", id="silence"),
        pytest.param(reset, "ConnectionClosedError (no answer of SNS).", id="reset"),
        pytest.param(raw(b""), "ConnectionClosedError (no answer of SNS).", id="closed"),
        pytest.param(respond(500), "SNS answered 500 (HTTP 500, request ?).", id="500"),
        pytest.param(respond(503), "SNS answered 503 (HTTP 503, request ?).", id="503"),
        pytest.param(
            THROTTLED, "SNS answered Throttling (HTTP 400, request r-1).", id="throttling"
        ),
    ],
)
def test_a_publish_is_sent_once_whatever_becomes_of_it(
    session: boto3.Session, serve: Serve, act: Act, seen: str
) -> None:
    with serve(act, PUBLISHED) as server, pytest.raises(PublishFailed) as raised:
        StopTopic(sns_client(session, read_seconds(act)), TOPIC).publish(NOTICE)
    assert server.request_lines == ["POST /"]
    assert str(raised.value) == (
        f"Publishing 'STOP: 1 finding in api:1' to {TOPIC} failed: {seen}{REPEAT}"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(silence, id="silence"),
        pytest.param(reset, id="reset"),
        pytest.param(respond(500), id="500"),
        pytest.param(respond(503), id="503"),
    ],
)
def test_a_reading_that_failed_is_repeated(session: boto3.Session, serve: Serve, act: Act) -> None:
    with serve(act, READ) as server:
        assert SecretReader(secrets_client(session, read_seconds(act)), SECRET)() == "{}"
    assert server.request_lines == ["POST /", "POST /"]


def test_a_reading_is_repeated_once(session: boto3.Session, serve: Serve) -> None:
    with serve(respond(500)) as server, pytest.raises(SecretUnusable, match="answered 500"):
        SecretReader(secrets_client(session), SECRET)()
    assert server.request_lines == ["POST /", "POST /"]


@pytest.mark.parametrize(
    ("make", "longest"), [(sns_client, 13), (secrets_client, 16)], ids=["sns", "secrets"]
)
def test_a_client_is_done_within_the_reserve_of_the_handler(
    session: boto3.Session, make: Callable[[boto3.Session], Any], longest: float
) -> None:
    config = make(session).meta.config
    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) == longest
