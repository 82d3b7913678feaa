"""Every module is there as bytecode that Lambda loads without a look at its source."""

import hashlib
import marshal
import os
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType

import pytest

import build_artifact
from build_artifact import LAMBDA_PYTHON
from compile_artifact import CompileError, compile_artifact, interpreter
from tests.support.artifacts import build_again
from tests.support.paths import ROOT
from tests.support.template import properties

pytestmark = pytest.mark.slow

# PEP 552: the lowest bit says that a hash stands in place of time and size, the next that the
# source is looked at.
UNCHECKED_HASH = (1).to_bytes(4, "little")
# What an import of 3.13 accepts; every release of a version has the same.
MAGIC_OF_3_13 = (3571).to_bytes(2, "little") + b"\r\n"


def files_of(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    return {
        str(it.relative_to(folder)): hashlib.sha256(it.read_bytes()).hexdigest()
        for it in folder.rglob("*")
        if it.is_file()
    }


def bytecode_of(folder: Path, tag: str) -> dict[str, Path]:
    """Where the bytecode of each module of the folder must stand."""
    return {
        str(it.relative_to(folder)): it.parent / "__pycache__" / f"{it.stem}.{tag}.pyc"
        for it in folder.rglob("*.py")
    }


@pytest.fixture(scope="session")
def lambda_bytecode(lambda_artifact: Path) -> dict[str, Path]:
    if interpreter(LAMBDA_PYTHON) is None:
        pytest.skip(f"this machine has no Python {LAMBDA_PYTHON}")
    return bytecode_of(lambda_artifact, "cpython-313")


@pytest.fixture(scope="session")
def host_bytecode(host_artifact: Path) -> dict[str, Path]:
    return bytecode_of(host_artifact, str(sys.implementation.cache_tag))


def headers(bytecode: dict[str, Path]) -> set[bytes]:
    """Which beginnings the files have: the version's number, and the flags."""
    return {file.read_bytes()[:8] for file in bytecode.values()}


def test_every_module_of_the_host_artifact_has_unchecked_bytecode_of_this_python(host_bytecode):
    assert {"rescan/app.py", "six.py", "botocore/client.py"} <= host_bytecode.keys()
    assert headers(host_bytecode) == {MAGIC_NUMBER + UNCHECKED_HASH}


def test_every_module_of_the_lambda_artifact_has_unchecked_bytecode_of_its_runtime(lambda_bytecode):
    assert {"rescan/app.py", "six.py", "botocore/client.py"} <= lambda_bytecode.keys()
    assert headers(lambda_bytecode) == {MAGIC_OF_3_13 + UNCHECKED_HASH}


def test_bytecode_is_of_the_runtime_that_the_template_names():
    assert properties("RescanFunction")["Runtime"] == f"python{LAMBDA_PYTHON}"


def test_a_traceback_names_the_path_that_lambda_has(host_artifact):
    for name in ("rescan/app.py", "requests/sessions.py"):
        bytecode = Path(cache_from_source(str(host_artifact / name))).read_bytes()
        code = marshal.loads(bytecode[16:])  # noqa: S302 - made by our own build
        assert isinstance(code, CodeType)
        assert code.co_filename == f"/var/task/{name}"


def test_no_path_of_this_machine_stands_in_the_artifact(host_artifact):
    paths = [os.fsencode(it) for it in (host_artifact, ROOT, sys.prefix)]
    contents = {it: it.read_bytes() for it in host_artifact.rglob("*") if it.is_file()}
    assert [it for it, content in contents.items() if any(p in content for p in paths)] == []


def test_the_function_writes_no_bytecode_when_it_is_imported(host_artifact):
    before = files_of(host_artifact)
    program = f"import sys; sys.path.append({str(host_artifact)!r})\nimport rescan.app"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
    assert files_of(host_artifact) == before


def test_the_same_sources_give_the_same_bytes(lambda_artifact, tmp_path):
    build_again("lambda", tmp_path / "another-folder")
    assert files_of(tmp_path / "another-folder") == files_of(lambda_artifact)


# --- which Python compiles


def python_that_says(said: str, at: Path) -> Path:
    """A program in the place of an interpreter."""
    at.parent.mkdir(parents=True)
    at.write_text(f"#!/bin/sh\necho '{said}'\n")
    at.chmod(0o755)
    return at


@pytest.fixture
def pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty pyenv, and nothing on PATH."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    return tmp_path / "versions"


def test_the_running_python_is_taken_when_it_is_of_the_version(pyenv):
    running = ".".join(map(str, sys.version_info[:2]))
    assert interpreter(running) == sys.executable


def test_a_python_on_path_is_taken(pyenv, tmp_path, monkeypatch):
    python_that_says('["/opt/3.99", "cpython-399", "final"]', tmp_path / "bin" / "python3.99")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    assert interpreter("3.99") == "/opt/3.99"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param('["/opt/3.99", "cpython-399", "final"]', "/opt/3.99", id="release"),
        pytest.param('["/opt/3.99", "cpython-399", "alpha"]', None, id="no-release"),
        pytest.param('["/opt/3.98", "cpython-398", "final"]', None, id="version"),
        pytest.param('["/opt/3.99", "pypy-399", "final"]', None, id="no-cpython"),
    ],
)
def test_a_python_of_pyenv_is_taken_when_it_is_what_lambda_runs(pyenv, monkeypatch, said, expected):
    python_that_says(said, pyenv / "3.99.1" / "bin" / "python3.99")
    monkeypatch.setenv("PATH", "/nowhere:/bin")
    assert interpreter("3.99") == expected


def test_a_build_without_lambda_s_python_says_so_and_goes_on(pyenv, tmp_path, request):
    if sys.version_info[:2] == (3, 13):
        pytest.skip("this Python is Lambda's own")
    request.getfixturevalue("lambda_artifact")
    said = build_again("lambda", tmp_path / "artifact")
    assert said == build_artifact.NO_BYTECODE
    assert (tmp_path / "artifact" / "rescan" / "app.py").exists()
    assert list((tmp_path / "artifact").rglob("*.pyc")) == []


def test_a_module_that_does_not_compile_fails_the_build(tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    with pytest.raises(CompileError, match=r"SyntaxError(.|\n)*broken\.py|broken\.py(.|\n)*Syntax"):
        compile_artifact(tmp_path, sys.executable)
