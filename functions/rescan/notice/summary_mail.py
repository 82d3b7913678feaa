"""The mail of a SUMMARY: subject and body.

The size is bounded, since every text of another's is cut and every list has a most.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line
from rescan.notice.facts import row
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import counted, items, joined, paragraph
from rescan.notice.subject import plain_subject
from rescan.notice.summary import Coverage, Dated, Failed, Summary
from rescan.notice.times import age, moment

_MOST = 30
_LONGEST_NAME = 300
_LONGEST_REASON = 200

_ONLY_STOPPED = "The watcher is well. Do not deploy what is stopped: it waits for a rebuild."
_NO_SWEEP = "Start a sweep, or wait for the first: Sweeps and coverage, in docs/operations.md."
_OVERDUE = "Find out why no sweep begins: no-complete-sweep, in docs/operations.md."
_MISSING = (
    "Find out where the missing results are, late or lost: work-too-old and work-dead-letters, in"
    " docs/operations.md."
)
_FAILING = (
    "Find out why images are not evaluated: one reason for many is Anchore, its credentials or the"
    " network. A verdict that an image had stays."
)
_UNKNOWN_PUSHES = "Add the pushed images to Anchore, or have it watch their repositories."
_ENDING = "Rebuild what an allowlist holds back before that ends, or have it prolonged."


def summary_subject(summary: Summary) -> str:
    """E.g. "ALL QUIET: 41 of 41 images evaluated, 3 stopped, 0 not evaluated"."""
    return plain_subject(summary_headline(summary, details=False))


def summary_body(summary: Summary) -> str:
    """Paragraphs: how it is and what to do, proof of life, what is open by name."""
    first, *others = summary_steps(summary)
    return joined(
        [
            [*paragraph(summary_headline(summary)), *paragraph(first)],
            ["WHAT ELSE TO DO", *items(others)] if others else [],
            [line for name, text in summary_facts(summary) for line in row(name, text)],
            *(
                [f"{title.upper()} ({shown} shown)", *items(lines)]
                for title, shown, lines in summary_lists(summary, _MOST)
            ),
        ]
    )


# --- how it is


def summary_headline(summary: Summary, *, details: bool = True) -> str:
    """Whether all is well, and the numbers; without details as a subject, without its full stop."""
    kind = "ALL QUIET" if summary.is_quiet else "NOT QUIET"
    said = ", ".join(_numbers(summary, details=details))
    return f"{kind}: {said}{'.' if details else ''}"


def _numbers(summary: Summary, *, details: bool) -> Iterator[str]:
    sweep = summary.sweep
    if sweep is None:
        yield "no sweep yet"
    else:
        yield f"{sweep.evaluated:,} of {counted(sweep.expected, 'image')} evaluated"
    oldest = summary.stopped[0].at if summary.stopped else None
    since = f" (the oldest for {age(oldest, summary.at)})" if oldest and details else ""
    yield f"{len(summary.stopped):,} stopped{since}"
    yield f"{len(summary.failing):,} not evaluated"
    if summary.missing:
        yield f"{summary.missing:,} without a result"
    if sweep is not None and sweep.absent:
        yield f"{sweep.absent:,} gone from Anchore"
    if pushes := summary.new_pushes:
        yield f"{len(pushes):,} pushed and unknown to Anchore"
    if summary.is_overdue:
        yield "the next sweep is overdue"


def summary_steps(summary: Summary) -> Iterator[str]:
    """What its reader does next, the most urgent first."""
    if summary.is_quiet:
        yield _ONLY_STOPPED if summary.stopped else "Nothing to do: the watcher is well."
    steps = (
        (summary.sweep is None, _NO_SWEEP),
        (summary.is_overdue, _OVERDUE),
        (summary.missing, _MISSING),
        (summary.failing, _FAILING),
        (summary.new_pushes, _UNKNOWN_PUSHES),
        (summary.ending, _ENDING),
    )
    yield from (step for is_needed, step in steps if is_needed)


def summary_facts(summary: Summary) -> Iterator[tuple[str, str]]:
    """Names and texts: the sweep that was counted, one under way, and what comes next."""
    if summary.sweep is not None:
        yield "Last sweep", f"{moment(summary.sweep.started)}, {_completeness(summary.sweep)}"
    if (sweep := summary.under_way) is not None:
        done = f"{sweep.answered:,} of {sweep.expected:,} so far"
        yield "Under way", f"{moment(sweep.started)}, {done}"
    if summary.next_sweep is not None:
        word = "was due by" if summary.is_overdue else "by"
        yield "Next sweep", f"{word} {moment(summary.next_sweep)}"
    if summary.next_summary is not None:
        yield "Summary", f"again at {moment(summary.next_summary)}; if none comes, look why"


def _completeness(sweep: Coverage) -> str:
    if not sweep.missing:
        return f"complete: {sweep.expected:,} of {sweep.expected:,} with a result"
    return f"not complete: {sweep.missing:,} of {sweep.expected:,} without a result"


# --- what is open


def summary_lists(
    summary: Summary, most: int, quote: Quote = str
) -> Iterator[tuple[str, str, list[str]]]:
    """Each list that is not empty: what it is, "2 of 3", and of so many images a line each."""
    now = summary.at
    lists: tuple[tuple[str, int, Iterable[str]], ...] = (
        (
            "Stopped, oldest first",
            len(summary.stopped),
            (f"{_since(it, now)}: {_name(it.tag, quote)}" for it in summary.stopped),
        ),
        (
            "Not evaluated, oldest first",
            len(summary.failing),
            (_failed(it, now, quote) for it in summary.failing),
        ),
        (
            "Pushed and unknown to Anchore, newest first",
            len(summary.unknown_pushes),
            (f"{_on(it)}: {_name(it.tag, quote)}" for it in summary.unknown_pushes),
        ),
        (
            "Held back by an allowlist, soonest end first",
            len(summary.ending),
            (f"until {_on(it)}: {_name(it.tag, quote)}" for it in summary.ending),
        ),
    )
    for title, total, lines in lists:
        if total:
            yield title, f"{min(most, total):,} of {total:,}", list(islice(lines, most))


def _name(tag: ImageTag, quote: Quote) -> str:
    return quote(one_line(str(tag), _LONGEST_NAME))


def _since(it: Dated, now: datetime) -> str:
    return "not known since when" if it.at is None else age(it.at, now)


def _on(it: Dated) -> str:
    return "not known when" if it.at is None else moment(it.at)


def _failed(it: Failed, now: datetime, quote: Quote) -> str:
    failing = it.failing
    reason = failing.reason.replace(f"the tag {it.tag}", "this tag")
    # Errors name their step themselves.
    why = reason if reason.startswith(f"{failing.step}:") else f"{failing.step}: {reason}"
    said = quote(one_line(why, _LONGEST_REASON))
    return f"{age(failing.since, now)}: {_name(it.tag, quote)}, {said}"
