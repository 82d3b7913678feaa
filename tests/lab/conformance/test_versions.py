"""Every request of ours, held against each description of the API that Anchore has published."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rescan.doctor.features import FEATURES, Feature
from tests.lab.conformance.versions import OPERATIONS, REFEREE, VERSIONS, ignored, numbers
from tests.support.contract.asked import every_request

if TYPE_CHECKING:
    from tests.support.contract.description import Description

pytestmark = pytest.mark.slow

_FOLDER = os.environ.get("ANCHORE_OPENAPI_VERSIONS", "")
_BRANCHES = [f"{version} {operation}" for version in VERSIONS for operation in OPERATIONS]
_asked = cache(every_request)


@cache
def described(version: str) -> "Description":
    from tests.support.contract.description import Description  # noqa: PLC0415 - takes a second

    return Description(Path(_FOLDER) / f"{version}.yaml", trusted=True)


@pytest.fixture(autouse=True)
def _descriptions() -> None:
    """Eighteen files of 15,000 lines are too many for the tests that everybody runs."""
    if not _FOLDER:
        pytest.skip("ANCHORE_OPENAPI_VERSIONS is not set: it names a folder of VERSION.yaml")
    if "CONFORMANCE" not in os.environ:
        pytest.skip("make conformance reads the descriptions of each version")


def test_no_operation_is_left_out() -> None:
    assert tuple(_asked()) == OPERATIONS
    assert all(_asked().values())


def test_every_version_that_there_is_a_file_of_is_read() -> None:
    assert {file.stem for file in Path(_FOLDER).glob("*.yaml")} == set(VERSIONS)


@pytest.mark.referee(REFEREE)
@pytest.mark.parametrize("branch", _BRANCHES)
def test_a_version_takes_what_we_ask_and_ignores_what_we_know_of(branch: str) -> None:
    version, _, operation = branch.partition(" ")
    judge = described(version)

    wrong = {it for request in _asked()[operation] for it in judge.wrong_with_request(request)}

    assert wrong == {f"unknown parameter {name}" for name in ignored(version, operation)}


def _knows(parameter: str) -> Callable[["Description"], bool]:
    return lambda it: parameter in it.parameters("get", "/summaries/image-tags")


def _explains_auto(it: "Description") -> bool:
    vuln, check = ("/images/{image_digest}/vuln/{vuln_type}", "/images/{image_digest}/check")
    said = [it.parameters("get", path)["base_digest"]["description"] for path in (vuln, check)]
    return all('"auto"' in text for text in said)


def _has_checksums(it: "Description") -> bool:
    return "dataset_checksum" in it.fields("FeedMetadata")


def _has_kev(it: "Description") -> bool:
    return "is_kev" in it.fields("NvdDataObject") | it.fields("ImagePackageVulnerability")


@pytest.mark.parametrize(
    ("feature", "described_by"),
    [
        *zip(
            FEATURES,
            (_knows("page"), _explains_auto, _has_checksums, _has_kev),
            strict=True,
        )
    ],
    ids=["pages", "base-image", "checksums", "kev"],
)
def test_doctor_names_the_first_version_that_has_a_feature(
    feature: Feature, described_by: Callable[["Description"], bool]
) -> None:
    has = [version for version in VERSIONS if described_by(described(version))]
    assert has == [version for version in VERSIONS if numbers(version) >= feature.api]
    assert has not in ([], list(VERSIONS))
