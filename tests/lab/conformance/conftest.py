"""The runner and the documents that it is given."""

import os
import shutil
from pathlib import Path

import pytest

from tests.lab.conformance.by_respect import Document
from tests.lab.conformance.redocly import Redocly
from tests.support.paths import ROOT

_GIVEN = "anchore-rescan-active-images-workflow.yml"
_ITS_OPENAPI = "anchore-enterprise-api.yaml"


@pytest.fixture(scope="session")
def redocly() -> Redocly:
    executable = os.environ.get("REDOCLY")
    if not executable:
        pytest.skip(os.environ.get("REDOCLY_MISSING") or "make conformance installs Redocly CLI")
    return Redocly(Path(executable))


@pytest.fixture(scope="session")
def given_folder() -> Path:
    folder = os.environ.get("ARAZZO_DOCUMENTS")
    if not folder:
        pytest.skip("ARAZZO_DOCUMENTS is not set: it names the folder of the given document")
    return Path(folder)


@pytest.fixture(scope="session")
def given(given_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A copy of the given document, laid out so that the path to its OpenAPI file is right."""
    folder = tmp_path_factory.mktemp("given")
    for name, place in ((_GIVEN, "arazzo"), (_ITS_OPENAPI, "openapi")):
        (folder / place).mkdir()
        shutil.copy(given_folder / name, folder / place)
    return Document(folder / "arazzo" / _GIVEN, "anchoreApi")


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A copy of the project's document, since the runner's own is written beside it."""
    folder = tmp_path_factory.mktemp("ours")
    files = ("docs/arazzo/rescan.arazzo.yaml", "tests/contract/anchore-enterprise-v2.yaml")
    for file in files:
        (folder / file).parent.mkdir(parents=True)
        shutil.copy(ROOT / file, folder / file)
    return Document(folder / files[0], "anchore")
