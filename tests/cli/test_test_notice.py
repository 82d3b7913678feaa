"""A sample STOP goes the way of every STOP, and says TEST wherever a person or a program looks."""

import json

import jsonschema
import pytest

from rescan.kernel.clock import utc_now
from rescan_cli.sample import sample_notice
from tests.support.aws_server import loopback_aws
from tests.support.paths import ROOT
from tests.support.run_command import Done, run
from tests.support.scripted_server import refused_port

SCHEMA = json.loads((ROOT / "docs" / "notice.schema.json").read_text())


def test_a_sample_arrives_as_a_stop_marked_test() -> None:
    with loopback_aws({"token": "none"}) as aws:
        done = run("test-notice", "--team", "payments", variables=aws.environment())
        (envelope,) = aws.received()
    attributes = {name: said["Value"] for name, said in envelope["MessageAttributes"].items()}
    result = json.loads(attributes.pop("result"))
    assert done.status == 0
    # moto counts no subscription.
    assert done.out.endswith(f"{aws.topic_arn} has 0 confirmed subscriptions.\n")
    assert envelope["Subject"].startswith("TEST: STOP: ")
    assert envelope["Message"].startswith("TEST: sent by anchore-rescan test-notice.")
    assert attributes == {
        "event_type": "STOP",
        "registry": "registry.example.com",
        "repository": "anchore-rescan/test-notice",
        "tag": "TEST",
        "team": "payments",
        "final_action": "stop",
        "max_severity": "critical",
        "fix_available": "true",
        "traits": '["fixable"]',
    }
    jsonschema.validate(result, SCHEMA)
    assert result["policy_id"] == "TEST-policy"
    assert result["id"].startswith("TEST-")
    assert result["notes"][0].startswith("TEST: ")


def test_a_sample_keeps_the_limits_of_sns() -> None:
    assert sample_notice(utc_now(), "x" * 1_000).problems() == []


def sent(arn: str, **more: str) -> Done:
    with loopback_aws({"token": "none"}) as aws:
        return run("test-notice", "--topic", arn, variables={**aws.environment(), **more})


def test_a_topic_that_is_not_there_is_no_success() -> None:
    done = sent("arn:aws:sns:eu-central-1:123456789012:gone")
    assert (done.status, done.out) == (4, "")
    assert "failed: SNS answered NotFound" in done.err


def test_credentials_that_are_missing_are_the_callers_to_mend() -> None:
    topic = "arn:aws:sns:eu-central-1:123456789012:stops"
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}
    done = sent(topic, **none, AWS_SECRET_ACCESS_KEY="")
    assert (done.status, done.out) == (4, "")
    assert "NoCredentialsError" in done.err


def test_an_sns_that_does_not_answer_is_no_success() -> None:
    topic = "arn:aws:sns:eu-central-1:123456789012:stops"
    with refused_port() as port:
        done = sent(topic, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
    assert (done.status, done.out) == (5, "")


@pytest.mark.parametrize("arn", ["stops", "arn:aws:sqs:eu-central-1:123456789012:work"])
def test_what_is_no_topic_is_refused(arn: str) -> None:
    done = sent(arn)
    assert done.status == 4
    assert done.err.startswith(f"anchore-rescan: STOP_TOPIC_ARN is '{arn}'. Expected the ARN")
