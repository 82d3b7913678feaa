"""Batches of several records, in a part of the lives, and what becomes of each.

The records of a batch are handled one after the other: their threads would race, and no seed would
choose. Each is an invocation of its own to the auditor; when the process ends, all of them do.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from random import Random
from typing import Any, TypeVar

from tests.lab.lives.calls import Invocation

_Record = TypeVar("_Record")
_Result = TypeVar("_Result")
# The share of lives that have them.
SHARE = 1 / 8


def has_some(seed: int) -> bool:
    """Whether it is a life with such batches."""
    return Random(f"has batches {seed}").random() < SHARE  # noqa: S311 - chance, no secret


def largest(seed: int) -> int:
    """How many records a batch has at most."""
    if not has_some(seed):
        return 1
    return Random(f"batches {seed}").choice((2, 3, 10))  # noqa: S311 - chance, no secret


class InTurn(Executor):
    """Does what threads would do, one record after the other; `begin` is told of each."""

    def __init__(self, begin: Callable[[Any], None]) -> None:
        self._begin = begin

    def map(  # type: ignore[override]
        self, work: Callable[[_Record], _Result], records: Iterable[_Record], **options: Any
    ) -> list[_Result]:
        """The results, in the order of the records."""
        return [self._one(work, record) for record in records]

    def _one(self, work: Callable[[_Record], _Result], record: _Record) -> _Result:
        self._begin(record)
        return work(record)


def ends(begun: Mapping[str, Invocation], how: str, detail: Any) -> dict[str, str]:
    """How each record that was begun has ended, by the id of its message."""
    failures = detail.get("batchItemFailures", ()) if isinstance(detail, dict) else ()
    failed = {failure["itemIdentifier"] for failure in failures}
    return {each: "failed" if how == "answered" and each in failed else how for each in begun}
