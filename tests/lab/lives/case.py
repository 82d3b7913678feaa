"""A life's trace as the auditor's rules look at it; no word of the product here either."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tests.lab.lives.images import VERDICTS, Parts
from tests.lab.lives.trace import (
    Asked,
    Calm,
    Ended,
    Fault,
    Image,
    Inventoried,
    Published,
    Refused,
    Rest,
    Seen,
    Sent,
    Started,
    Trace,
    Truth,
    Wrote,
)

_Kind = TypeVar("_Kind", bound=Seen)
# What a scan that fails is answered as.
EMPTY = "scan failed"
_GONE = "no longer in Anchore"
_EMPTY = frozenset({EMPTY, "0 rows"})
# An empty list that is doubted is believed once a later one agrees, where other scans find some;
# where nothing else has any, after three days.
_AGREES, _AGREES_ALONE = 1800.0, 3 * 24 * 3600.0
# Clocks of containers differ by so much.
SKEW = 5.0


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold, when, and how."""

    rule: str
    at: float
    what: str


@dataclass(frozen=True)
class Told:
    """What the readers of a channel know of an image once they have the message.

    `known` are the findings that they have been told of since the STOP began, `before` those that
    they were told of until then; `was_stopped` is what they took it for. A message about several
    images does not list all findings: from then on `is_partial`.
    """

    subject: str
    message: Published
    image: Image
    was_stopped: bool
    stopped: bool
    before: frozenset[str]
    known: frozenset[str]
    is_partial: bool = False


class Case:
    """The trace, sorted; an image of several platforms is one, made of `parts`."""

    def __init__(self, trace: Trace) -> None:
        self.estate = trace.estate
        self.parts = Parts(trace)
        self.seen = self.parts.as_images()
        self._doubted: dict[Asked, bool] = {}
        self._by_type: dict[type[Seen], list[Seen]] = defaultdict(list)
        for seen in self.seen:
            self._by_type[type(seen)].append(seen)

    def all(self, kind: type[_Kind]) -> list[_Kind]:
        """All that was seen of a kind, in order."""
        return self._by_type[kind]  # type: ignore[return-value]

    @cached_property
    def calm_at(self) -> float:
        """From when on nothing fails."""
        return self.all(Calm)[0].at

    @cached_property
    def rest(self) -> Rest:
        """What was left."""
        return self.all(Rest)[0]

    @cached_property
    def truths(self) -> dict[str, list[Truth]]:
        """What Anchore said of each tag, in order."""
        found: dict[str, list[Truth]] = defaultdict(list)
        for truth in self.all(Truth):
            found[truth.tag].append(truth)
        return found

    @cached_property
    def asked(self) -> dict[str, list[Asked]]:
        """Of each invocation what Anchore answered it."""
        return self._by_who(Asked)

    @cached_property
    def faults(self) -> dict[str, list[Fault]]:
        """Of each invocation what went wrong in it."""
        return self._by_who(Fault)

    @cached_property
    def sent(self) -> dict[str, list[Sent]]:
        """Of each invocation what it sent to the queues."""
        return self._by_who(Sent)

    @cached_property
    def published(self) -> dict[str, list[Published]]:
        """The messages of each invocation that SNS took."""
        return self._by_who(Published)

    @cached_property
    def wrote(self) -> dict[str, list[Wrote]]:
        """Of each invocation what it wrote, but for the word that scans work: it is no record."""
        every = self._by_who(Wrote)
        kept = {who: [one for one in wrote if one.key != "scans"] for who, wrote in every.items()}
        return {who: wrote for who, wrote in kept.items() if wrote}

    @cached_property
    def ends(self) -> dict[str, Ended]:
        """How each invocation ended."""
        return {ended.who: ended for ended in self.all(Ended)}

    @cached_property
    def starts(self) -> dict[str, Started]:
        """How each invocation began."""
        return {started.who: started for started in self.all(Started)}

    @cached_property
    def checks(self) -> dict[str, list[Asked]]:
        """The evaluations of each tag, in order."""
        found: dict[str, list[Asked]] = defaultdict(list)
        for asked in self.all(Asked):
            if asked.step == "check" and asked.tag is not None:
                found[asked.tag].append(asked)
        return found

    @cached_property
    def judged(self) -> dict[str, list[Asked]]:
        """The same by what they were asked for: a tag, or an old digest under it."""
        found: dict[str, list[Asked]] = defaultdict(list)
        for checks in self.checks.values():
            for check in checks:
                found[self.subject_of(check)].append(check)
        return found

    @cached_property
    def work(self) -> dict[str, Sent]:
        """The message that each invocation worked on, if it was one of a queue's."""
        sent = {one.message: one for one in self.all(Sent)}
        starts = ((who, started.message) for who, started in self.starts.items())
        return {who: sent[message] for who, message in starts if message is not None}

    def subject_of(self, check: Asked) -> str:
        """What the evaluation was asked for."""
        work = self.work.get(check.who)
        is_old = work is not None and "@" in (work.tag or "")
        return f"{check.tag}@{check.digest}" if is_old else check.tag or ""

    def work_of(self, sweep: str, subject: str) -> list[str]:
        """The invocations that worked on it for this sweep."""
        marks = {sent.sweep for sent in self.sent.get(sweep, ())} - {None}
        return [who for who, w in self.work.items() if w.tag == subject and w.sweep in marks]

    @cached_property
    def refused(self) -> set[tuple[str, str]]:
        """Channel and tag of what SNS never took."""
        return {
            (refused.channel, image.subject)
            for refused in self.all(Refused)
            for image in refused.images
        }

    @cached_property
    def told(self) -> dict[tuple[str, str], list[Told]]:
        """Of each channel and image what its readers were told, in order."""
        found: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for message in self.all(Published):
            for image in message.images:
                subject = self._about(message, image)
                history = found[message.channel, subject]
                history.append(_told(subject, message, image, history[-1] if history else None))
        return found

    def decided(self, told: Told) -> float:
        """When it was decided; of a group's members their message does not say so itself."""
        return self._written.get(told.image.notice, told.message.decided)

    @cached_property
    def _written(self) -> dict[str, float]:
        """When each notice was written first."""
        found: dict[str, float] = {}
        for wrote in self.all(Wrote):
            if wrote.how == "written" and wrote.key.startswith("notice#"):
                found.setdefault(wrote.key.rpartition("#")[2], wrote.at)
        return found

    @cached_property
    def _writers(self) -> dict[str, str]:
        """The invocation that wrote each notice."""
        written = (wrote for wrote in self.all(Wrote) if wrote.how == "written")
        notices = (wrote for wrote in written if wrote.key.startswith("notice#"))
        return {wrote.key.rpartition("#")[2]: wrote.who for wrote in notices}

    def _about(self, message: Published, image: Image) -> str:
        """What was asked for decides: a tag may be back on an old digest when that is judged."""
        work = self.work.get(self._writers.get(image.notice, message.who))
        subject = (work.tag if work else None) or ""
        return subject if "@" in subject else image.subject

    def verdict_of(self, check: Asked) -> bool:
        """Whether the evaluation is a real one: a go or a warn needs a fresh list before it.

        Where it would end a STOP, the list is read behind it, too.
        """
        if check.said == "stop":
            return check.sound
        if check.said not in VERDICTS:
            return False
        return all(self._is_fresh(part) for part in self.parts.of(check) if part.said in VERDICTS)

    def _is_fresh(self, part: Asked) -> bool:
        """Whether the list that it rests on was read, and is true."""
        # Of several platforms, the next one's list is forced.
        is_unread = any(
            fault.call == "anchore vuln" and fault.kind != "slow" and fault.at > part.at
            for fault in self.faults.get(part.who, ())
        )
        return not is_unread and any(asked.sound for asked in self._last_list(part))

    def is_empty_at_first(self, check: Asked) -> bool:
        """Whether a scan failed before any was known to find something: nobody could tell.

        What is known is of the image that the tag was on last; it may be back on an earlier one.
        """
        return any(
            asked.said == EMPTY and not self._is_known(check, part)
            for part in self.parts.of(check)
            for asked in self._lists(part)
        )

    def _is_known(self, check: Asked, part: Asked) -> bool:
        is_known = False
        for other in self.judged[self.subject_of(check)]:
            if self.finished(other.who) and self.ends[other.who].at < check.at:
                sound = {each.digest for each in self.parts.of(other) if each.sound}
                is_known = part.digest in sound if sound else is_known
        return is_known

    def is_whole(self, check: Asked) -> bool:
        """Whether each platform that Anchore listed has a verdict that nobody could doubt."""
        parts = self.parts.of(check)
        is_real = all(map(self.verdict_of, parts)) and not self.parts.missing(check)
        return is_real and (len(parts) == 1 or not self.lists_nothing(check))

    def is_doubted(self, check: Asked) -> bool:
        """Whether its empty list is no evidence yet: the image is stopped, or has had rows."""
        if check not in self._doubted:
            self._doubted[check] = self.lists_nothing(check) and self._contradicts(check)
        return self._doubted[check]

    def _contradicts(self, check: Asked) -> bool:
        """Whether the list contradicts what was found before, and nothing has confirmed it."""
        earlier = [
            one
            for one in self.judged[self.subject_of(check)]
            if one.at < check.at and self._is_remembered(one.who) and self.verdict_of(one)
        ]
        listed = [one for one in earlier if self._lists_some(one)]
        counted = [
            one
            for one in earlier
            if one.said == "stop"
            or (one in listed and self.is_whole(one) and not self.is_doubted(one))
        ]
        had_rows = any(one.digest == check.digest for one in listed)
        if not counted or (counted[-1].said != "stop" and not had_rows):
            return False
        since = [one for one in earlier if one.digest == check.digest and one.at > counted[-1].at]
        empty = (part for part in self.parts.of(check) if self.is_empty(part))
        return self._reads_in_vain(check.who) or not all(
            self._was_as_empty(part, since) for part in empty
        )

    def _is_remembered(self, who: str) -> bool:
        """By the ledger; or by the message, of a STOP that the run published without it."""
        return who in self.wrote or who in self.published

    def _was_as_empty(self, part: Asked, earlier: list[Asked]) -> bool:
        """Whether its list was empty half an hour before, and the ledger knows of a scan since."""
        return any(
            before.digest == part.digest
            and self.is_empty(before)
            and part.at - before.at > _AGREES
            and self._is_noted(before.at, part.at)
            for one in earlier
            for before in self.parts.of(one)
        )

    def _reads_in_vain(self, who: str) -> bool:
        """Whether the ledger may not have said which scans work."""
        return any("get_item" in one.call for one in self.faults.get(who, ()))

    def agrees(self, part: Asked) -> bool:
        """Whether an empty list was as empty half an hour before, and scans have worked since."""
        return any(
            part.at - first.at > _AGREES - SKEW
            and (
                any(first.at - SKEW <= at <= part.at + SKEW for at in self._scans)
                or part.at - first.at > _AGREES_ALONE - SKEW
            )
            for first in self.all(Asked)
            if first.step == "vuln" and first.digest == part.digest and first.said in _EMPTY
        )

    def fails_unseen(self, check: Asked) -> bool:
        """Whether its scans failed twice while others worked: nobody can tell."""
        return check.said in VERDICTS and all(
            self._is_fresh(part) or (self.is_empty(part) and self.agrees(part))
            for part in self.parts.of(check)
        )

    def is_doubted_at_last(self, subject: str) -> bool:
        """Whether the last evaluation of it is a doubt still."""
        judged = [check for check in self.judged[subject] if self.verdict_of(check)]
        return bool(judged) and self.is_doubted(judged[-1])

    @cached_property
    def _scans(self) -> list[float]:
        """When a list had rows."""
        return [
            asked.at
            for asked in self.all(Asked)
            if asked.step == "vuln" and asked.said.endswith(" rows") and asked.said not in _EMPTY
        ]

    def _is_noted(self, since: float, until: float) -> bool:
        """Whether the ledger has taken word of a scan that found some, or nobody else can have."""
        noted = (wrote.at for wrote in self.all(Wrote) if wrote.key == "scans")
        is_noted = any(since + SKEW < at < until - SKEW for at in noted)
        return is_noted or until - since > _AGREES_ALONE + SKEW

    def lists_nothing(self, check: Asked) -> bool:
        """Whether the list of vulnerabilities before it has no row; of any platform."""
        return any(map(self.is_empty, self.parts.of(check)))

    def _lists_some(self, check: Asked) -> bool:
        return not all(map(self.is_empty, self.parts.of(check)))

    def is_empty(self, part: Asked) -> bool:
        """Whether the list that the evaluation of this platform rests on has no row."""
        return any(asked.said in _EMPTY for asked in self._last_list(part))

    def _last_list(self, part: Asked) -> list[Asked]:
        """What the evaluation rests on; none, when no list was answered."""
        return self._lists(part)[-1:]

    def _lists(self, check: Asked) -> list[Asked]:
        """Those that the evaluation's run was answered, the one behind it included."""
        return [
            asked
            for asked in self.asked[check.who]
            if asked.step == "vuln" and asked.digest == check.digest
        ]

    def stands(self, check: Asked, before: float, after: float) -> bool:
        """Whether it was true for so many seconds before and after it was answered."""
        since, until = self._era(check)
        return since <= check.at - before and check.at + after <= until

    def _era(self, check: Asked) -> tuple[float, float]:
        """From when until when Anchore said the same of the tag as then, but for findings."""
        since, until = 0.0, float("inf")
        alike = (check.digest, check.said)
        was_alike = False
        for truth in self.truths[self.subject_of(check)]:
            is_alike = (truth.digest, truth.action) == alike
            if truth.at > check.at:
                if not is_alike:
                    until = truth.at
                    break
            elif not (is_alike and was_alike):
                since = truth.at
            was_alike = is_alike
        return since, until

    def finished(self, who: str) -> bool:
        """Whether the invocation ended well, and its work did not go back."""
        ended = self.ends.get(who)
        if ended is None or ended.how != "answered":
            return False
        return not self.went_back(who)

    def went_back(self, who: str) -> bool:
        """Whether its work was sent again or deferred."""
        deferred = any(wrote.key.startswith("work#") for wrote in self.wrote.get(who, ()))
        return who in self.sent or deferred

    def _by_who(self, kind: type[_Kind]) -> dict[str, list[_Kind]]:
        found: dict[str, list[_Kind]] = defaultdict(list)
        for seen in self.all(kind):
            found[seen.who].append(seen)
        return dict(found)


def tag_of(subject: str) -> str:
    """The tag, without the old digest that runs under it."""
    return subject.partition("@")[0]


Running = frozenset[tuple[str, str | None]]


def running(seen: Inventoried, within: float) -> Running | None:
    """The tags and digests that ran for certain; None: nobody could tell."""
    stale = _stale(seen, within)
    if all(row.context in stale for row in seen.rows):
        return None
    is_seen = seen.at - within + 2 * SKEW
    rows = (row for row in seen.rows if row.context in stale or row.last_seen >= is_seen)
    return frozenset((row.tag, row.digest) for row in rows)


def places(seen: Inventoried, subject: str, within: float) -> dict[str, bool]:
    """Of each context that it tells of whether the old digest runs there for certain."""
    stale, since = _stale(seen, within), seen.at - within + 2 * SKEW
    found = dict.fromkeys((row.context for row in seen.rows), False)
    for row in seen.rows:
        if f"{row.tag}@{row.digest}" == subject:
            found[row.context] |= row.context in stale or row.last_seen >= since
    return found


def _stale(seen: Inventoried, within: float) -> set[str]:
    """The contexts whose agents had been silent for so long by all clocks."""
    since = seen.at - within - SKEW
    reported = {row.context for row in seen.rows if row.last_seen >= since}
    return {row.context for row in seen.rows} - reported


def is_unseen(case: Case, seen: Inventoried, subject: str, *, ever: bool = False) -> bool:
    """Whether this fresh inventory has all contexts in which the old digest ran, and not it.

    A place counts once a run for the sweep that saw it has written what it came to. `ever`: all of
    them do, until the context is seen without it by this inventory.
    """
    within = case.estate.running_within_seconds
    if running(seen, within) is None:
        return False
    where: dict[str, bool] = {}
    for earlier in case.all(Inventoried):
        if earlier.at > seen.at:
            break
        ran = places(earlier, subject, within)
        is_known = ever or _is_remembered(case, earlier, subject)
        seen_here = {context for context, runs in ran.items() if runs}
        where |= dict.fromkeys(seen_here, True) if is_known else {}
        where |= {} if ever else dict.fromkeys(ran.keys() - seen_here, False)
    where |= places(seen, subject, within)
    return not any(where.values())


def _is_remembered(case: Case, seen: Inventoried, subject: str) -> bool:
    runs = case.work_of(seen.who, subject)
    return any(subject in wrote.key for who in runs for wrote in case.wrote.get(who, ()))


def without_ledger(case: Case, message: Published) -> bool:
    """Whether the run that found it published it itself, since the ledger refused it."""
    faults = case.faults.get(message.who, ())
    is_refused = any(fault.call.startswith("dynamodb") for fault in faults)
    return is_refused and case.starts[message.who].what != "publish"


def is_gone(message: Published, image: Image) -> bool:
    """Whether it says that Anchore has the image no longer, which ends a STOP."""
    return message.kind == "NOT_EVALUATED" and _GONE in (message.reason or image.reason)


def _told(subject: str, message: Published, image: Image, last: Told | None) -> Told:
    was_stopped = last is not None and last.stopped
    before = last.known if last is not None and was_stopped else frozenset[str]()
    if message.kind in ("STOP", "REMINDER"):
        known = before | {name for name, _ in image.findings}
        is_partial = not message.whole or (was_stopped and last is not None and last.is_partial)
        return Told(subject, message, image, was_stopped, True, before, known, is_partial)
    ends = message.kind in ("RECOVERED", "ENDED") or is_gone(message, image)
    stopped = was_stopped and not ends
    is_partial = stopped and last is not None and last.is_partial
    return Told(subject, message, image, was_stopped, stopped, before, before, is_partial)


def stopped_at_last(history: list[Told]) -> bool:
    """What the readers take the image for in the end."""
    return bool(history) and history[-1].stopped


def each_told(case: Case) -> Iterator[tuple[str, str, Told]]:
    """Channel, subject and what was told, each in its order."""
    for (channel, subject), history in case.told.items():
        for told in history:
            yield channel, subject, told
