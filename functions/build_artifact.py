"""Builds what Lambda runs: the locked packages, and `rescan` beside them, pruned and compiled.

Two targets: `host` is for the running interpreter on this machine, for tests and the demo;
`lambda` is for python3.13 on arm64, and is put together from ready wheels on any machine.
`sam build` calls it through the Makefile beside it, wherever that runs: hence only the standard
library and the pip of the running interpreter. The same sources give the same bytes.
"""

import argparse
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from compile_artifact import CompileError, compile_artifact, interpreter
from prune_artifact import prune

HERE = Path(__file__).parent
LAMBDA_PYTHON = "3.13"
TARGETS = {
    "host": (),
    "lambda": (
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={LAMBDA_PYTHON}",
        # Amazon Linux 2023, which python3.13 runs on, has glibc 2.34.
        "--platform=manylinux2014_aarch64",
        "--platform=manylinux_2_28_aarch64",
    ),
}
LAMBDA_SUFFIXES = (".cpython-313-aarch64-linux-gnu.so", ".abi3.so")
ELF_MACHINE_AARCH64 = 183  # EM_AARCH64 of the ELF specification, at byte 18 of the header
NO_BYTECODE = f"""\
build_artifact: WARNING: no bytecode in the artifact, because no Python {LAMBDA_PYTHON} was found on
PATH or in pyenv. The function runs, but compiles all of its modules at each cold start. Install
python{LAMBDA_PYTHON}, or run `sam build --use-container`.
"""


class BuildError(Exception):
    """The artifact cannot be built, or would not run in Lambda."""


def build(target: str, folder: Path) -> None:
    """Fill the folder, which must be empty or absent, for one of the TARGETS."""
    if folder.exists() and any(folder.iterdir()):
        raise BuildError(f"{folder} is not empty. Expected an empty or absent folder: remove it.")
    _install_packages(target, folder)
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HERE / "rescan", folder / "rescan", ignore=without_caches)
    if target == "lambda":
        check_native_modules(folder)
    prune(folder)
    _compile(target, folder)


def check_native_modules(folder: Path) -> None:
    """BuildError when a native module is not for CPython 3.13 on arm64, by name or by content.

    Such a module fails only at its import, which is to say in Lambda.
    """
    for module in sorted(folder.rglob("*.so*")):
        if not module.name.endswith(LAMBDA_SUFFIXES):
            raise BuildError(f"{module} is not named *{' or *'.join(LAMBDA_SUFFIXES)}.")
        if _elf_machine(module) != ELF_MACHINE_AARCH64:
            raise BuildError(f"{module} is no ELF file for aarch64, whatever its name says.")


def _install_packages(target: str, folder: Path) -> None:
    requirements = HERE / "requirements.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # No bytecode: it is this interpreter's, and its time stamps make every artifact a new one.
    # No conflicts: pip would look for them in the interpreter's own packages.
    command += ["--require-hashes", "--no-compile", "--no-warn-conflicts"]
    command += ["--target", str(folder), *TARGETS[target]]
    if subprocess.run([*command, "--requirement", str(requirements)], check=False).returncode:
        raise BuildError(f"pip could not install {requirements}; it says why above.")
    # Scripts, which begin with this machine's path of Python; nothing runs them in Lambda.
    shutil.rmtree(folder / "bin", ignore_errors=True)


def _compile(target: str, folder: Path) -> None:
    python = interpreter(LAMBDA_PYTHON) if target == "lambda" else sys.executable
    if python is None:
        # To stdout: of what a Makefile says, `sam build` shows nothing else.
        sys.stdout.write(NO_BYTECODE)
        return
    try:
        compile_artifact(folder, python)
    except CompileError as error:
        raise BuildError(f"A module does not compile: {error}") from error


def _elf_machine(module: Path) -> int | None:
    with module.open("rb") as file:
        header = file.read(20)
    if len(header) < 20 or not header.startswith(b"\x7fELF"):
        return None
    (machine,) = struct.unpack_from("<H", header, 18)
    return int(machine)


def main() -> None:
    """The command: errors go to stderr, with exit status 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("folder", type=Path, help="an empty or absent folder")
    arguments = parser.parse_args()
    try:
        build(arguments.target, arguments.folder)
    except BuildError as error:
        sys.exit(f"build_artifact: {error}")


if __name__ == "__main__":
    main()
