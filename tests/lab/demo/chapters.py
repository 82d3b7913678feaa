"""The chapters as they are told, each with what happened in it."""

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec import Struct

from rescan.kernel.due_days import DueDays
from rescan.ledger.entry import Entry
from rescan_cli.replay.invocation import Mail
from rescan_cli.replay.router import SeenRequest
from tests.lab.demo.story import EXPLOITED, SHARED, Story


class _Scene(Struct, frozen=True):
    """What is told, and what happens `after` (days since the first, hour); the tags it is about.

    `about` is in the subject of the mail to be shown, where there are several.
    """

    heading: str
    told: str
    happens: Callable[[Story], list[str]]
    after: tuple[int, int] | None = None
    about: str = ""


class Chapter(Struct, frozen=True):
    """What happened until `at`; `shown` of its mails, all others are only named.

    `remembered` are the entries that it is about, `stopped` counts all stopped images.
    """

    heading: str
    told: str
    at: datetime
    requests: tuple[SeenRequest, ...]
    mails: tuple[Mail, ...]
    shown: Mail | None
    remembered: tuple[Entry, ...]
    stopped: int
    terms: DueDays


_SCENES = (
    _Scene(
        "A push is stopped",
        "A pipeline pushes payments/api:2.4.1. EventBridge tells the function, which asks Anchore"
        " for a fresh verdict: the policy says stop. A minute later the team knows.",
        Story.a_push_stops,
    ),
    _Scene(
        "The next sweep is quiet",
        "At noon a sweep gates all 39 images again. The API still stops, by the same findings:"
        " readers know them, so nobody is told twice.",
        lambda story: story.goes_on_until(0, 12),
    ),
    _Scene(
        "One CVE stops 37 images: one message",
        "Anchore's feeds move. The function, which looks every few minutes, sweeps at once:"
        f" {SHARED} now stops 37 images of the shop. They share one message.",
        Story.feeds_bring_a_cve,
        after=(0, 15),
    ),
    _Scene(
        "A known finding is now exploited",
        f"Overnight CISA lists {EXPLOITED}, which the team has known since the push. The verdict"
        " stays a stop, yet this is news, once: from today on it is due in two days.",
        Story.cisa_lists_a_finding,
        after=(1, 5),
    ),
    _Scene(
        "Nobody acts: a reminder says what is overdue",
        "Days go by, and the API still stops. A reminder comes once a day; on the fourth it leads"
        " with the date that has passed.",
        lambda story: story.goes_on_until(4, 15),
        after=(4, 11),
        about="payments/api",
    ),
    _Scene(
        "The fix recovers",
        "The team rebuilds 2.4.1 without those packages and pushes it. The tag moves to a new"
        " digest, which Anchore really evaluates: only that ends a STOP.",
        Story.a_fix_is_pushed,
    ),
    _Scene(
        "Anchore is away, and nothing is lost",
        "orders/web:1.9.0 is pushed anew while Anchore answers with errors, for 40 minutes. What is"
        " not evaluated is never a GO: the push goes back to its queue, and is tried again until"
        " Anchore is back. Then it stops.",
        Story.anchore_is_away,
        after=(4, 16),
    ),
    _Scene(
        "The daily summary",
        "Each morning one message proves that the watcher is alive, and sums up the ledger: what"
        " the last sweep covered, what is stopped, what is due.",
        Story.sums_up,
        after=(5, 7),
        about="images evaluated",
    ),
)


def chapters() -> Iterator[Chapter]:
    """All of them, each as soon as it has happened."""
    story = Story()
    for scene in _SCENES:
        if scene.after is not None:
            story.goes_on_until(*scene.after)
        yield _chapter(story, scene)


def _chapter(story: Story, scene: _Scene) -> Chapter:
    stage, seen = story.stage, story.anchore.seen
    requests, mails = len(seen), len(stage.mailbox.mails)
    tags = scene.happens(story)
    new, entries = stage.mailbox.mails[mails:], stage.entries()
    return Chapter(
        scene.heading,
        scene.told,
        stage.now,
        tuple(seen[requests:]),
        tuple(new),
        next((mail for mail in reversed(new) if scene.about in mail.subject + mail.body), None),
        tuple(entry for entry in entries if str(entry.tag) in tags),
        sum(1 for entry in entries if entry.stopped),
        stage.settings.due_terms,
    )
