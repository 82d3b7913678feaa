"""SUMMARY: how the watcher is, and what is open, by name. It is about no single image."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import cut
from rescan.kernel.team import UNROUTED
from rescan.ledger.news import EventType, stable_id
from rescan.notice import result_shapes as shapes
from rescan.notice.attributes import NONE
from rescan.notice.content import NoticeContent, Paragraph
from rescan.notice.due_by_team import overdue, team_due
from rescan.notice.foreign import foreign
from rescan.notice.mail import items, row
from rescan.notice.result import encoded
from rescan.notice.summary import Summary
from rescan.notice.summary_lines import (
    LONGEST_REASON,
    completeness,
    failed_line,
    on_line,
    rows,
    since_line,
)
from rescan.notice.summary_result import summary_shape
from rescan.notice.times import age, moment, rfc3339
from rescan.notice.wording import counted
from rescan.outbox.envelope import Envelope

# Images of each list in the mail and in the chat message.
_MOST, _MOST_IN_CHAT = 30, 8
_LONGEST_SUBJECT = 100
_NO_IMAGE = ImageTag(NONE, NONE, NONE)

_WELL = "Nothing to do: the watcher is well."
_ONLY_STOPPED = "The watcher is well. Do not deploy what is stopped: it waits for a rebuild."
_FEW_MISSED = "The watcher is well: it missed no more than one image of a thousand."
_NO_SWEEP = "Start a sweep, or wait for the first: Sweeps and coverage, in docs/operations.md."
_OVERDUE = "Find out why no sweep begins: no-complete-sweep, in docs/operations.md."
_MISSING = (
    "Find out where the missing results are, late or lost: work-too-old and work-dead-letters, in"
    " docs/operations.md."
)
_UNWATCHED = (
    "Have what is no tag renamed or removed in Anchore: nobody watches it. The log has more of"
    " these rows; those that have no name are likely to be back in the next list."
)
_FAILING = (
    "Find out why images are not evaluated: one reason for many is Anchore, its credentials or the"
    " network. A verdict that an image had stays."
)
_UNKNOWN_PUSHES = "Add the pushed images to Anchore, or have it watch their repositories."
_SET_ASIDE = (
    "Read what could not be published: nobody else has told you. Then put it back:"
    " notices-set-aside, in docs/operations.md."
)
_ENDING = "Rebuild what an allowlist holds back before that ends, or have it prolonged."


class SummaryNotice(NoticeContent):
    """It goes with what nobody has claimed: the team is `unrouted`."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    @cached_property
    def labels(self) -> Envelope:
        """The envelope; what asks twice for the summary of one moment gets one."""
        return Envelope(
            id=stable_id(EventType.SUMMARY, self._summary.due_at or self._summary.at),
            event_type=EventType.SUMMARY,
            subject="summary",
            tag=_NO_IMAGE,
            at=self._summary.at,
        )

    def thread(self) -> str:
        """Its own: replies in one long thread would not be seen."""
        return self.labels.id

    def resources(self) -> Sequence[str]:
        """The oldest ones that are not evaluated, and that are stopped."""
        failing, stopped = self._summary.failing[:1], self._summary.stopped[:1]
        tags = [*(each.tag for each in failing), *(each.tag for each in stopped)]
        return list(map(str, tags)) or [NONE]

    # --- how it is

    def subject(self) -> str:
        """E.g. "ALL QUIET: 41 of 41 images evaluated, 3 stopped, 0 not evaluated"."""
        return cut(self._state(details=False), _LONGEST_SUBJECT)

    def headline(self) -> str:
        return f"{self._state(details=True)}."

    def _state(self, *, details: bool) -> str:
        kind = "ALL QUIET" if self._summary.is_quiet else "NOT QUIET"
        return f"{kind}: {', '.join(self._numbers(details=details))}"

    def _numbers(self, *, details: bool) -> Iterator[str]:
        summary, sweep = self._summary, self._summary.sweep
        if sweep is None:
            yield "no sweep yet"
        else:
            expected = "about " * sweep.enqueuing + counted(sweep.expected, "image")
            yield f"{sweep.evaluated:,} of {expected} evaluated"
        oldest = summary.stopped_since
        since = f" (the oldest for {age(oldest, summary.at)})" if oldest and details else ""
        run = f", {summary.running:,} of them running" if summary.running else ""
        yield f"{len(summary.stopped):,} stopped{since}{run}"
        yield from overdue(summary.due)
        yield f"{len(summary.failing):,} not evaluated"
        if summary.missing:
            yield f"{summary.missing:,} without a result"
        if summary.unwatched.rows:
            yield f"{counted(summary.unwatched.rows, 'row')} not watched"
        if sweep is not None and sweep.absent:
            yield f"{sweep.absent:,} gone from Anchore"
        if pushes := summary.new_pushes:
            yield f"{len(pushes):,} pushed and unknown to Anchore"
        if summary.is_overdue:
            yield "the next sweep is overdue"
        if summary.set_aside:
            yield f"{counted(summary.set_aside, 'notice')} could not be published"

    def steps(self) -> list[str]:
        """The most urgent first."""
        summary = self._summary
        steps = (
            (summary.is_quiet, self._well()),
            (summary.set_aside, _SET_ASIDE),
            (summary.sweep is None, _NO_SWEEP),
            (summary.is_overdue, _OVERDUE),
            (summary.missing or summary.lacks_tags, _MISSING),
            (summary.unwatched.rows, _UNWATCHED),
            (summary.failing, _FAILING),
            (summary.new_pushes, _UNKNOWN_PUSHES),
            (summary.ending, _ENDING),
        )
        return [step for is_needed, step in steps if is_needed]

    def _well(self) -> str:
        if self._summary.is_anything_missed:
            return _FEW_MISSED
        return _ONLY_STOPPED if self._summary.stopped else _WELL

    # --- the sweep that was counted, one under way, and what comes next

    def _facts(self) -> Iterator[tuple[str, str]]:
        summary = self._summary
        if summary.sweep is not None:
            yield "Last sweep", f"{moment(summary.sweep.started)}, {completeness(summary.sweep)}"
        if summary.unwatched.rows:
            yield "Unwatched", rows(summary.unwatched)
        if summary.running_unknown is not None:
            yield "What runs", f"not known: {foreign(summary.running_unknown, LONGEST_REASON)}"
        if (sweep := summary.under_way) is not None:
            done = f"{sweep.answered:,} of {sweep.expected:,} so far"
            yield "Under way", f"{moment(sweep.started)}, {done}"
        if summary.data is not None:
            yield "Vulnerability data", summary.data.told(summary.at)
        if summary.next_sweep is not None:
            word = "was due by" if summary.is_overdue else "by"
            yield "Next sweep", f"{word} {moment(summary.next_sweep)}"
        if summary.next_summary is not None:
            yield "Summary", f"again at {moment(summary.next_summary)}; if none comes, look why"

    # --- what is open

    def _lists(self, most: int) -> Iterator[tuple[str, list[str]]]:
        """Each list that is not empty: its title, and of so many images a line each."""
        summary, now = self._summary, self._summary.at
        lists: tuple[tuple[str, str, Sequence[Any], Callable[[Any], str]], ...] = (
            ("Due, by team", "most overdue first", summary.due, team_due),
            ("Stopped", "oldest first", summary.stopped, lambda each: since_line(each, now)),
            ("Not evaluated", "oldest first", summary.failing, lambda each: failed_line(each, now)),
            ("Pushed and unknown to Anchore", "newest first", summary.unknown_pushes, on_line),
            (
                "Held back by an allowlist",
                "soonest end first",
                summary.ending,
                lambda each: f"until {on_line(each)}",
            ),
        )
        for what, order, images, line in lists:
            if images:
                shown = images[:most]
                running = "running first, then " if getattr(images[0], "runs", False) else ""
                how_many = f"{len(shown):,} of {len(images):,} shown"
                yield f"{what}, {running}{order} ({how_many})", list(map(line, shown))

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield items(other_steps, title="WHAT ELSE TO DO")
        yield [line for name, value in self._facts() for line in row(name, value)]
        for title, lines in self._lists(_MOST):
            words, parenthesis, how_many = title.partition(" (")
            yield items(lines, title=f"{words.upper()}{parenthesis}{how_many}")

    def chat_lines(self) -> Iterator[str]:
        """The same, with shorter lists."""
        for name, value in self._facts():
            yield f"{name}: {value}"
        for title, lines in self._lists(_MOST_IN_CHAT):
            yield f"{title}:"
            yield from lines

    # --- the result

    def result(self) -> str:
        return encoded(
            shapes.Result(
                id=self.labels.id,
                event_type=EventType.SUMMARY,
                at=rfc3339(self._summary.at),
                team=UNROUTED,
                summary=summary_shape(self._summary),
            )
        )
