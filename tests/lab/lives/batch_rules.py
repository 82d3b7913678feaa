"""The auditor's rule of batches with several records; see `auditor.py`."""

from collections.abc import Callable, Iterator

from tests.lab.lives.case import Case

Found = Iterator[tuple[float, str]]


def a_message_fails_alone(case: Case) -> Found:
    """A message fails only when its own work went wrong, whatever became of its batch."""
    for who, ended in case.ends.items():
        is_of_a_queue = case.starts[who].message is not None
        if is_of_a_queue and ended.how == "failed" and not case.faults.get(who):
            yield ended.at, f"{who} is answered as failed, and nothing went wrong in it"


RULES: tuple[Callable[[Case], Found], ...] = (a_message_fails_alone,)
