"""What a group of notices says of all its images: how many, which first, what they share."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from rescan.gate.inventory import Place
from rescan.gate.model import Severity
from rescan.gate.running import Running
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import EventType
from rescan.outbox.envelope import Envelope, Issue
from rescan.outbox.group import Group, Shared
from rescan.outbox.grouping import alone
from rescan.outbox.items import Channel, PendingNotice
from tests.support.fakes import NOON
from tests.support.pending_notices import issue, pending

DAY = timedelta(days=1)


def group(*members: PendingNotice, about: Issue | None = None) -> Group:
    return Group(storm="s", issue=about, members=members, images=len(members))


def runs(*contexts: str) -> Running:
    places = tuple(Place("kubernetes", context, NOON) for context in contexts)
    return Running(NOON, places=places, total=len(places))


def ids(envelopes: Iterable[Envelope]) -> list[str]:
    return [envelope.id for envelope in envelopes]


def test_what_runs_comes_first_then_what_is_exploited_then_the_worst() -> None:
    together = group(
        pending(0, worst=Severity.LOW),
        pending(1, worst=Severity.CRITICAL, findings=1),
        pending(2, worst=Severity.CRITICAL, findings=2),
        pending(3, worst=Severity.LOW, known_exploited=True),
        pending(4, running=runs("eu")),
        pending(5, running=runs(), worst=Severity.MEDIUM),
    )
    assert ids(together.worst_first) == [
        "n00004", "n00003", "n00002", "n00001", "n00005", "n00000",
    ]  # fmt: skip


def test_the_repository_of_the_worst_image_is_first_then_that_of_most_images() -> None:
    tags = ["b/one:1", "b/two:1", "a/two:1", "b/two:2", "a/one:1", "b/worst:1"]
    members = [
        pending(
            number,
            tag=ImageTag.parse(f"reg.io/{tag}"),
            worst=Severity.HIGH if "worst" in tag else Severity.LOW,
        )
        for number, tag in enumerate(tags)
    ]
    found = group(*members).repositories()
    assert [(one.full_name, ids(one.images)) for one in found] == [
        ("reg.io/b/worst", ["n00005"]),
        ("reg.io/b/two", ["n00001", "n00003"]),
        ("reg.io/a/one", ["n00004"]),
        ("reg.io/a/two", ["n00002"]),
        ("reg.io/b/one", ["n00000"]),
    ]


def with_issues(number: int, *issues: Issue) -> PendingNotice:
    return pending(number, issues=issues)


def test_other_issues_come_by_exploits_then_images_then_severity() -> None:
    shared = issue("CVE-shared")
    low, high = issue("CVE-a", Severity.LOW), issue("CVE-b", Severity.HIGH)
    exploited = replace(issue("CVE-z", Severity.LOW), known_exploited=True)
    frequent = issue("CVE-frequent", Severity.NEGLIGIBLE)
    members = (
        with_issues(0, shared, low, high, frequent),
        with_issues(1, shared, frequent),
        with_issues(2, shared, exploited, frequent),
    )
    others = [Shared(exploited, 1), Shared(frequent, 3), Shared(high, 1), Shared(low, 1)]
    assert group(*members, about=shared).other_issues() == others
    assert Shared(shared, 3) in group(*members).other_issues()
    assert group(*members, about=issue("CVE-of-none")).other_issues() == (
        group(*members).other_issues()
    )


def test_packages_and_fixes_are_those_of_the_issue_the_most_frequent_first() -> None:
    about = issue("CVE-1")
    of = [("lib", "2"), ("lib-dev", "3"), ("lib-dev", "3"), (None, None)]
    members = [
        with_issues(
            number,
            replace(issue("CVE-2"), package="other", fixed_in="9"),
            replace(about, package=package, fixed_in=fix),
        )
        for number, (package, fix) in enumerate(of)
    ]
    assert group(*members, about=about).packages() == ["lib-dev", "lib"]
    assert group(*members, about=about).fixes() == ["3", "2"]
    assert group(*members).packages() == []


def test_ends_are_those_of_the_issue_or_of_any_the_earliest_first() -> None:
    about = issue("CVE-1")
    members = (
        with_issues(0, replace(about, until=NOON + 2 * DAY), issue("CVE-3")),
        with_issues(1, replace(about, until=NOON + DAY), replace(issue("CVE-2"), until=NOON)),
        with_issues(2, replace(about, until=NOON + DAY)),
    )
    assert group(*members, about=about).ends() == [NOON + DAY, NOON + 2 * DAY]
    assert group(*members).ends() == [NOON, NOON + DAY, NOON + 2 * DAY]


def test_what_is_exploited_is_told_once_that_of_most_images_first() -> None:
    rare, often = (replace(issue(name), known_exploited=True) for name in ("CVE-1", "CVE-2"))
    members = (with_issues(0, rare, often, issue("CVE-3")), with_issues(1, often))
    assert group(*members).exploited_issues() == [often, rare]


def test_contexts_are_those_of_most_images_first_and_said_to_be_all_when_they_are() -> None:
    members = (pending(0, running=runs("eu", "us")), pending(1, running=runs("us")), pending(2))
    assert group(*members).contexts() == ["us", "eu"]
    assert (group(*members).running, group(*members).names_all_places) == (2, True)
    cut = pending(3, running=replace(runs("eu"), total=9))
    assert not group(*members, cut).names_all_places


@pytest.mark.parametrize(
    ("facts", "is_same"),
    [
        pytest.param({}, True, id="the-same"),
        pytest.param({"team": "web"}, False, id="team"),
        pytest.param({"event_type": EventType.RECOVERED}, False, id="kind"),
        pytest.param({"policy_id": "p2"}, False, id="policy"),
        pytest.param({"final_action": "warn"}, False, id="final-action"),
    ],
)
def test_messages_for_the_same_readers_about_the_same_are_one_thread(
    facts: dict[str, object], is_same: bool
) -> None:
    known = {"policy_id": "p1", "final_action": "stop"}
    first, other = alone(pending(0, **known)), alone(pending(1, **(known | facts)))
    assert first.images == other.images == 1
    assert (first.storm == other.storm) is is_same
    in_chat = alone(replace(pending(1, **known), channel=Channel.CHAT))
    assert first.storm != in_chat.storm
