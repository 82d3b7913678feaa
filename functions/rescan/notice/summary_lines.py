"""Lines of a summary: a sweep, rows that are not watched, an image of a list."""

from datetime import datetime

from rescan.notice.foreign import foreign, full_name
from rescan.notice.summary import Coverage, Dated, Failed, Unwatched
from rescan.notice.summary_result import MOST_UNWATCHED
from rescan.notice.times import age, moment
from rescan.notice.where import runs_in
from rescan.notice.wording import counted

_LONGEST_NAME = 300
LONGEST_REASON = 200


def completeness(sweep: Coverage) -> str:
    """How many images have a result, and what is missing."""
    if sweep.is_complete:
        return f"complete: {sweep.answered:,} of {sweep.expected:,} with a result"
    late = f"{sweep.unanswered:,} of {sweep.expected:,} without a result"
    unwatched = f"{counted(sweep.unwatched.rows, 'row')} not watched"
    gaps = [late] * bool(sweep.unanswered) + [unwatched] * bool(sweep.unwatched.rows)
    gaps += ["tags that were not listed"] * sweep.enqueuing
    return f"not complete: {', '.join(gaps)}"


def rows(unwatched: Unwatched) -> str:
    """How many rows, and the first names."""
    names = ", ".join(foreign(name, _LONGEST_NAME) for name in unwatched.names[:MOST_UNWATCHED])
    number = f"{counted(unwatched.rows, 'row')} of Anchore's list"
    return f"{number}, such as {names}" if names else number


def since_line(dated: Dated, now: datetime) -> str:
    """For how long, which image, and where it runs."""
    since = "not known since when" if dated.at is None else age(dated.at, now)
    return f"{since}: {_name(dated)}"


def on_line(dated: Dated) -> str:
    """The moment, which image, and where it runs."""
    on = "not known when" if dated.at is None else moment(dated.at)
    return f"{on}: {_name(dated)}"


def failed_line(failed: Failed, now: datetime) -> str:
    """For how long, which image, where it runs, and why it has no verdict."""
    failing = failed.failing
    reason = failing.reason.replace(f"the tag {failed.tag}", "this tag")
    # Errors name their step themselves.
    why = reason if reason.startswith(f"{failing.step}:") else f"{failing.step}: {reason}"
    # The image before may have a verdict.
    push = f", the push of {foreign(failing.pushed, 80)}" if failing.pushed else ""
    return f"{age(failing.since, now)}: {_name(failed)}{push}, {foreign(why, LONGEST_REASON)}"


def _name(one: Dated | Failed) -> str:
    old = "an old " if one.old else ""
    return f"{old}{full_name(str(one.tag), _LONGEST_NAME)}{runs_in(one.running)}"
