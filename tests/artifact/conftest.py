from pathlib import Path

import pytest

from tests.support import artifacts


@pytest.fixture(scope="session")
def host_artifact() -> Path:
    return artifacts.host_artifact()


@pytest.fixture(scope="session")
def lambda_artifact() -> Path:
    try:
        return artifacts.lambda_artifact()
    except artifacts.PackagesUnavailable as error:
        pytest.skip(f"the wheels for arm64 cannot be downloaded: {error}")
