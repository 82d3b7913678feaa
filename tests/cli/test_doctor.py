"""What is wrong between here, Anchore and AWS: each fault is named, with what mends it."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme
from moto.sns.models import sns_backends

from rescan_cli.replay.loopback import LoopbackServer
from tests.support.aws_server import Moto
from tests.support.replayed_image import DIGEST, TAG, variables
from tests.support.run_command import PASSWORD, Done, run, run_process
from tests.support.scripted_server import Act, ScriptedServer, refused_port, respond
from tests.support.scripted_server import json as answer


def said(value: Any) -> Act:
    return answer(json.dumps(value).encode())


# As Anchore's own mock of v2 has it.
VERSION = said(
    {"api": {"version": "2"}, "db": {"schema_version": "x"}, "service": {"version": "5.9.0"}}
)
TAGS = said({"items": [{"full_tag": TAG, "image_digest": DIGEST}], "total_rows": 1})
POLICY = {
    "policy_id": "p-1",
    "name": "Default",
    "active": True,
    "account_name": "a",
    "policy_source": "local",
}
POLICIES = said([{**POLICY, "policy_id": "p-0", "active": False}, POLICY])
ROWS = said({"vulnerabilities": []})
CHECK = said({"evaluations": []})
FORBIDDEN = respond(403, b'{"message": "not authorized"}')
EMPTY = said({"items": []})
WELL = (VERSION, TAGS, POLICIES, ROWS, CHECK, EMPTY)


def doctor(*acts: Act, **more: str) -> tuple[Done, ScriptedServer]:
    with ScriptedServer(*acts) as server:
        return run("doctor", variables=variables(server.url, **more)), server


def lines(done: Done) -> dict[str, str]:
    """Each check's state and words, by its name; a fix is a line of its own below."""
    found: dict[str, str] = {}
    name = ""
    for line in done.out.splitlines():
        if line.startswith(" "):
            found[f"{name}, fix"] = line.strip()
        else:
            name = line[4:27].strip()
            found[name] = f"{line[:4].strip()} {line[27:]}"
    return found


def test_a_way_that_is_well_has_no_fix() -> None:
    done, server = doctor(*WELL)
    told = lines(done)
    assert done.status == 0
    assert told["Version"] == "ok Anchore 5.9.0, API 2, spoken to in the enterprise dialect"
    assert told["Policy"] == "ok p-1 Default is active"
    assert {name: line.split()[0] for name, line in told.items()} == {
        "Proxy": "ok",
        "DNS": "ok",
        "TCP": "ok",
        "TLS": "-",
        "Credentials": "ok",
        "Version": "ok",
        "Authorization": "ok",
        "Features": "ok",
        "Policy": "ok",
        "Role: vulnerabilities": "ok",
        "Role: evaluation": "ok",
        "Inventory": "-",  # it is empty
        "Topic": "-",
        "Chat topic": "-",
        "Queue": "-",
        "Push queue": "-",
        "Table": "-",
        "Rule": "-",
    }
    # Nothing that changes anything there: no forced refresh, no evaluation that is kept.
    assert [line.partition("?")[0] for line in server.request_lines] == [
        "GET /v2/version",
        "GET /v2/summaries/image-tags",
        "GET /v2/policies",
        f"GET /v2/images/{DIGEST}/vuln/all",
        f"GET /v2/images/{DIGEST}/check",
        "GET /v2/inventories",
    ]
    assert "interactive=true" in server.request_lines[-2]


TROUBLES = [
    pytest.param((respond(404, b"<html>"),), "Version", "Enterprise 4.9 or later", id="v1"),
    pytest.param((answer(b"<html>login"),), "Version", "Enterprise 4.9 or later", id="a web page"),
    pytest.param((respond(500, b"{}"),), "Version", "ask whoever runs Anchore", id="broken"),
    pytest.param((VERSION, respond(401, b"")), "Authorization", "_api_key", id="401"),
    pytest.param((VERSION, FORBIDDEN), "Authorization", "a role in this account", id="403"),
    pytest.param((VERSION, TAGS, said([])), "Policy", "Activate one", id="no active policy"),
    pytest.param(
        (VERSION, TAGS, POLICIES, FORBIDDEN, CHECK),
        "Role: vulnerabilities",
        "Read Only",
        id="no vulnerabilities",
    ),
    pytest.param(
        (VERSION, TAGS, POLICIES, ROWS, FORBIDDEN), "Role: evaluation", "Read Only", id="no check"
    ),
]


@pytest.mark.parametrize(("acts", "check", "fix"), TROUBLES)
def test_a_trouble_has_its_fix(acts: tuple[Act, ...], check: str, fix: str) -> None:
    done, _ = doctor(*acts)
    told = lines(done)
    assert done.status == 4
    assert told[check].startswith("fix ")
    assert fix in told[f"{check}, fix"]
    assert PASSWORD not in done.out + done.err


def test_what_rests_on_a_trouble_is_skipped() -> None:
    told = lines(doctor(respond(404, b"{}"))[0])
    assert told["Authorization"] == "- not before Version is fixed"
    assert "Policy" not in told


def test_a_policy_that_is_not_there_is_named() -> None:
    told = lines(doctor(*WELL, POLICY_ID="p-9")[0])
    assert told["Policy"] == "fix no policy has the id 'p-9'"
    assert lines(doctor(*WELL, POLICY_ID="p-0")[0])["Policy"] == "ok p-0 Default is there"


def test_a_role_that_may_not_list_policies_is_enough() -> None:
    done, _ = doctor(VERSION, TAGS, FORBIDDEN, ROWS, CHECK)
    assert (done.status, lines(done)["Policy"].split()[0]) == (0, "-")


def test_a_server_without_summaries_is_asked_for_a_list() -> None:
    done, server = doctor(
        VERSION,
        respond(404, b'{"title": "Not Found"}'),
        respond(404, b'{"message": "image data not found in DB"}'),
        POLICIES,
    )
    told = lines(done)
    assert done.status == 0
    assert told["Role: evaluation"] == "- there is no image to try it on"
    assert server.request_lines[2].startswith("GET /v2/images?")


def test_what_an_older_server_lacks_is_named_and_needs_no_fix() -> None:
    done, _ = doctor(*WELL)
    assert (done.status, lines(done)["Features"].split(":")[0]) == (
        0,
        "ok rows may lack KEV and EPSS",
    )


def test_a_setting_that_the_server_does_not_know_is_a_trouble() -> None:
    old = said({"api": {"version": "2"}, "service": {"version": "5.8.1"}})
    with ScriptedServer(old, *WELL[1:]) as server:
        done = run("doctor", variables=variables(server.url, BASE_IMAGE="true"))
        asked_for_what_runs = run("doctor", variables=variables(server.url, WATCH="running"))
    assert done.status == 0
    assert asked_for_what_runs.status == 4


def test_missing_credentials_do_not_keep_the_network_from_being_looked_at() -> None:
    with ScriptedServer(VERSION) as server:
        done = run("doctor", variables={"ANCHORE_URL": server.url})
    told = lines(done)
    assert done.status == 4
    assert told["TCP"].startswith("ok ")
    assert told["Credentials"].startswith("fix ANCHORE_USERNAME is not set.")


# --- the network


def test_a_closed_port_is_named() -> None:
    with refused_port() as port:
        done = run("doctor", variables=variables(f"http://127.0.0.1:{port}"))
    assert done.status == 4
    assert f"no connection to 127.0.0.1:{port}: Connection refused" in lines(done)["TCP"]


@pytest.mark.slow
def test_a_name_without_an_address_is_named() -> None:
    done = run_process("doctor", variables=variables("https://anchore.invalid"))
    assert done.status == 4
    assert lines(done)["DNS"].startswith("fix anchore.invalid has no address: ")


def test_the_proxy_of_the_environment_is_used_and_its_password_hidden() -> None:
    with ScriptedServer(*WELL) as proxy:
        there = {"HTTP_PROXY": f"http://u:{PASSWORD.replace('/', '%2F')}@127.0.0.1:{proxy.port}"}
        done = run("doctor", variables=variables("http://anchore.invalid", NO_PROXY="", **there))
    told = lines(done)
    assert done.status == 0
    assert told["Proxy"] == f"ok 127.0.0.1:{proxy.port}, as the environment says"
    assert proxy.request_lines[0] == "GET http://anchore.invalid/v2/version"
    assert "s3cr3t" not in done.out + done.err


def test_a_proxy_that_is_not_there_is_named() -> None:
    with refused_port() as port:
        proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": ""}
        done = run("doctor", variables=variables("https://anchore.invalid", **proxy))
    assert f"no connection to 127.0.0.1:{port}" in lines(done)["TCP"]
    assert "HTTPS_PROXY" in lines(done)["TCP, fix"]


# --- TLS


CA = trustme.CA(organization_name="Corp Test CA")


def certified(*hosts: str, **options: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(*hosts, **options).configure_cert(context)
    return context


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(path))
    return str(path)


def tls_line(context: ssl.SSLContext, **more: str) -> tuple[str, str]:
    with ScriptedServer(*WELL, tls=context) as server:
        done = run("doctor", variables=variables(server.url, **more))
    told = lines(done)
    return told["TLS"], told.get("TLS, fix", "")


def test_a_trusted_certificate_is_named(bundle: str) -> None:
    line, fix = tls_line(certified("localhost"), CA_BUNDLE=bundle)
    assert line.startswith("ok TLSv1.3, issued by Corp Test CA, until ")
    assert fix == ""


def test_the_missing_ca_is_named() -> None:
    line, fix = tls_line(certified("localhost"))
    assert line.startswith("fix the CA 'Corp Test CA' is not among those that ")
    assert fix == "Get the certificate of 'Corp Test CA' as PEM, and name the file in CA_BUNDLE."


def test_an_expired_certificate_is_named(bundle: str) -> None:
    expired = certified("localhost", not_after=datetime(2024, 2, 29, tzinfo=UTC))
    line, _ = tls_line(expired, CA_BUNDLE=bundle)
    assert line == "fix the certificate expired on 2024-02-29"


def test_a_certificate_for_another_host_is_named(bundle: str) -> None:
    line, _ = tls_line(certified("anchore.example.com"), CA_BUNDLE=bundle)
    assert line == "fix the certificate is for anchore.example.com, not localhost"


def test_a_bundle_that_is_no_pem_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    line, _ = tls_line(certified("localhost"), CA_BUNDLE=str(tmp_path / "ca.pem"))
    assert line.endswith("ca.pem is no PEM file")


def test_a_port_without_tls_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plain = threading.Thread(target=_refuse_twice, args=(listener,), daemon=True)
        plain.start()
        port = listener.getsockname()[1]
        done = run("doctor", variables=variables(f"https://127.0.0.1:{port}"))
        plain.join(60)
    told = lines(done)
    assert told["TLS"].startswith("fix the handshake failed: ")
    assert told["TLS, fix"] == "Check that this port speaks TLS."


def _refuse_twice(listener: socket.socket) -> None:
    """Of the connection that is only looked at, and of the handshake."""
    for _ in range(2):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(65536)


def tunnel(port: int) -> Act:
    """A proxy's answer to CONNECT: bytes to and fro."""

    def act(client: socket.socket, stop: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)

    return act


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_certificates_are_looked_at_through_the_proxy(bundle: str) -> None:
    with (
        ScriptedServer(*WELL, tls=certified("localhost")) as server,
        ScriptedServer(tunnel(server.port)) as proxy,
    ):
        there = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": ""}
        done = run("doctor", variables=variables(server.url, CA_BUNDLE=bundle, **there))
    assert done.status == 0
    assert lines(done)["TLS"].startswith("ok TLSv1.3, issued by Corp Test CA")
    assert proxy.request_lines[0] == f"CONNECT localhost:{server.port}"


# --- AWS


REGION = "eu-central-1"


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """The variables of a stack whose topic nobody reads, and whose rule is there."""
    with LoopbackServer(Moto()) as server:
        yield _stack(server.url)


def _client(url: str, service: str) -> Any:
    session: Any = boto3.Session("testing", "testing", region_name=REGION)
    return session.client(service, endpoint_url=url)


def _stack(url: str) -> dict[str, str]:
    sqs, events = _client(url, "sqs"), _client(url, "events")
    queue = sqs.create_queue(QueueName="work")["QueueUrl"]
    pushes = sqs.create_queue(QueueName="pushes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=pushes, AttributeNames=["QueueArn"])
    events.put_rule(Name="pushes", EventPattern='{"source": ["aws.ecr"]}')
    target = {"Id": "PushQueue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="pushes", Targets=[target])
    _client(url, "dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = _client(url, "sns").create_topic(Name="stops")["TopicArn"]
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "STOP_TOPIC_ARN": topic,
        "WORK_QUEUE_URL": queue,
        "PUSH_QUEUE_URL": pushes,
        "LEDGER_TABLE": "ledger",
    }


def stack_lines(**more: str) -> tuple[int, dict[str, str]]:
    done, _ = doctor(*WELL, **more)
    told = lines(done)
    return done.status, {k: v for k, v in told.items() if k.split(",")[0] in _OF_AWS}


_OF_AWS = ("Topic", "Queue", "Push queue", "Table", "Rule")


def test_a_topic_that_nobody_reads_is_named(aws: dict[str, str]) -> None:
    status, told = stack_lines(**aws)
    assert status == 4
    assert told == {
        "Topic": "fix no subscription is confirmed, 0 are pending: nobody reads a STOP",
        "Topic, fix": "Confirm through the link in the mail of AWS, or subscribe a reader.",
        "Queue": "ok there, with about 0 messages",
        "Push queue": "ok there, with about 0 messages",
        "Table": "ok it can be read",
        "Rule": "ok pushes is enabled",
    }


def test_confirmed_subscriptions_are_counted(aws: dict[str, str]) -> None:
    topic = _client(aws["AWS_ENDPOINT_URL"], "sns").create_topic(Name="read")["TopicArn"]
    # moto counts no subscription by itself.
    sns_backends["123456789012"][REGION].topics[topic].subscriptions_confimed = 2
    status, told = stack_lines(**{**aws, "STOP_TOPIC_ARN": topic})
    assert (status, told["Topic"]) == (0, "ok 2 confirmed subscriptions, 0 pending")


def test_a_rule_that_is_off_is_named(aws: dict[str, str]) -> None:
    events = _client(aws["AWS_ENDPOINT_URL"], "events")
    events.disable_rule(Name="pushes")
    try:
        _, told = stack_lines(**aws)
    finally:
        events.enable_rule(Name="pushes")
    assert told["Rule"] == "fix pushes is disabled"


def test_what_is_not_there_is_named(aws: dict[str, str]) -> None:
    gone = {
        "STOP_TOPIC_ARN": f"{aws['STOP_TOPIC_ARN']}-gone",
        "WORK_QUEUE_URL": f"{aws['WORK_QUEUE_URL']}-gone",
        "LEDGER_TABLE": "gone",
    }
    status, told = stack_lines(**{**aws, **gone})
    assert status == 4
    for name, variable in (
        ("Topic", "STOP_TOPIC_ARN"),
        ("Queue", "WORK_QUEUE_URL"),
        ("Table", "LEDGER_TABLE"),
    ):
        assert told[name].startswith("fix not found: ")
        assert variable in told[f"{name}, fix"]


def test_missing_credentials_of_aws_are_named(aws: dict[str, str]) -> None:
    without = {
        k: v for k, v in aws.items() if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
    _, told = stack_lines(**without, AWS_EC2_METADATA_DISABLED="true")
    assert told["Topic"] == "fix no valid AWS credentials: NoCredentialsError"


# --- inside the function

CHECKS = [
    {"name": "TCP", "state": "ok", "detail": "10.0.1.5:443: answers", "advice": ""},
    {"name": "Table", "state": "failed", "detail": "not found", "advice": "Correct LEDGER_TABLE."},
    {"name": "Queue", "state": "unknown", "detail": "WORK_QUEUE_URL is not set", "advice": ""},
]
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:rescan"


def inside(act: Act, *options: str, **more: str) -> tuple[Done, ScriptedServer]:
    """The command with --function, on a Lambda that does as it is told."""
    with ScriptedServer(act) as aws:
        known = {
            "AWS_ENDPOINT_URL": aws.url.removesuffix("/v2"),
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        done = run("doctor", "--function", ARN, *options, variables=known | more)
    return done, aws


def failed(error: str, message: str) -> Act:
    body = json.dumps({"errorType": error, "errorMessage": message}).encode()
    return respond(200, body, "X-Amz-Function-Error: Unhandled")


def test_the_function_checks_where_it_is_with_its_own_settings() -> None:
    done, aws = inside(said({"checks": CHECKS}))
    assert done.status == 4
    assert lines(done) == {
        "TCP": "ok 10.0.1.5:443: answers",
        "Table": "fix not found",
        "Table, fix": "Correct LEDGER_TABLE.",
        "Queue": "- WORK_QUEUE_URL is not set",
    }
    [request] = aws.request_lines
    assert request.startswith("POST /2015-03-31/functions/arn")
    assert "/eu-central-1/lambda/" in aws.requests[0]


def test_a_function_that_is_well_ends_with_0() -> None:
    done, _ = inside(said({"checks": [CHECKS[0], CHECKS[2]]}))
    assert done.status == 0


def test_json_is_what_the_function_answers() -> None:
    done, _ = inside(said({"checks": CHECKS}), "-o", "json")
    assert (done.status, json.loads(done.out)) == (4, {"checks": CHECKS})


def test_json_has_the_same_fields_without_a_function() -> None:
    with ScriptedServer(respond(404, b"{}")) as server:
        done = run("doctor", "-o", "json", variables=variables(server.url))
    checks = {check["name"]: check for check in json.loads(done.out)["checks"]}
    assert done.status == 4
    assert checks["Version"]["state"] == "failed"
    assert checks["Version"]["advice"].startswith("Set ANCHORE_URL")
    assert {tuple(check) for check in checks.values()} == {("name", "state", "detail", "advice")}


NO_ANSWER = [
    pytest.param(
        failed("SettingsError", "CA_BUNDLE is '/opt/x'."), "CA_BUNDLE is", "deploy", id="settings"
    ),
    pytest.param(
        failed("EventRefused", "unknown shape"), "unknown shape", "newer one", id="an old version"
    ),
    pytest.param(failed("Runtime.Unknown", "x"), "Runtime.Unknown: x", "log", id="it crashed"),
    pytest.param(said({"hello": 1}), "none of anchore-rescan's", "FunctionName", id="another"),
    pytest.param(answer(b"<html>"), "none of anchore-rescan's", "FunctionName", id="no JSON"),
    pytest.param(
        respond(404, b"{}", "X-Amzn-Errortype: ResourceNotFoundException"),
        "not found: ResourceNotFoundException",
        "the function's name",
        id="no such function",
    ),
    pytest.param(
        respond(403, b"{}", "X-Amzn-Errortype: AccessDeniedException"),
        "AccessDeniedException",
        "Allow lambda:InvokeFunction",
        id="not allowed",
    ),
]


@pytest.mark.parametrize(("act", "problem", "advice"), NO_ANSWER)
def test_a_function_that_does_not_answer_is_a_line_with_a_fix(
    act: Act, problem: str, advice: str
) -> None:
    done, aws = inside(act)
    told = lines(done)
    assert done.status == 4
    assert problem in told["Function"]
    assert advice in told["Function, fix"]
    assert len(aws.requests) == 1  # a second invocation would only do it all again


def test_no_credentials_of_aws_are_a_line_with_a_fix() -> None:
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    done, aws = inside(said({}), **nobody, AWS_EC2_METADATA_DISABLED="true")
    assert (done.status, aws.requests) == (4, [])
    assert "NoCredentialsError" in lines(done)["Function"]


def test_the_function_s_settings_are_not_the_command_s() -> None:
    done, aws = inside(said({"checks": CHECKS}), "--url", "https://anchore.example.com")
    assert (done.status, aws.requests) == (4, [])
    assert "--function goes alone" in done.err
