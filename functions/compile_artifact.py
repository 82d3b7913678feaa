"""Puts bytecode into the artifact, for Lambda can keep none: the code's folder is read-only there,
so that each cold start would compile every module again.

The bytecode is of the kind "unchecked hash" (PEP 552): it is loaded without a look at its source,
and holds no time, so that the same sources give the same bytes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# Where Lambda has the code, and what a traceback is to name.
TASK_ROOT = "/var/task"
_IDENTITY = (
    "import json, sys;"
    "print(json.dumps([sys.executable, sys.implementation.cache_tag, sys.version_info[3]]))"
)


class CompileError(Exception):
    """A module does not compile; the message holds the compiler's own."""


def interpreter(version: str) -> str | None:
    """The path of a released CPython of the version ("3.13"): the running one, one on PATH, or one
    of pyenv's; None when there is none. Bytecode of another version would never be loaded."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    of_pyenv = map(str, sorted(pyenv.glob(f"versions/{version}*/bin/{name}")))
    for candidate in (sys.executable, name, *of_pyenv):
        found = _identity(candidate)
        if found is not None and found[1:] == [f"cpython-{version.replace('.', '')}", "final"]:
            return found[0]
    return None


def compile_artifact(folder: Path, python: str) -> None:
    """Compile every module below the folder, one after the other: what comes first shapes what
    the next looks like. CompileError when one does not compile."""
    compileall = [
        python,
        "-I",
        "-S",
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode=unchecked-hash",
    ]
    paths = ["-s", str(folder), "-p", TASK_ROOT, str(folder)]
    compiled = subprocess.run([*compileall, *paths], capture_output=True, text=True, check=False)
    if compiled.returncode:
        raise CompileError(compiled.stdout + compiled.stderr)


def _identity(python: str) -> list[str] | None:
    """Its path, which kind it is, and whether a release; None for what does not run."""
    try:
        said = subprocess.run(
            [python, "-I", "-S", "-c", _IDENTITY], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    identity: list[str] = json.loads(said.stdout)
    return identity
