import pytest


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM's translator asks boto3 for the region, to know the partition."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
