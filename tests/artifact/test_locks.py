"""requirements.lock, functions/requirements.txt and pyproject.toml say the same (`make lock`)."""

import re

import pytest

from tests.support.locks import declared, locked, unmet
from tests.support.paths import ROOT

LOCKS = ("requirements.lock", "functions/requirements.txt")


def test_locks_meet_what_the_project_declares():
    deployed, tools = declared()
    assert unmet([*deployed, *tools], "requirements.lock") == []
    assert unmet(deployed, "functions/requirements.txt") == []


def test_what_is_deployed_is_what_is_tested():
    everything, deployed = (locked(lock) for lock in LOCKS)
    assert {key: everything.get(key) for key in deployed} == deployed


def test_what_is_deployed_depends_on_no_marker():
    """pip reads markers for the interpreter that builds, not for the one of Lambda."""
    assert [key for key, said in locked("functions/requirements.txt").items() if ";" in said] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_each_package_once_with_its_hashes_and_no_place(lock):
    text = (ROOT / lock).read_text()
    lines = [line for line in text.splitlines() if not line.startswith("    --hash=sha256:")]
    pinned = re.compile(r"[a-z0-9-]+==\S+ (; .+ )?\\")
    assert [line for line in lines if not pinned.fullmatch(line)] == []
    assert len(lines) == len(locked(lock))
