"""The auditor's rules of sweeps; see `auditor.py`."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from tests.lab.lives.case import Case
from tests.lab.lives.sweeps import Sweep, sweeps_of
from tests.lab.lives.trace import Left, Sent

Found = Iterator[tuple[float, str]]


def sweeps_count_what_they_ask_for(case: Case) -> Found:
    """The metrics of a sweep say how many images it asks for, and how many got no result."""
    every = sweeps_of(case)
    for sweep in every:
        for one in sweep.told("Expected"):
            expected = one.values["Expected"] - one.values["UnwatchedRows"]
            if not len(sweep.certain()) <= expected <= len(sweep.asked_for()):
                number = len(sweep.asked_for())
                yield one.at, f"{sweep.who} expects {expected:.0f} images of {number}"
    calm = [sweep for sweep in every if sweep.began > case.calm_at and sweep.told("Expected")]
    for before, sweep in pairwise(calm):
        measured = sweep.told("SweepMissing")
        # Of two that begin side by side, neither finds a record of the other.
        if not measured and case.ends[before.who].at < sweep.began:
            yield sweep.began, f"{sweep.who} does not measure the sweep before"
        for one in measured:
            # While rows move, a page may seem to be the one before, and its rows to be unread.
            unread = before.unread
            missing = one.values["SweepMissing"] - unread
            is_missing = missing or not (one.values["SweepComplete"] or unread)
            if is_missing and not _is_under_way(case, before, sweep.began):
                yield one.at, f"{sweep.who} misses {one.values['SweepMissing']:.0f} images"


def _is_under_way(case: Case, sweep: Sweep, at: float) -> bool:
    """Whether work of the sweep was not done by then, as of an image that is analyzed still."""
    messages = {
        sent.message
        for sent in case.all(Sent)
        if sent.sweep is not None
        if sent.sweep == sweep.mark
    }
    return any(left.at > at for left in case.all(Left) if left.message in messages)


def every_sweep_comes_to_its_end(case: Case) -> Found:
    """A sweep by pages goes on to the last of them, or tells that it is given up."""
    for sweep in sweeps_of(case):
        if sweep.is_chain and not sweep.told("Expected") and not sweep.told("GivenUp"):
            last = max(sweep.pages)
            yield sweep.began, f"{sweep.who} ends with page {last}, and nobody is told"


def a_page_is_done_by_one_message(case: Case) -> Found:
    """Of several messages for a page of a sweep one alone does it, with the copies of that."""
    for sweep in sweeps_of(case):
        for number, runs in sweep.pages.items():
            doing = {who for who, sents in runs.items() if _does(sents, number)}
            if len({_first(case, who) for who in doing}) > 1:
                yield sweep.began, f"{sorted(doing)} do page {number} of {sweep.who}"


def _does(every: Iterable[Sent], page: int) -> bool:
    """Whether images or the next page were sent."""
    return any(sent.tag is not None or sent.page == page + 1 for sent in every)


def _first(case: Case, who: str) -> str:
    """Who sent the message that it is a copy of, maybe twice; itself, if it began the sweep."""
    work = case.work.get(who)
    if work is None:
        return who
    before = case.work.get(work.who)
    is_copy = work.page == (before.page if before else 0)
    return _first(case, work.who) if is_copy else work.who


def a_sweep_asks_for_all(case: Case) -> Found:
    """A sweep that comes to its end asks for each watched tag that Anchore lists all the while."""
    for sweep in sweeps_of(case):
        whole = [one for one in sweep.told("Expected") if not one.values["UnwatchedRows"]]
        if not whole or case.estate.only_running:
            continue
        asked = sweep.asked_for()
        for tag in sorted(case.estate.watched):
            if tag not in asked and _is_listed(case, tag, sweep.began, whole[0].at):
                yield sweep.began, f"{sweep.who} does not ask for {tag}"


def _is_listed(case: Case, tag: str, since: float, until: float) -> bool:
    before = [truth.digest for truth in case.truths[tag] if truth.at <= since]
    during = [truth.digest for truth in case.truths[tag] if since < truth.at <= until]
    return bool(before) and None not in (before[-1], *during)


RULES: tuple[Callable[[Case], Found], ...] = (
    sweeps_count_what_they_ask_for,
    every_sweep_comes_to_its_end,
    a_page_is_done_by_one_message,
    a_sweep_asks_for_all,
)
