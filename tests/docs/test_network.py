"""docs/network.md names what the function calls, and how a VPC without NAT reaches it."""

import re

from prune_artifact import SERVICES
from tests.support.paths import ROOT
from tests.support.template import template

PAGE = (ROOT / "docs" / "network.md").read_text()


def test_every_service_that_the_function_calls_has_an_endpoint_of_its_type():
    """Source: AWS PrivateLink guide, AWS services that integrate with AWS PrivateLink."""
    rows = re.findall(r"`com\.amazonaws\.REGION\.(\w+)` \| (\w+) \|", PAGE)
    interfaces = dict.fromkeys(SERVICES, "interface")
    assert dict(rows) == interfaces | {"dynamodb": "gateway"}


def test_parameter_names_each_service():
    said = template()["Parameters"]["SubnetIds"]["Description"]
    names = ("Anchore", "Secrets Manager", "SQS", "SNS", "DynamoDB", "docs/network.md")
    assert [name for name in names if name not in said] == []


def test_the_recipe_for_a_private_ca_ends_at_the_path_that_the_layer_has():
    assert "cp ca.pem layer/" in PAGE
    assert "CaBundle `/opt/ca.pem`" in PAGE
