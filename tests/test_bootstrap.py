"""What a new container is built of: settings are checked before any event."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rescan.kernel.errors import SettingsError

pytestmark = pytest.mark.usefixtures("fresh_container")

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "ANCHORE_URL": "https://anchore.example.com",
    "ANCHORE_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore-AbCdEf",
    "STOP_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:stops",
}


class Container:
    """The function as it is built by a first event; `warnings` are what its log then says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, app: Any) -> None:
        self.warnings: list[str] = []
        self._environment = monkeypatch
        self._app = app

    def build(self, **changes: str) -> object:
        for name, value in (ENVIRONMENT | changes).items():
            self._environment.setenv(name, value)
        return self._app._dispatcher()  # noqa: SLF001 - what the first event builds


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    from rescan import app  # noqa: PLC0415 - after the fixture that makes the container a new one

    built = Container(monkeypatch, app)
    handler = logging.Handler()
    handler.emit = lambda record: built.warnings.append(str(record.msg))  # type: ignore[method-assign]
    logger = logging.getLogger(app.logger.name)
    level = logger.level
    logger.setLevel(logging.WARNING)
    logger.addHandler(handler)
    yield built
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_an_encrypted_connection_is_no_reason_for_a_word(container: Container) -> None:
    container.build()
    assert container.warnings == []


def test_credentials_that_travel_unencrypted_are_warned_of(container: Container) -> None:
    container.build(ANCHORE_URL="http://anchore.example.com")
    assert container.warnings == ["ANCHORE_URL is no https URL: the credentials travel unencrypted"]


def test_a_bundle_that_is_there_is_taken(container: Container, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    assert container.build(CA_BUNDLE=str(bundle)) is not None


def test_a_bundle_that_is_not_there_is_a_settings_error(
    container: Container, tmp_path: Path
) -> None:
    missing = tmp_path / "none.pem"
    with pytest.raises(SettingsError) as raised:
        container.build(CA_BUNDLE=str(missing))
    assert str(raised.value) == (
        f"CA_BUNDLE is '{missing}'. Expected the path of a PEM file in the function."
        " Example: CA_BUNDLE=/opt/ca.pem"
    )


def test_a_container_is_built_once(container: Container) -> None:
    assert container.build() is container.build()
