"""What is deployed: complete in itself, nothing beside it, native modules that Lambda can load."""

import importlib.metadata
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from build_artifact import BuildError, build, check_native_modules
from tests.support.artifacts import installed_by_wheels
from tests.support.locks import locked
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

RESCAN = ROOT / "functions" / "rescan"
AARCH64, X86_64 = 183, 62
GOOD_NAME = "_core.cpython-313-aarch64-linux-gnu.so"


def modules(folder: Path) -> set[Path]:
    """What stands below the folder, bytecode apart."""
    files = (it.relative_to(folder) for it in folder.rglob("*"))
    return {file for file in files if "__pycache__" not in file.parts}


def elf(machine: int) -> bytes:
    """The first bytes of a shared object for the machine."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine)


def test_handler_is_imported_from_the_artifact_alone(host_artifact):
    """-I and -S leave nothing on the path but the standard library; no variable is set."""
    program = f"import sys; sys.path.append({str(host_artifact)!r})\nimport rescan.app as it\n"
    program += "print(it.__file__, callable(it.handler))"
    imported = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", program],
        env={},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (imported.stdout, imported.stderr) == (f"{host_artifact}/rescan/app.py True\n", "")


def test_lambda_artifact_holds_the_locked_packages_and_rescan(lambda_artifact):
    installed = list(importlib.metadata.distributions(path=[str(lambda_artifact)]))
    of_packages = {name.partition("/")[0] for name in installed_by_wheels("lambda")}
    names = {(package.name.lower().replace("_", "-"), package.version) for package in installed}
    assert names == set(locked("functions/requirements.txt"))
    entries = {entry.name for entry in lambda_artifact.iterdir()} - {"__pycache__"}
    assert entries - of_packages == {"rescan"}


def test_lambda_artifact_holds_every_module_of_rescan(lambda_artifact):
    source, built = RESCAN, lambda_artifact / "rescan"
    assert modules(built) == modules(source)
    assert modules(built)


def test_native_modules_of_the_lambda_artifact_are_for_python313_on_arm64(lambda_artifact):
    native = {it.relative_to(lambda_artifact) for it in lambda_artifact.rglob("*.so*")}
    assert {it.parts[0] for it in native} == {"charset_normalizer", "msgspec"}
    assert {it.name.partition(".")[2] for it in native} == {"cpython-313-aarch64-linux-gnu.so"}
    assert {(lambda_artifact / it).read_bytes()[18:20] for it in native} == {b"\xb7\x00"}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        pytest.param(
            "_core.cpython-313-x86_64-linux-gnu.so", elf(X86_64), "is not named", id="machine"
        ),
        pytest.param(
            "_core.cpython-311-aarch64-linux-gnu.so", elf(AARCH64), "is not named", id="python"
        ),
        pytest.param("libz.so.1", elf(AARCH64), "is not named", id="library"),
        pytest.param(GOOD_NAME, elf(X86_64), "is no ELF file for aarch64", id="mislabelled"),
        pytest.param(GOOD_NAME, b"", "is no ELF file for aarch64", id="empty"),
        pytest.param(GOOD_NAME, b"MZ" + bytes(30), "is no ELF file for aarch64", id="no-elf"),
    ],
)
def test_module_that_lambda_cannot_load_fails_the_build(tmp_path, name, content, problem):
    module = tmp_path / "package" / name
    module.parent.mkdir()
    module.write_bytes(content)
    with pytest.raises(BuildError) as refused:
        check_native_modules(tmp_path)
    assert str(refused.value).startswith(f"{module} {problem}")


@pytest.mark.parametrize("name", [GOOD_NAME, "_core.abi3.so"])
def test_module_for_arm64_passes_the_build(tmp_path, name):
    (tmp_path / name).write_bytes(elf(AARCH64))
    check_native_modules(tmp_path)  # raises nothing


def test_build_leaves_a_folder_with_content_alone(tmp_path):
    (tmp_path / "precious").touch()
    with pytest.raises(BuildError) as refused:
        build("host", tmp_path)
    assert str(refused.value) == (
        f"{tmp_path} is not empty. Expected an empty or absent folder: remove it."
    )
    assert [it.name for it in tmp_path.iterdir()] == ["precious"]
