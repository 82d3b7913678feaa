from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def _region() -> Iterator[None]:
    """SAM's translator asks boto3 for the region, to know the partition."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield
