"""What was seen of each sweep: the invocation that began it, and those that went on with it.

A sweep by pages is a chain of messages, which all bear the moment at which it began.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.lab.lives.case import Case
from tests.lab.lives.trace import Measured, Sent

_BEGIN = frozenset({"sweep", "check"})


@dataclass(frozen=True)
class Sweep:
    """`began` is when its invocation did, `mark` the moment that its messages bear.

    `pages` has what each invocation sent, by the number of its page: 0 of the one that began it.
    """

    who: str
    began: float
    mark: float | None
    pages: dict[int, dict[str, list[Sent]]]
    measured: list[Measured]

    @property
    def is_chain(self) -> bool:
        """Whether it went by pages."""
        return any(sent.page is not None for sent in self._sent())

    @property
    def unread(self) -> float:
        """The rows of Anchore's list that it says nobody could read."""
        return max((one.values["UnwatchedRows"] for one in self.told("Expected")), default=0.0)

    def told(self, metric: str) -> list[Measured]:
        """What its invocations measured that say so."""
        return [one for one in self.measured if metric in one.values]

    def asked_for(self) -> set[str]:
        """The images that it asks for."""
        return _images(self._sent())

    def certain(self) -> set[str]:
        """Those of pages that were done in one go: what was sent and not kept does not count."""
        once = (runs for runs in self.pages.values() if len(runs) == 1)
        return _images(sent for runs in once for sents in runs.values() for sent in sents)

    def _sent(self) -> Iterator[Sent]:
        return (one for runs in self.pages.values() for sents in runs.values() for one in sents)


def _images(every: Iterable[Sent]) -> set[str]:
    return {sent.tag for sent in every if sent.tag is not None}


def sweeps_of(case: Case) -> list[Sweep]:
    """Each that asked for something or measured itself, in their order."""
    measured: dict[str, list[Measured]] = defaultdict(list)
    for one in case.all(Measured):
        measured[one.who].append(one)
    chains = _chains(case)
    found = []
    begun = ((who, started) for who, started in case.starts.items() if started.what in _BEGIN)
    for who, started in begun:
        sent = case.sent.get(who, [])
        mark = next((one.sweep for one in sent if one.sweep is not None), None)
        if mark is not None or any("Expected" in one.values for one in measured[who]):
            behind = chains.get(mark, []) if mark is not None else []
            pages: dict[int, dict[str, list[Sent]]] = defaultdict(dict)
            pages[0][who] = sent
            for page, run in behind:
                pages[page][run] = case.sent.get(run, [])
            told = [each for run in (who, *(run for _, run in behind)) for each in measured[run]]
            found.append(Sweep(who, started.at, mark, pages, told))
    return sorted(found, key=lambda sweep: sweep.began)


def _chains(case: Case) -> dict[float, list[tuple[int, str]]]:
    """Page and invocation, by the mark of their sweep."""
    found: dict[float, list[tuple[int, str]]] = defaultdict(list)
    for who, work in case.work.items():
        if work.page is not None and work.sweep is not None:
            found[work.sweep].append((work.page, who))
    return found
