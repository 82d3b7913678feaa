"""Judges a life by what was seen of it from outside: a rule each promise of docs/promises.md.

It imports nothing of the product. The first line of a rule's docstring is the promise itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from tests.lab.lives import (
    allowlist_rules,
    batch_rules,
    platform_rules,
    scan_rules,
    summary_rules,
    sweep_rules,
)
from tests.lab.lives.case import (
    SKEW,
    Broken,
    Case,
    Told,
    each_told,
    is_gone,
    is_unseen,
    running,
    stopped_at_last,
    tag_of,
    without_ledger,
)
from tests.lab.lives.trace import (
    Asked,
    Crashed,
    Ended,
    Fault,
    Inventoried,
    Left,
    Published,
    Pushed,
    Refused,
    Sent,
    Trace,
)

HOUR = 3600.0
# What a result may still meet on its way from Anchore's answer to the ledger.
_SLOW = 150.0
# Behind the sweep that finds it: messages that wait for their queue, a storm's distance.
_BEHIND_A_SWEEP = 1 * HOUR
# A storm's distance, the publisher's next run, and a Lambda that is throttled.
_LONGEST_WAIT = 1.5 * HOUR
_BACK = "back under its tag"
_NEWS = frozenset({"STOP", "RECOVERED", "ENDED", "NOT_EVALUATED"})

Found = Iterator[tuple[float, str]]
Rule = Callable[[Case], Found]


def judge(trace: Trace) -> list[Broken]:
    """What the life breaks, in the order of the rules; nothing is what is wanted."""
    case = Case(trace)
    return [Broken(rule.__name__, at, what) for rule in RULES for at, what in rule(case)]


# --- every STOP


def every_stop_is_told(case: Case) -> Found:
    """Every STOP of a watched image is published once the faults end, an hour after a sweep."""
    for tag in sorted(_looked_at(case)):
        truth = case.truths[tag][-1] if tag in case.truths else None
        if truth is None or truth.action != "stop":
            continue
        due = max(truth.at, case.calm_at) + case.estate.sweep_seconds + _BEHIND_A_SWEEP
        wanted = {name for name, _ in truth.findings}
        for channel in sorted(case.estate.channels):
            if (channel, tag) in case.refused:
                continue
            in_time = [t for t in case.told.get((channel, tag), []) if t.message.at <= due]
            if not stopped_at_last(in_time):
                yield due, f"{tag} is stopped, and readers of {channel} do not know"
            elif not in_time[-1].is_partial and (missing := wanted - _known(in_time)):
                yield due, f"{tag}: readers of {channel} do not know of {sorted(missing)}"


def _known(history: list[Told]) -> frozenset[str]:
    """Of the last message, and of those that were decided later and came before it.

    A STOP that a run publishes while the ledger refuses may come before older ones, which waited.
    """
    last = history[-1]
    later = (told for told in history if told.message.decided > last.message.decided)
    return last.known.union(*(told.known for told in later))


def _looked_at(case: Case) -> set[str]:
    """The tags that each sweep of the calm asks for, and the old digests that it sees running."""
    watched, every = set(case.estate.watched), _calm_inventories(case)
    if not every:
        return watched
    ran = frozenset.intersection(*(found for _, found in every))
    old = {f"{tag}@{digest}" for tag, digest in ran if digest and tag in watched}
    if case.estate.only_running:
        watched &= {tag for tag, _ in ran}
    return watched | {subject for subject in old if not _is_current(case, subject)}


def _is_current(case: Case, subject: str) -> bool:
    tag, _, digest = subject.partition("@")
    return bool(case.truths[tag]) and case.truths[tag][-1].digest == digest


def _calm_inventories(case: Case) -> list[tuple[Inventoried, frozenset[tuple[str, str | None]]]]:
    """What sweeps of the calm saw running."""
    within = case.estate.running_within_seconds
    calm = (seen for seen in case.all(Inventoried) if case.starts[seen.who].at > case.calm_at)
    return [(seen, found) for seen in calm if (found := running(seen, within)) is not None]


def every_finished_stop_is_told(case: Case) -> Found:
    """A STOP that a finished run found is published, even when it ends before that."""
    for tag, checks in case.judged.items():
        for check in checks:
            is_found = check.said == "stop" and check.sound and _is_kept(case, check)
            if is_found and not _may_be_outdated(case, check, checks):
                yield from _untold(case, tag, check)


def _is_kept(case: Case, check: Asked) -> bool:
    return case.finished(check.who) and case.stands(check, _SLOW, _SLOW)


def _may_be_outdated(case: Case, stop: Asked, checks: Iterable[Asked]) -> bool:
    """Whether another evaluation of the image, of an empty list, may be newer: clocks differ."""
    return any(
        check.said != "stop"
        and check.digest == stop.digest
        and abs(check.at - stop.at) < SKEW
        and case.is_empty_at_first(check)
        for check in checks
    )


def _untold(case: Case, tag: str, check: Asked) -> Found:
    for channel in sorted(case.estate.channels):
        history = case.told.get((channel, tag), [])
        before = [told for told in history if told.message.at < check.at]
        behind = history[len(before) :]
        known = stopped_at_last(before) or any(told.stopped for told in behind)
        if not known and (channel, tag) not in case.refused:
            yield check.at, f"{tag} was found stopped by {check.who}, and nobody was told"


def every_pushed_stop_is_told(case: Case) -> Found:
    """A pushed image that stops from its analysis on is told of, whoever watches its tag."""
    last = {pushed.tag: pushed for pushed in case.all(Pushed)}
    for tag, pushed in last.items():
        truths = case.truths[tag]
        of_push = [truth for truth in truths if truth.digest == pushed.digest and truth.action]
        is_steady = of_push and {truth.action for truth in of_push} == {"stop"}
        if not pushed.times or not is_steady or truths[-1].digest != pushed.digest:
            continue
        if any(_is_taken_for_good(case, check, pushed) for check in case.judged.get(tag, ())):
            continue
        for channel in sorted(case.estate.channels):
            is_told = stopped_at_last(case.told.get((channel, tag), []))
            if not is_told and (channel, tag) not in case.refused:
                yield pushed.at, f"{tag} was pushed and stops, and readers of {channel} do not know"


def _is_taken_for_good(case: Case, check: Asked, pushed: Pushed) -> bool:
    """Whether its scan failed before any was known to find some, or twice: nobody could tell."""
    is_good = check.said in ("go", "warn") and check.digest == pushed.digest
    is_unseen = case.is_empty_at_first(check) or case.fails_unseen(check)
    return is_good and (case.verdict_of(check) or is_unseen)


def no_news_waits_for_long(case: Case) -> Found:
    """What is new is published within an hour and a half, unless the publisher fails meanwhile."""
    publishers = {who for who, started in case.starts.items() if started.what == "publish"}
    failed = [fault.at for fault in case.all(Fault) if fault.who in publishers]
    for message in case.all(Published):
        if message.kind not in _NEWS:
            continue
        since = max([message.decided, *(at for at in failed if at < message.at)])
        if message.at - since > _LONGEST_WAIT:
            yield message.at, f"{message.kind} {message.id} waited for {message.at - since:.0f} s"


def no_work_vanishes(case: Case) -> Found:
    """A message is done only when its image was asked about, its work went back, or was done."""
    sweeps = {sent.message: sent for sent in case.all(Sent)}
    runs = _runs(case)
    for left in case.all(Left):
        sent = sweeps[left.message]
        if left.how != "done" or sent.page is not None:
            continue
        every = runs[left.message]
        is_left_to_the_next = sent.sweep is not None and any(case.faults.get(who) for who in every)
        if (
            not is_left_to_the_next
            and not any(_is_accounted_for(case, who) for who in every)
            and not _is_done(case, sent, every, left.at)
        ):
            yield left.at, f"{left.message} about {sent.tag} is done, and nothing was"


def _runs(case: Case) -> dict[str, list[str]]:
    """The invocations that worked on each message."""
    runs: dict[str, list[str]] = defaultdict(list)
    for started in case.starts.values():
        if started.message is not None:
            runs[started.message].append(started.who)
    return runs


def _is_accounted_for(case: Case, who: str) -> bool:
    if case.ends[who].how != "answered":
        return False
    if case.went_back(who) or case.wrote.get(who):
        return True
    return any(
        asked.step == "check" or asked.said == "not found" for asked in case.asked.get(who, ())
    )


def _is_done(case: Case, sent: Sent, runs: list[str], until: float) -> bool:
    """Whether the image was judged since the sweep that asks for it began, or since then.

    An event of ECR's does not say which; what its runs asked about does.
    """
    tags = {sent.tag}
    if "@" not in (sent.tag or ""):
        tags |= {asked.tag for who in runs for asked in case.asked.get(who, ())}
    checks = [check for tag in tags for check in case.judged.get(tag or "", ())]
    began = sent.at if sent.sweep is None else sent.sweep
    return any(began - SKEW <= check.at <= until for check in checks)


def every_running_digest_is_judged_or_doubted(case: Case) -> Found:
    """Each digest that a sweep sees running gets a verdict of that sweep, or is told as a doubt."""
    calm = _calm_inventories(case)
    # One behind another may begin before the work of that is done.
    ends = [*(max(b.at, a.at + HOUR) for (a, _), (b, _) in pairwise(calm)), float("inf")]
    for (seen, found), until in zip(calm, ends, strict=False):
        since = case.starts[seen.who].at - SKEW
        for tag, digest in sorted(found, key=str):
            if tag not in case.estate.watched or digest is None:
                continue
            checks = (check for check in case.checks.get(tag, ()) if check.digest == digest)
            is_judged = any(since <= check.at <= until for check in checks)
            is_excused = _moves_on(case, seen, tag, digest) or _is_doubted(case, seen, tag, digest)
            if not is_judged and not is_excused:
                yield seen.at, f"{seen.who} sees {tag} run on {digest[:14]}, and it is not judged"
        if until == float("inf"):
            yield from _unknown_and_untold(case, seen, found)


def _moves_on(case: Case, seen: Inventoried, tag: str, digest: str) -> bool:
    """Whether the tag was on it, and moves on before its work is done: the next sweep judges it."""
    before = [truth for truth in case.truths[tag] if truth.at <= seen.at]
    after = [truth for truth in case.truths[tag] if seen.at < truth.at <= seen.at + HOUR]
    return bool(before) and before[-1].digest == digest and any(t.digest != digest for t in after)


def _is_doubted(case: Case, seen: Inventoried, tag: str, digest: str) -> bool:
    """Whether Anchore was asked, and had no analysis of it when the sweep began."""
    before = [t for t in case.truths[f"{tag}@{digest}"] if t.at <= seen.at]
    runs = [*case.work_of(seen.who, tag), *case.work_of(seen.who, f"{tag}@{digest}")]
    is_asked = any(
        asked.step == "images" and asked.tag == tag
        for who in runs
        for asked in case.asked.get(who, ())
    )
    return is_asked and (not before or before[-1].action is None)


def _unknown_and_untold(
    case: Case, seen: Inventoried, found: frozenset[tuple[str, str | None]]
) -> Found:
    """What every sweep of the calm saw, and Anchore never had, though that is long enough."""
    every = frozenset.intersection(*(ran for _, ran in _calm_inventories(case)))
    for tag, digest in sorted(found & every, key=str):
        subject = f"{tag}@{digest}"
        is_known = any(truth.digest for truth in case.truths[subject])
        if tag not in case.estate.watched or digest is None or is_known:
            continue
        for channel in sorted(case.estate.channels):
            told = case.told.get((channel, subject), [])
            is_told = any(each.message.kind == "NOT_EVALUATED" for each in told)
            if not is_told and (channel, subject) not in case.refused:
                yield seen.at, f"{subject} runs, Anchore has never had it, and nobody is told"


def deferred_work_is_sent_first(case: Case) -> Found:
    """Deferred work leaves the table only once it is on the queue again."""
    for who, wrote in case.wrote.items():
        for one in wrote:
            is_removed = one.key.startswith("work#") and one.how == "deleted"
            if is_removed and not any(sent.at <= one.at for sent in case.sent.get(who, ())):
                yield one.at, f"{who} removed {one.key} before it was sent"


# --- nothing false


def no_stop_is_invented(case: Case) -> Found:
    """A STOP says of which image, by which evaluation and by which findings Anchore stops it."""
    for message in case.all(Published):
        if message.kind not in ("STOP", "REMINDER"):
            continue
        for image in message.images:
            if not any(_is_said(check, message, image) for check in case.checks.get(image.tag, ())):
                yield message.at, f"{message.kind} of {image.tag}: Anchore never said so"


def _is_said(check: Asked, message: Published, image: object) -> bool:
    said = check.said == "stop" and check.at <= message.at and check.sound
    digest, findings = image.digest, dict(image.findings)  # type: ignore[attr-defined]
    if not said or check.digest != digest:
        return False
    if not message.whole:
        return findings.keys() <= dict(check.findings).keys()
    severities = {name: word.lower() for name, word in check.findings}
    is_all = severities.keys() == findings.keys()
    return check.moment == message.moment and is_all and _alike(severities, findings)


def _alike(said: dict[str, str], told: dict[str, str]) -> bool:
    """Readers may know a severity as unknown, when the list could not be read."""
    return all(told[name] in (severity, "unknown") for name, severity in said.items())


def no_recovery_is_invented(case: Case) -> Found:
    """A STOP of a tag ends by a real evaluation, or because Anchore has the image no longer."""
    for _, subject, told in each_told(case):
        message, tag = told.message, tag_of(subject)
        if message.kind == "RECOVERED" and not any(
            message.moment in (check.moment, None)
            and check.digest == told.image.digest
            and check.said in ("go", "warn")
            and (case.verdict_of(check) or case.fails_unseen(check))
            for check in case.checks.get(tag, ())
        ):
            yield message.at, f"{tag} is told to have recovered, without a real evaluation"
        if is_gone(message, told.image) and not _was_gone(case, subject, message.at):
            yield message.at, f"{subject} is told to be gone, and Anchore never said so"
        if message.kind == "ENDED" and "@" not in subject:
            yield message.at, f"{tag}: its STOP is told to have ended, and it is asked about"


def _was_gone(case: Case, subject: str, until: float) -> bool:
    asked = [
        asked
        for asked in case.all(Asked)
        if asked.step == "images" and asked.tag == tag_of(subject) and asked.at <= until
    ]
    if any(each.said == "not found" for each in asked):
        return True
    absent = [truth.at for truth in case.truths[subject] if "@" in subject and not truth.digest]
    return any(min(absent) <= each.at for each in asked if absent)


def an_old_digest_ends_only_unseen(case: Case) -> Found:
    """A STOP of an old digest ends also back under its tag, or once no context sees it running."""
    for _, subject, told in each_told(case):
        message = told.message
        if message.kind != "ENDED" or "@" not in subject:
            continue
        if _BACK in (message.reason or told.image.reason):
            if not _is_judged_under_its_tag(case, subject, message):
                yield message.at, f"{subject} ended, and was not judged under its tag"
        elif not any(
            is_unseen(case, seen, subject)
            for seen in case.all(Inventoried)
            if seen.at <= message.decided + SKEW
        ):
            yield message.at, f"{subject} ended, and may run still"


def _is_judged_under_its_tag(case: Case, subject: str, message: Published) -> bool:
    tag, _, digest = subject.partition("@")
    return any(
        check.digest == digest and check.at <= message.at and case.verdict_of(check)
        for check in case.judged.get(tag, ())
    )


def the_last_message_is_true(case: Case) -> Found:
    """The last message about an image is the true state of it."""
    for (channel, tag), history in case.told.items():
        if not stopped_at_last(history) or (channel, tag) in case.refused:
            continue
        truth = case.truths[tag][-1] if case.truths[tag] else None
        action = truth.action if truth else None
        # What Anchore has not analyzed ends no STOP of the image before.
        is_open = truth is not None and truth.digest is not None and action is None
        if is_open or not _is_remembered(case, history):
            continue
        if action != "stop" and not case.is_doubted_at_last(tag):
            yield history[-1].message.at, f"{tag} is {action}, and told to be stopped"
        if action == "stop" and "@" in tag and _has_ended(case, tag):
            yield history[-1].message.at, f"{tag} runs no longer, and is told to be stopped"


def _has_ended(case: Case, subject: str) -> bool:
    """Whether the tag is on the old digest again, or no context sees it running any more."""
    calm = _calm_inventories(case)
    is_seen = not calm or not is_unseen(case, calm[-1][0], subject, ever=True)
    return _is_current(case, subject) or not is_seen


def _is_remembered(case: Case, history: list[Told]) -> bool:
    """Whether the ledger, or a message, has one of the notices of the STOP that stands.

    That it is not evaluated may be told also of an image whose STOP nothing remembers.
    """
    began = max(number for number, told in enumerate(history) if not told.was_stopped)
    stops = (told for told in history[began:] if told.message.kind in ("STOP", "REMINDER"))
    return any(_has_a_memory(case, told) for told in stops)


def _has_a_memory(case: Case, told: Told) -> bool:
    """Published from the outbox; or, without a ledger, kept by the run behind it."""
    message, tag = told.message, told.subject
    if not without_ledger(case, message):
        return True
    sent = (one for one in case.sent.get(message.who, ()) if one.tag == tag)
    wrote = (one for one in case.wrote.get(message.who, ()) if f"|{tag}|" in one.key)
    return any(one.at >= message.at for one in (*sent, *wrote))


def a_recovery_follows_a_stop(case: Case) -> Found:
    """What is told to have ended was told to be stopped, and a REMINDER reminds of a STOP."""
    for channel, tag, told in each_told(case):
        message = told.message
        ends = message.kind in ("RECOVERED", "REMINDER", "ENDED") or is_gone(message, told.image)
        is_excused = _is_repeated(case, told) or (channel, tag) in case.refused
        is_excused = is_excused or _is_told_elsewhere(case, channel, told)
        if ends and not told.was_stopped and not is_excused:
            yield message.at, f"{message.kind} of {tag}, which was not told to be stopped"


def _is_told_elsewhere(case: Case, channel: str, told: Told) -> bool:
    """Whether its STOP reached the other channel alone, while the ledger refused."""
    for other in case.estate.channels - {channel}:
        before = [t for t in case.told.get((other, told.subject), []) if t.stopped]
        if any(without_ledger(case, t.message) for t in before):
            return True
    return False


def _is_repeated(case: Case, told: Told) -> bool:
    """Whether readers have had this very message."""
    history = case.told[told.message.channel, told.subject]
    return any(
        t.image.notice == told.image.notice
        for t in history
        if t is not told and t.message.at < told.message.at
    )


def no_other_image_is_judged(case: Case) -> Found:
    """A verdict is told of the image that bore the tag, and of no other."""
    for _, tag, told in each_told(case):
        digest, message = told.image.digest, told.message
        if "@" in tag and message.kind in ("NOT_EVALUATED", "ENDED"):
            continue
        bore = {truth.digest for truth in case.truths[tag] if truth.at <= message.at}
        if digest is not None and digest not in bore:
            yield message.at, f"{message.kind} of {tag}, which was never on {digest[:14]}"


def no_push_is_judged_by_the_image_before(case: Case) -> Found:
    """The work of a push judges no image that its tag was on before the push."""
    runs = _runs(case)
    for sent in case.all(Sent):
        if sent.digest is None:
            continue
        for who in runs[sent.message]:
            for check in case.asked.get(who, ()):
                if check.step == "check" and _is_before(case, check, sent.digest, sent.at):
                    yield check.at, f"{who} judges {check.tag} by the image before the push"


def _is_before(case: Case, check: Asked, pushed: str, sent_at: float) -> bool:
    """Both as it was pushed and as Anchore learned of it, which may be in another order.

    A push of the same digest that came behind the message is another one.
    """
    of_tag = (push for push in case.all(Pushed) if push.tag == check.tag and push.at <= sent_at)
    pushes: list[str | None] = [push.digest for push in of_tag]
    learned = [truth.digest for truth in case.truths[check.tag or ""] if truth.at <= check.at]
    if pushed not in learned:
        learned.append(pushed)
    return all(
        check.digest in order and _last(order, check.digest) < _last(order, pushed)
        for order in (pushes, learned)
    )


def _last(order: list[str | None], digest: str | None) -> int:
    """A tag may move back to an image."""
    return max(number for number, each in enumerate(order) if each == digest)


def no_older_verdict_follows(case: Case) -> Found:
    """What is told of an image is never older than what was told before."""
    for history in case.told.values():
        newest = ""
        for told in history:
            if without_ledger(case, told.message):
                continue
            moment = told.message.moment or ""
            is_older = bool(moment) and moment < newest and _is_much_older(case, moment, newest)
            if is_older and not _is_repeated(case, told):
                yield told.message.at, f"{told.image.tag}: {moment} is told behind {newest}"
            newest = max(newest, moment)


def _is_much_older(case: Case, moment: str, newest: str) -> bool:
    """By more than clocks differ."""
    at = {check.moment: check.at for check in case.all(Asked)}
    return at.get(newest, 0.0) - at.get(moment, 0.0) > _SLOW


def no_message_reaches_another_team(case: Case) -> Found:
    """A message goes to the team of each image that it names."""
    for message in case.all(Published):
        for image in message.images:
            if case.estate.teams[image.tag] != message.team:
                yield message.at, f"{message.kind} of {image.tag} went to {message.team}"


def not_evaluated_is_true(case: Case) -> Found:
    """An image is told to be not evaluated only after NotEvaluatedHours without a valid verdict."""
    for _, tag, told in each_told(case):
        message = told.message
        if message.kind != "NOT_EVALUATED" or is_gone(message, told.image):
            continue
        until = case.decided(told) - _SLOW
        since = case.decided(told) - case.estate.not_evaluated_seconds + _SLOW
        for check in case.judged.get(tag, ()):
            is_recorded = check.sound and check.who in case.wrote and _is_kept(case, check)
            counts = case.is_whole(check) and not case.is_doubted(check)
            is_whole = is_recorded and not case.parts.missing(check)
            if since < check.at < until and counts and is_whole:
                yield message.at, f"{tag} is told to be not evaluated, and was by {check.who}"


# --- not too often


def nothing_is_repeated(case: Case) -> Found:
    """A message is repeated only for a crash or a lost answer, and at most once for each."""
    last: dict[tuple[str, str], Published] = {}
    for message in case.all(Published):
        for image in message.images:
            before = last.get((message.channel, image.notice))
            if before is not None and not _is_excused(case, before, message):
                yield (
                    message.at,
                    f"{message.kind} of {image.tag} was told before, at {before.at:.0f}",
                )
            last[message.channel, image.notice] = message


def _is_excused(case: Case, before: Published, message: Published) -> bool:
    if not before.answered:
        return True
    ended = case.ends.get(before.who)
    if ended is None or ended.how == "killed":
        return True
    if without_ledger(case, message) or without_ledger(case, before):
        return True
    later = [fault for fault in case.faults.get(before.who, ()) if fault.at >= before.at]
    return bool(later) and before.container != message.container


def a_repetition_is_the_same_message(case: Case) -> Found:
    """What is repeated is the same message, whole and under the same id."""
    first: dict[tuple[str, str], Published] = {}
    for message in case.all(Published):
        for image in message.images:
            before = first.setdefault((message.channel, image.notice), message)
            is_known = any(without_ledger(case, each) for each in (before, message))
            if (
                before.id != message.id
                and not is_known
                and (message.channel, image.subject) not in (case.refused)
            ):
                yield message.at, f"{message.kind} of {image.tag} is repeated under another id"


def a_stop_says_something_new(case: Case) -> Found:
    """A further STOP of a stopped image tells of something that readers did not know."""
    for channel, tag, told in each_told(case):
        message = told.message
        is_further = message.kind == "STOP" and told.was_stopped and message.whole
        if (
            is_further
            and not _says_something_new(case, told)
            and not _may_be_said_again(case, told)
        ):
            yield message.at, f"STOP of {tag} on {channel} says nothing new"


def _says_something_new(case: Case, told: Told) -> bool:
    """Also when a finding has been gone meanwhile, or the list before was not whole."""
    history = case.told[told.message.channel, told.subject]
    behind = history[history.index(told) - 1]
    named = dict(told.image.findings)
    if not behind.message.whole or named.keys() - dict(behind.image.findings).keys():
        return True
    between = (
        check
        for check in case.judged.get(told.subject, ())
        if behind.message.decided - _SLOW <= check.at <= told.message.at
    )
    return any(named.keys() - dict(check.findings).keys() for check in between)


def _may_be_said_again(case: Case, told: Told) -> bool:
    """A repetition has a rule of its own; without a ledger a STOP is published so.

    The index of what waits may show the later of two notices first.
    """
    if _is_repeated(case, told):
        return True
    history = case.told[told.message.channel, told.subject]
    behind, message = history[history.index(told) - 1].message, told.message
    if 0 < behind.decided - message.decided < _SLOW:
        return True
    return any(without_ledger(case, each) for each in (behind, message))


def a_reminder_waits(case: Case) -> Found:
    """A REMINDER comes no sooner than ReminderHours after the last notice of the STOP."""
    for history in case.told.values():
        last: Told | None = None
        for told in history:
            if last is not None and _is_early(case, last, told):
                yield told.message.at, f"{told.image.tag} is reminded of too early"
            if told.message.kind in ("STOP", "REMINDER", "RECOVERED"):
                last = told


def _is_early(case: Case, last: Told, told: Told) -> bool:
    """Of a group nobody knows when each was decided, and the ledger not of what it refused."""
    messages = (last.message, told.message)
    if told.message.kind != "REMINDER" or not all(message.whole for message in messages):
        return False
    if _is_repeated(case, told) or any(without_ledger(case, m) for m in messages):
        return False
    waited = told.message.decided - last.message.decided
    return waited < case.estate.reminder_seconds - 2 * SKEW


def nobody_gets_too_much_at_once(case: Case) -> Found:
    """One run of the publisher sends at most four messages a second."""
    times: dict[str, list[float]] = defaultdict(list)
    for message in case.all(Published):
        times[message.who].append(message.at)
    for who, every in times.items():
        for first, fifth in zip(every, every[4:], strict=False):
            if fifth - first < 0.95:
                yield fifth, f"{who} sent five messages within {fifth - first:.2f} s"


# --- rest


def all_comes_to_rest(case: Case) -> Found:
    """Once the faults end the queues, the outbox, what is deferred and the claim come to rest."""
    rest = case.rest
    left = {
        "notices wait": rest.waiting,
        "messages are in flight": rest.flights,
        "publishers have a claim": int(rest.is_claimed),
        "messages are queued": rest.queued,
        "messages are dead letters": rest.dead,
        "messages are deferred": rest.deferred,
    }
    for what, number in left.items():
        if number:
            yield rest.at, f"{number} {what}"


def only_what_is_refused_is_set_aside(case: Case) -> Found:
    """What SNS never takes is set aside and counted, and nothing else is."""
    if case.rest.aside and not case.refused:
        yield case.rest.at, f"{case.rest.aside} notices are set aside"
    # A run that publishes for itself, while the ledger refuses, has nothing to set aside.
    waited = [one for one in case.all(Refused) if case.starts[one.who].what == "publish"]
    if waited and not case.rest.aside:
        yield case.rest.at, "SNS refuses a message for ever, and nothing is set aside"


def nothing_crashes(case: Case) -> Found:
    """Whatever fails outside is answered with an error of the function's own."""
    for crashed in case.all(Crashed):
        yield crashed.at, crashed.error
    for ended in case.all(Ended):
        if ended.how == "crashed":
            yield ended.at, f"{ended.who}: {ended.detail}"


def nothing_fails_by_itself(case: Case) -> Found:
    """Once the faults end, what is begun succeeds."""
    for ended in case.all(Ended):
        started = case.starts[ended.who]
        if started.at > case.calm_at + _SLOW and ended.how != "answered":
            yield ended.at, f"{ended.who} {ended.how}: {ended.detail}"


RULES: tuple[Rule, ...] = (
    every_stop_is_told,
    every_finished_stop_is_told,
    every_pushed_stop_is_told,
    no_news_waits_for_long,
    no_work_vanishes,
    every_running_digest_is_judged_or_doubted,
    deferred_work_is_sent_first,
    no_stop_is_invented,
    no_recovery_is_invented,
    an_old_digest_ends_only_unseen,
    the_last_message_is_true,
    a_recovery_follows_a_stop,
    no_other_image_is_judged,
    no_push_is_judged_by_the_image_before,
    no_older_verdict_follows,
    no_message_reaches_another_team,
    not_evaluated_is_true,
    nothing_is_repeated,
    a_repetition_is_the_same_message,
    a_stop_says_something_new,
    a_reminder_waits,
    nobody_gets_too_much_at_once,
    all_comes_to_rest,
    only_what_is_refused_is_set_aside,
    nothing_crashes,
    nothing_fails_by_itself,
    *sweep_rules.RULES,
    *platform_rules.RULES,
    *allowlist_rules.RULES,
    *summary_rules.RULES,
    *batch_rules.RULES,
    *scan_rules.RULES,
)
