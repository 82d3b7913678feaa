"""docs/routing.md: each JSON and each template in it is run, and delivers what it says."""

import json
import re
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.team import Teams
from tests.support.routing import (
    ATTRIBUTES,
    MAILS,
    PAGE,
    POLICIES,
    SUBSCRIPTIONS,
    TEMPLATE,
    Aws,
    Example,
    raw,
)


def test_notices_of_the_page_have_the_attributes_that_its_table_says() -> None:
    table = PAGE.partition("| notice |")[2].partition("\n\n")[0].splitlines()
    names = re.findall(r"`(\w+)`", table[0])
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table[2:]]
    assert {row[0]: row[1:] for row in rows} == {
        name: [_cell(notice.attributes[attribute]) for attribute in names]
        for name, notice in MAILS.items()
    }


def _cell(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def test_page_names_every_attribute_and_no_other() -> None:
    table = PAGE.partition("| attribute |")[2].partition("\n\n")[0].splitlines()[2:]
    named = [name for line in table for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(named) == sorted(MAILS["fixable"].attributes)


def test_routes_of_the_page_are_read() -> None:
    (routes,) = re.findall(r"^    (.*=.*,.*)$", PAGE, re.MULTILINE)
    tags = ("payments/api:1", "shop/web-cart:1", "registry.example.com/legacy/app:1", "nginx:1")
    teams = [Teams.parse(routes).of(ImageTag.parse(tag)) for tag in tags]
    assert teams == ["payments", "frontend", "platform", "unrouted"]


# --- what is delivered


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        yield Aws.of(session.client("sns"), session.client("sqs"))


def test_page_has_no_block_that_is_not_run() -> None:
    run = [*POLICIES, ATTRIBUTES, TEMPLATE]
    assert PAGE.count("\n```") == 2 * len(run)
    assert {name for example in run for name in example.delivers} == MAILS.keys()


@pytest.mark.parametrize("example", POLICIES, ids=str)
def test_policy_delivers_what_the_page_says(example: Example, aws: Aws) -> None:
    assert aws.delivered(example) == example.delivers


@pytest.mark.slow
def test_template_is_one_that_cloudformation_takes() -> None:
    from cfnlint.api import ManualArgs, lint  # noqa: PLC0415 - takes seconds

    assert lint(TEMPLATE.text, config=ManualArgs(regions=["eu-central-1"])) == []


@pytest.mark.parametrize("example", SUBSCRIPTIONS, ids=str)
def test_subscription_delivers_what_the_page_says(example: Example, aws: Aws) -> None:
    assert aws.delivered_raw(example) == [raw(MAILS[name]) for name in example.delivers]


# --- mistakes


@pytest.mark.parametrize("policy", [{"team": ["paymnets"]}, {"Team": ["payments"]}])
def test_a_wrong_route_leaves_the_notice_to_the_subscription_without_a_policy(
    policy: dict[str, list[str]], aws: Aws
) -> None:
    wrong = aws.subscribed({"FilterPolicy": json.dumps(policy)}, "wrong")
    everything = aws.subscribed({}, "everything")
    aws.publish(MAILS)
    assert (aws.subjects(wrong), aws.subjects(everything)) == ([], list(MAILS))
