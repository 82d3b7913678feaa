"""The auditor's rules of allowlists that end; see `auditor.py`."""

from collections.abc import Callable, Iterator

from tests.lab.lives.case import SKEW, Case, Told, each_told, tag_of
from tests.lab.lives.trace import Asked, Published

Found = Iterator[tuple[float, str]]
HOUR = 3600.0
_A_DAY = 24 * HOUR
# What a result may still meet on its way from Anchore's answer to the ledger.
_SLOW = 150.0
# For two hours what ends is collected; then a publisher's next run, or one behind that.
_COLLECTED = 3 * HOUR


def every_end_is_announced(case: Case) -> Found:
    """Readers know within three hours that an image stops once an item of an allowlist ends."""
    for subject, checks in case.judged.items():
        for check in checks:
            if check.held and _counts(case, check):
                for channel in sorted(case.estate.channels):
                    if not _is_announced(case, channel, subject, check):
                        yield check.at, f"{subject} is held back, and {channel} is not told"


def _counts(case: Case, check: Asked) -> bool:
    is_real = check.said in ("go", "warn") and check.sound and case.is_whole(check)
    is_kept = check.at > case.calm_at and case.finished(check.who) and check.who in case.wrote
    is_certain = case.stands(check, _SLOW, _COLLECTED) and not case.is_doubted(check)
    return is_real and is_kept and is_certain


def _is_announced(case: Case, channel: str, subject: str, check: Asked) -> bool:
    told = case.told.get((channel, subject), ())
    in_time = (one.message for one in told if one.message.at < check.at + _COLLECTED)
    is_known = any(_tells(message, check) for message in in_time)
    return is_known or (channel, subject) in case.refused


def _tells(message: Published, check: Asked) -> bool:
    """Once a day; a later STOP or RECOVERED takes its place. A group does not say what it holds."""
    if message.kind == "EXPIRING" or (message.kind == "RECOVERED" and _may_hold(message)):
        return message.decided > check.at - _A_DAY - _SLOW
    return message.kind in ("STOP", "RECOVERED") and message.decided > check.at - _SLOW


def _may_hold(message: Published) -> bool:
    return bool(message.held) or not message.whole


def no_end_is_invented(case: Case) -> Found:
    """An EXPIRING says which findings are held back, and until when, as Anchore answered it."""
    for _, subject, told in each_told(case):
        message = told.message
        if message.kind != "EXPIRING" or not message.whole:
            continue
        checks = case.judged.get(subject, ())
        if not any(
            check.moment == message.moment
            and check.said in ("go", "warn")
            and check.digest == told.image.digest
            and _left(check.held, message.decided) <= _rounded(message.held) <= _rounded(check.held)
            for check in checks
        ):
            yield message.at, f"EXPIRING of {subject}: Anchore never said so"


def _left(held: tuple[tuple[str, float], ...], decided: float) -> set[tuple[str, int]]:
    """Without what was over when it was decided, by a clock that may be ahead."""
    return _rounded(tuple(one for one in held if one[1] > decided + SKEW))


def _rounded(held: tuple[tuple[str, float], ...]) -> set[tuple[str, int]]:
    return {(name, round(until)) for name, until in held}


def _began_anew(case: Case, since: Told, until: Told) -> bool:
    """Whether the image was stopped or gone in between: what was announced is forgotten then."""
    return any(
        since.message.decided - _SLOW < asked.at < until.message.decided + SKEW
        for asked in case.all(Asked)
        if asked.tag == tag_of(until.subject) and asked.said in ("not found", "stop")
    )


def an_end_is_announced_once_a_day(case: Case) -> Found:
    """An EXPIRING comes no sooner than a day after the last notice that told of it."""
    for history in case.told.values():
        last: Told | None = None
        for told in history:
            if told.message.kind not in ("EXPIRING", "RECOVERED") or not told.message.whole:
                continue
            is_again = last is not None and told.image.notice == last.image.notice
            waited = told.message.decided - last.message.decided if last else _A_DAY
            if last and _began_anew(case, last, told):
                waited = _A_DAY
            if told.message.kind == "EXPIRING" and not is_again and waited < _A_DAY - 2 * SKEW:
                yield told.message.at, f"EXPIRING of {told.subject} comes too early"
            last = told if told.message.held else last


RULES: tuple[Callable[[Case], Found], ...] = (
    every_end_is_announced,
    no_end_is_invented,
    an_end_is_announced_once_a_day,
)
