"""What is mutated, and by which tests each mutant must be found: those of its own folder."""

from pathlib import PurePosixPath
from typing import NamedTuple


class Target(NamedTuple):
    """`sources` are patterns below functions/; `tests` are folders or files."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def holds(self, module: str) -> bool:
        """Whether the module, such as rescan.gate.verdict, is one of the sources."""
        path = PurePosixPath(*module.split(".")).with_suffix(".py")
        return any(path.match(pattern) for pattern in self.sources)


TARGETS = (
    Target("gate", ("rescan/gate/*.py",), ("tests/gate",)),
    Target("ledger", ("rescan/ledger/*.py",), ("tests/ledger",)),
    Target("outbox", ("rescan/outbox/*.py",), ("tests/outbox",)),
    Target("events", ("rescan/events/*.py",), ("tests/events",)),
    Target(
        "error mapping",
        ("rescan/anchore/error_mapping.py",),
        ("tests/anchore/test_error_mapping.py",),
    ),
    Target(
        "dialects",
        ("rescan/anchore/enterprise.py", "rescan/anchore/arazzo.py"),
        (
            "tests/anchore/test_dialects.py",
            "tests/anchore/test_evaluations.py",
            "tests/anchore/test_allowlists.py",
        ),
    ),
    Target(
        "redaction",
        ("rescan_cli/recording/redaction.py", "rescan_cli/recording/foreign_secrets.py"),
        ("tests/cli/test_redaction.py", "tests/cli/test_foreign_secrets.py"),
    ),
)


def chosen(module: str | None) -> list[Target]:
    """All, or the one that holds the module, narrowed to it; ValueError when none does."""
    if module is None:
        return list(TARGETS)
    held = [target for target in TARGETS if target.holds(module)]
    if not held:
        names = ", ".join(source for target in TARGETS for source in target.sources)
        raise ValueError(f"{module} is not mutated. Expected a module of {names}.")
    return [held[0]._replace(sources=(module.replace(".", "/") + ".py",))]
