"""The auditor's rules of daily summaries; see `auditor.py`."""

from collections import Counter
from collections.abc import Callable, Iterator

from tests.lab.lives.case import SKEW, Case, Told, is_gone, tag_of, without_ledger
from tests.lab.lives.sweeps import Sweep, sweeps_of
from tests.lab.lives.trace import Covered, Published

Found = Iterator[tuple[float, str]]
# A publisher's next run, and what a result may still meet on its way to the ledger.
_NEXT_RUN = 1800.0
_SLOW = 150.0
_Name = tuple[str, bool]
_ENDS = frozenset({"RECOVERED", "ENDED"})


def every_summary_is_published(case: Case) -> Found:
    """A summary is published on each channel, once for each time that it is due or asked for."""
    for who, started in case.starts.items():
        if started.what != "summary" or started.at < case.calm_at or not case.finished(who):
            continue
        ids = {wrote.key.rpartition("#")[2] for wrote in case.wrote.get(who, ())}
        for channel in sorted(case.estate.channels):
            told = [m.at for m in _summaries(case) if m.channel == channel and m.id in ids]
            if not told or min(told) > started.at + _NEXT_RUN:
                yield started.at, f"the summary of {who} is not published on {channel}"


def a_summary_names_what_is_stopped(case: Case) -> Found:
    """A SUMMARY names each image that was told to be stopped, and no other."""
    for message in _summaries(case):
        if message.at < case.calm_at or message.summed is None:
            continue
        named = Counter(message.summed.stopped)
        stopped, unsure = _stopped(case, message)
        if missing := stopped - named:
            yield message.at, f"a SUMMARY does not name {sorted(missing)}"
        if more := named - stopped - unsure:
            yield message.at, f"a SUMMARY names {sorted(more)}"


def _stopped(case: Case, message: Published) -> tuple[Counter[_Name], Counter[_Name]]:
    """The images that are stopped by then for certain, and those of which nobody can tell."""
    refused = {subject for _, subject in case.refused}
    stopped, unsure = Counter[_Name](), Counter(map(_name_of, refused))
    for (channel, subject), history in case.told.items():
        if channel != message.channel or subject in refused:
            continue
        changes = [told for told in history if _changes(told)]
        if any(_is_near(case, told, message) for told in changes):
            unsure[_name_of(subject)] += 1
        elif _is_stopped(case, [one for one in changes if case.decided(one) < message.decided]):
            stopped[_name_of(subject)] += 1
    return stopped, unsure


def _name_of(subject: str) -> _Name:
    return tag_of(subject), "@" in subject


def _changes(told: Told) -> bool:
    kinds = ("STOP", "REMINDER", *_ENDS)
    return told.message.kind in kinds or is_gone(told.message, told.image)


def _is_near(case: Case, told: Told, message: Published) -> bool:
    """What is found without a ledger, the ledger does not know."""
    is_unknown = without_ledger(case, told.message)
    return is_unknown or abs(case.decided(told) - message.decided) < _SLOW


def _is_stopped(case: Case, changes: list[Told]) -> bool:
    last = max(changes, key=case.decided, default=None)
    return last is not None and last.message.kind in ("STOP", "REMINDER")


def a_summary_counts_what_a_sweep_came_to(case: Case) -> Found:
    """The figures of a SUMMARY are those of a sweep: what it asked for, and what it came to."""
    for message in _summaries(case):
        if message.at < case.calm_at or message.summed is None or message.summed.sweep is None:
            continue
        told = message.summed.sweep
        sweep = next((one for one in sweeps_of(case) if _is_of(one, told)), None)
        if sweep is None or sweep.began < case.calm_at:
            continue
        asked = sweep.asked_for()
        if not len(sweep.certain()) <= told.expected - sweep.unread <= len(asked):
            yield message.at, f"a SUMMARY tells of {told.expected} images, and {len(asked)} were"
        elif not told.missing:
            least, most = _evaluated(case, sweep, asked)
            if not least <= told.evaluated <= most:
                yield message.at, f"a SUMMARY tells of {told.evaluated} verdicts, not {least}"


def _is_of(sweep: Sweep, told: Covered) -> bool:
    return sweep.mark is not None and int(sweep.mark) == int(told.started)


def _evaluated(case: Case, sweep: Sweep, asked: set[str]) -> tuple[int, int]:
    """How many images got a verdict, at least and at most.

    A list without a row may be doubted, and so may an image be of which a platform is not analyzed.
    Of what was evaluated within seconds after the sweep began another clock may say that it was
    before.
    """
    least = most = 0
    for subject in asked:
        runs = set(case.work_of(sweep.who, subject))
        checks = [check for check in case.judged.get(subject, ()) if check.who in runs]
        real = [check for check in checks if case.verdict_of(check)]
        since = (sweep.mark or 0.0) + SKEW
        most += bool(real)
        whole = (check for check in real if not case.parts.missing(check))
        least += any(
            check.at > since and case.finished(check.who) and not case.lists_nothing(check)
            for check in whole
        )
    return least, most


def _summaries(case: Case) -> list[Published]:
    return [message for message in case.all(Published) if message.kind == "SUMMARY"]


RULES: tuple[Callable[[Case], Found], ...] = (
    every_summary_is_published,
    a_summary_names_what_is_stopped,
    a_summary_counts_what_a_sweep_came_to,
)
