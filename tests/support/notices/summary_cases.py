"""Summaries to announce: days on which all is well, and days on which it is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from rescan.gate.model import Step
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.failing import Failing
from rescan.notice.data_age import DataAge
from rescan.notice.render import summary_outbox_items
from rescan.notice.summary import Coverage, Dated, Failed, Summary, TeamDue, Unwatched
from rescan.outbox.items import Channel
from rescan.outbox.notice import Notice
from tests.support.notices.reports import TAG
from tests.support.running import NOWHERE, running

MORNING = datetime(2026, 11, 25, 7, 0, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SWEPT = MORNING - 4 * HOUR


def _tag(name: str) -> ImageTag:
    return ImageTag(TAG.registry, *name.rsplit(":", 1))


def _days(name: str, days: float) -> Dated:
    return Dated(_tag(name), MORNING - days * DAY)


def quiet(**fields: object) -> Summary:
    """41 of 41 evaluated, nothing stopped, unless `fields` say otherwise."""
    facts = {
        "at": MORNING,
        "sweep": Coverage(SWEPT, expected=41, answered=41, evaluated=41, absent=0),
        "next_sweep": SWEPT + 6 * HOUR,
        "next_summary": datetime(2026, 11, 26, 7, tzinfo=UTC),
    } | fields
    return Summary(**facts)  # type: ignore[arg-type]


def three_stopped() -> Summary:
    """All quiet, and three images wait for their fix."""
    stopped = (_days("payments/api:2.4.1", 12.3), _days("shop/web-cart:1.9.0", 3.1))
    due = (TeamDue("payments", overdue=1, this_week=0), TeamDue("frontend", 0, this_week=1))
    return quiet(stopped=(*stopped, _days("batch/nightly:3", 0.02)), due=due)


def some_running() -> Summary:
    """All quiet; of three images that wait for their fix two run."""
    web, api, nightly = three_stopped().stopped
    stopped = (
        replace(web, running=running("prod-eu/shop", "prod-us/shop")),
        replace(nightly, running=running("prod-eu/batch")),
        replace(api, running=NOWHERE),
    )
    return quiet(stopped=stopped)


def not_quiet() -> Summary:
    """Something of each kind is open, and a sweep is under way."""
    timed_out = "regate: no whole answer came in time (GET /images/sha256:9f86d081/check)."
    missing = f"Anchore has no active image with the tag {_tag('shop/web-cart:2.0')}"
    return quiet(
        sweep=Coverage(SWEPT - 6 * HOUR, expected=41, answered=39, evaluated=36, absent=1),
        under_way=Coverage(SWEPT, expected=42, answered=12, evaluated=12, absent=0),
        stopped=(_days("payments/api:2.4.1", 12.3), Dated(_tag("legacy/app:1"), None)),
        failing=(
            Failed(_tag("batch/nightly:3"), Failing(MORNING - 2.5 * DAY, Step.REGATE, timed_out)),
            Failed(
                _tag("shop/web-cart:2.0"),
                Failing(MORNING - 7 * HOUR, Step.FIND_ACTIVE_IMAGE, missing),
            ),
        ),
        unknown_pushes=(_days("shop/search:7.1", 0.4), _days("shop/search:7.0", 8)),
        ending=(Dated(_tag("shop/web-cart:1.9.1"), datetime(2026, 12, 1, tzinfo=UTC)),),
        set_aside=2,
        data=DataAge(MORNING - 3 * HOUR, HOUR / 5, HOUR / 4),
    )


def no_sweep() -> Summary:
    """The stack is new."""
    return quiet(sweep=None, next_sweep=None)


def overdue() -> Summary:
    """Sweeps have ended, and what they came to is growing old."""
    ended = Coverage(MORNING - 31 * HOUR, expected=41, answered=41, evaluated=41, absent=0)
    return quiet(sweep=ended, next_sweep=MORNING - 25 * HOUR)


def many() -> Summary:
    """More than a mail or a chat message shows."""
    stopped = tuple(_days(f"shop/service-{n:04}:1.{n}", 400 - n / 10) for n in range(1_234))
    failing = tuple(
        Failed(it.tag, Failing(MORNING - DAY, Step.REGATE, "regate: HTTP 503"))
        for it in stopped[:120]
    )
    swept = Coverage(SWEPT, expected=10_000, answered=10_000, evaluated=9_880, absent=0)
    return quiet(sweep=swept, stopped=stopped, failing=failing)


def hostile() -> Summary:
    """Names and reasons that would format, mention and mislead."""
    tag = ImageTag("registry.example.com", "a`*b*_c_<!here>[x](https://x.y)\n\n# d", "\u202e1\x00")
    failing = Failing(MORNING - DAY, "*step*\n", "<@U1> `rm`\x1b[2J\u2028 [a](https://x.y)")
    rows = Unwatched(7, ("<none>", "a+b\n`*c*` <!here> [x](https://x.y)\u202e"))
    return quiet(
        sweep=Coverage(SWEPT, expected=48, answered=41, evaluated=41, absent=0, unwatched=rows),
        stopped=(Dated(tag, MORNING - DAY),),
        failing=(Failed(tag, failing),),
        unknown_pushes=(Dated(tag, MORNING - 2 * DAY),),
        ending=(Dated(tag, MORNING + DAY),),
    )


def notices_of(summary: Summary) -> tuple[Notice, Notice]:
    """The mail and the chat message."""
    mail, chat = summary_outbox_items(summary, (Channel.STOPS, Channel.CHAT))
    return mail.notice, chat.notice


GOLDEN_SUMMARIES: dict[str, Callable[[], Summary]] = {
    "summary_quiet": quiet,
    "summary_three_stopped": three_stopped,
    "summary_running": some_running,
    "summary_not_quiet": not_quiet,
    "summary_no_sweep": no_sweep,
    "summary_overdue": overdue,
    "summary_many": many,
    "summary_hostile_names": hostile,
}
