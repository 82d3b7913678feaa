"""What the artifact is without: only what nothing in it can miss."""

import json
import os
import subprocess
import sys
import sysconfig
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader

from rescan.aws import clients
from tests.support.artifacts import installed_by_wheels

pytestmark = pytest.mark.slow

FUNCTIONS = Path(clients.__file__).parents[2]
MAKE_EVERY_CLIENT = """
import boto3, json, sys
from rescan.aws import clients
made = {}
for region in json.load(sys.stdin):
    session = boto3.Session("testing", "testing", region_name=region)
    for name in [it for it in vars(clients) if it.endswith("_client")]:
        meta = getattr(clients, name)(session).meta
        made[f"{region} {name}"] = [meta.service_model.service_name, meta.endpoint_url]
print(json.dumps(made))
"""
LICENCES = ("LICENSE", "LICENCE", "NOTICE", "AUTHORS", "COPYING")


def regions() -> list[str]:
    """The first two of each partition that botocore knows, and one that is younger."""
    partitions = Loader().load_data("partitions")["partitions"]
    some = {region for it in partitions for region in islice(sorted(it["regions"]), 2)}
    return [*sorted(some), "eu-north-9"]


def made_by_the_function() -> list[Any]:
    return [make for name, make in vars(clients).items() if name.endswith("_client")]


def every_client(*paths: str) -> dict[str, list[str]]:
    """Service and endpoint of each client in each region, on these paths alone."""
    program = f"import sys; sys.path += {paths!r}\n{MAKE_EVERY_CLIENT}"
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        input=json.dumps(regions()),
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    made: dict[str, list[str]] = json.loads(printed.stdout)
    return made


def test_each_client_is_made_in_the_artifact_and_asks_where_it_would_without_pruning(host_artifact):
    unpruned = every_client(str(FUNCTIONS), sysconfig.get_path("purelib"))
    assert len(unpruned) == len(regions()) * len(made_by_the_function())
    assert every_client(str(host_artifact)) == unpruned


def test_no_service_is_described_that_the_function_does_not_call(host_artifact):
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    called = {make(session).meta.service_model.service_name for make in made_by_the_function()}
    data = host_artifact / "botocore" / "data"
    assert {it.name for it in data.iterdir() if it.is_dir()} == called


def test_every_client_of_aws_is_made_in_one_module():
    """Of the services that are kept, `clients` alone says which are needed."""
    code = Path(clients.__file__).parents[1]
    callers = [it.name for it in code.rglob("*.py") if ".client(" in it.read_text()]
    assert callers == ["clients.py"]


@pytest.mark.parametrize("target", ["host", "lambda"])
def test_a_dependency_s_tests_and_types_stay_out(target, request):
    artifact: Path = request.getfixturevalue(f"{target}_artifact")
    assert [it for it in artifact.rglob("*") if it.name == "tests" or it.suffix == ".pyi"] == []


@pytest.mark.parametrize("target", ["host", "lambda"])
def test_every_licence_of_a_dependency_stays(target, request):
    artifact: Path = request.getfixturevalue(f"{target}_artifact")
    licences = {
        name
        for name in installed_by_wheels(target)
        if ".dist-info/" in name and Path(name).name.upper().startswith(LICENCES)
    }
    packages = {it.name for it in artifact.glob("*.dist-info")}
    assert {name.partition("/")[0] for name in licences} == packages
    assert {name for name in licences if not (artifact / name).is_file()} == set()


def test_every_module_of_a_dependency_stays(host_artifact):
    """Whatever imports late finds what it looks for; tests apart."""
    modules = {
        name
        for name in installed_by_wheels("host")
        if name.endswith((".py", ".so")) and "/tests/" not in name
    }
    assert "botocore/client.py" in modules
    assert {name for name in modules if not (host_artifact / name).is_file()} == set()


def test_the_artifact_takes_no_more_than_20_megabytes(host_artifact):
    assert sum(it.stat().st_size for it in host_artifact.rglob("*") if it.is_file()) <= 20e6
