"""What a version of Anchore lacks, by its release or by the API that it speaks."""

import pytest

from rescan.doctor.features import FEATURES, lacking

_, BASE_IMAGE, CHECKSUMS, EXPLOITED = FEATURES

VERSIONS = [
    # release, API, what is missing
    pytest.param("4.9.3", "2", [*FEATURES], id="the first of v2"),
    pytest.param("5.3.0", "2", [*FEATURES], id="before pages"),
    pytest.param("5.4.0", "2", [BASE_IMAGE, CHECKSUMS, EXPLOITED], id="pages"),
    pytest.param("5.8.1", "2", [CHECKSUMS, EXPLOITED], id="the base image by itself"),
    pytest.param("5.9.0", "2", [EXPLOITED], id="checksums of feeds"),
    pytest.param("5.22.0", "2", [], id="KEV and EPSS"),
    pytest.param("v6.1", "", [], id="of another major release"),
    pytest.param("5.10.0", "2", [EXPLOITED], id="numbers are no texts"),
    pytest.param("5.3.0", "2.7.2", [EXPLOITED], id="the API says more than the release"),
    pytest.param("", "2.7.1", [CHECKSUMS, EXPLOITED], id="only the API"),
    pytest.param("", "2.12.1", [], id="KEV and EPSS in nvd_data"),
    pytest.param("", "2.12.0", [EXPLOITED], id="the last without"),
    pytest.param("", "2.13.0", [], id="the last that is described"),
]


@pytest.mark.parametrize(("release", "api", "missing"), VERSIONS)
def test_a_version_lacks(release: str, api: str, missing: list[object]) -> None:
    assert lacking(release, api) == missing


@pytest.mark.parametrize("said", ["", "dev", "2", "latest-5.9", "9" * 400])
def test_what_is_no_version_says_nothing(said: str) -> None:
    assert lacking(said, "2") is None
