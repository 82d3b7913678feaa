"""Rules of lists without a row: a scan that failed is answered so, too."""

from collections.abc import Callable, Iterator

from tests.lab.lives.case import Case, each_told, tag_of
from tests.lab.lives.trace import Asked

Found = Iterator[tuple[float, str]]


def no_recovery_rests_on_an_empty_list(case: Case) -> Found:
    """An empty list ends a STOP once other scans find some, or after 3 days where none can."""
    for _, subject, told in each_told(case):
        message = told.message
        if message.kind != "RECOVERED":
            continue
        checks = [
            check
            for check in case.checks.get(tag_of(subject), ())
            if check.digest == told.image.digest and message.moment in (check.moment, None)
        ]
        if checks and not any(_is_evidence(case, check) for check in checks):
            yield message.at, f"{subject} is told to have recovered by an empty list alone"


def _is_evidence(case: Case, check: Asked) -> bool:
    return all(not case.is_empty(part) or case.agrees(part) for part in case.parts.of(check))


RULES: tuple[Callable[[Case], Found], ...] = (no_recovery_rests_on_an_empty_list,)
