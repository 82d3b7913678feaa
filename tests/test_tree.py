"""The rules of the tree: what a stranger may rely on when looking for a place."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

RESCAN = ROOT / "functions" / "rescan"
SOURCES = sorted((ROOT / "functions").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PACKAGES = sorted(init.parent for init in RESCAN.rglob("__init__.py"))
# Tools have tests beside them, recordings their builder; what tests share is no test.
_HOMES_OF_OTHERS = {"lab", "recordings", "support"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "functions").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path) -> set[str]:
    """Every module that it may mean: `from a import b` names `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Of the body, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_root_has_the_handler_the_wiring_and_the_settings() -> None:
    modules = {path.stem for path in RESCAN.glob("*.py")} - {"__init__"}
    assert modules == {"app", "bootstrap", "settings"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_each_package_says_what_is_in_it(package: Path) -> None:
    assert ast.get_docstring(ast.parse((package / "__init__.py").read_text()))


def test_the_page_of_the_architecture_draws_this_tree() -> None:
    drawing = (ROOT / "docs" / "architecture.md").read_text().split("    rescan/\n")[1]
    drawn = re.findall(r"^      ([\w.]+)/?  ", drawing, re.MULTILINE)
    there = {p.name for p in RESCAN.glob("*.py")} | {p.name for p in PACKAGES} - {"rescan"}
    assert sorted(drawn) == sorted(there - {"__init__.py"})


@pytest.mark.parametrize("package", PACKAGES[1:], ids=lambda path: path.name)
def test_each_package_has_a_folder_of_tests(package: Path) -> None:
    assert list((ROOT / "tests" / package.name).glob("test_*.py"))


def test_no_module_is_an_orphan() -> None:
    """What Lambda, a command or a build starts is imported by nobody."""
    started = {"rescan.app", "rescan_cli.__main__", "build_artifact"}
    used = {name for path in SOURCES for name in imported_by(path)}
    modules = {module_of(path) for path in SOURCES if path.name != "__init__.py"}
    # The command finds its subcommands by their names.
    assert {m for m in modules - used - started if ".commands." not in m} == set()


def test_no_file_is_long() -> None:
    assert {name_of(p) for p in SOURCES if p.read_text().count("\n") > 250} == set()


def test_no_function_is_long() -> None:
    long = {
        f"{name_of(path)}: {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > 35
    }
    assert long == set()


def test_no_test_module_imports_from_another() -> None:
    borrows = re.compile(r"^(?:from|import) tests\.[\w.]*\btest_", re.MULTILINE)
    assert {name_of(path) for path in TESTS if borrows.search(path.read_text())} == set()


def test_what_is_no_test_stands_apart() -> None:
    strangers = {
        name_of(path)
        for path in TESTS
        if not path.name.startswith("test_")
        and path.name not in ("__init__.py", "conftest.py")
        and path.relative_to(ROOT / "tests").parts[0] not in _HOMES_OF_OTHERS
    }
    assert strangers == set()
