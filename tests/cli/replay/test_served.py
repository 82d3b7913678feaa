"""The two ways in which a replay is served: on a session, and behind a loopback server."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from rescan.anchore.http_deadlines import PATIENT, RequestScope, TimedAdapter, request_scope
from rescan.anchore.transport import new_session
from rescan.kernel.deadline import Deadline
from rescan_cli.replay.har import Entry, Recording
from rescan_cli.replay.mount import replayed_session
from rescan_cli.replay.router import NotRecorded
from rescan_cli.replay.server import ReplayServer

_BODY = b"0123456789" * 100
_RECORDING = Recording(
    "some",
    "",
    (
        Entry("GET", "/v2/busy", (), 503, (("Retry-After", "0"),), b"busy"),
        Entry("GET", "/v2/busy", (), 200, (("Content-Type", "application/json"),), b"{}"),
        Entry("GET", "/v2/long", (("tag", "r.io/a:1"),), 200, (), _BODY),
    ),
)


@pytest.fixture
def session():
    with replayed_session(_RECORDING) as session:
        yield session


@pytest.fixture
def server():
    with ReplayServer(_RECORDING) as server:
        yield server


def test_a_mounted_session_answers_whatever_the_host(session):
    for host in ("https://anchore.example.com", "http://127.0.0.1:1"):
        response = session.get(f"{host}/v2/long", params={"tag": "r.io/a:1"})
        assert (response.status_code, response.content) == (200, _BODY)


def test_a_mounted_response_streams(session):
    with session.get("https://h/v2/long?tag=r.io/a:1", stream=True) as response:
        chunks = list(response.iter_content(300))

    assert [len(chunk) for chunk in chunks] == [300, 300, 300, 100]
    assert b"".join(chunks) == _BODY


def test_a_mounted_response_keeps_status_reason_and_headers(session):
    response = session.get("https://h/v2/busy")

    assert (response.status_code, response.reason, response.text) == (
        503,
        "Service Unavailable",
        "busy",
    )
    assert response.headers == {"Retry-After": "0", "Content-Length": "4"}


def test_a_mounted_session_raises_what_was_not_recorded(session):
    with pytest.raises(NotRecorded, match="GET /v2/none is not in the recording 'some'"):
        session.get("https://h/v2/none")


def test_the_server_answers_over_sockets(server):
    with requests.Session() as session:
        response = session.get(f"{server.url}/v2/long", params={"tag": "r.io/a:1"})

    assert (response.status_code, response.content) == (200, _BODY)
    assert [str(seen) for seen in server.replay.seen] == ["GET /v2/long?tag=r.io/a:1"]


def test_the_server_lets_the_client_retry(server):
    with (
        new_session(TimedAdapter(backoff_seconds=0)) as session,
        request_scope(RequestScope(Deadline.after(30), 10, PATIENT)),
    ):
        response = session.get(f"{server.url}/v2/busy")

    assert (response.status_code, response.content) == (200, b"{}")
    assert [seen.status for seen in server.replay.seen] == [503, 200]


def test_one_session_may_ask_again_and_again(server):
    with requests.Session() as session:
        statuses = [session.get(f"{server.url}/v2/busy").status_code for _ in range(3)]

    assert statuses == [503, 200, 200]


def test_the_server_answers_while_another_connection_is_idle(server):
    with socket.create_connection(("127.0.0.1", server.port)), requests.Session() as session:
        assert session.get(f"{server.url}/v2/busy").status_code == 503


def test_the_server_answers_many_at_once(server):
    def ask(_):
        with requests.Session() as session:
            return session.get(f"{server.url}/v2/long?tag=r.io/a:1").content

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(24))) == {_BODY}
    assert len(server.replay.seen) == 24


def test_what_was_not_recorded_is_answered_501_and_raised_at_the_end():
    answers = []

    def ask():
        with ReplayServer(_RECORDING) as server, requests.Session() as session:
            answers.append(session.get(f"{server.url}/v2/none"))

    with pytest.raises(NotRecorded, match="GET /v2/none is not in the recording") as refused:
        ask()
    assert [(a.status_code, a.json()) for a in answers] == [(501, {"message": str(refused.value)})]


def test_what_was_not_recorded_does_not_hide_the_error_under_way():
    def ask():
        with ReplayServer(_RECORDING) as server, requests.Session() as session:
            session.get(f"{server.url}/v2/none").raise_for_status()

    with pytest.raises(requests.HTTPError, match="501 Server Error"):
        ask()


def test_the_port_is_free_again_after_the_server():
    with ReplayServer(_RECORDING) as first:
        port = first.port
    with ReplayServer(_RECORDING, port) as second:
        assert second.port == port


def test_a_port_that_is_taken_is_an_error_and_not_the_end_of_the_process(server):
    with pytest.raises(OSError, match="Address already in use"):
        ReplayServer(_RECORDING, server.port)
