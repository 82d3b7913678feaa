"""What is remembered of an image of several platforms, and what its results make news."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.aws.ledger_items import entry_of, item_of
from rescan.gate.model import Outcome, RescanRequest
from rescan.gate.report import Report
from rescan.gate.workflow import rescan
from rescan.kernel.errors import AnchoreError
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest
from rescan.ledger.changes import ClearedBy
from rescan.ledger.entry import Entry, Refresh, UnknownPush
from rescan.ledger.failing import Failing
from rescan.ledger.news import EventType, RecoveredNews, StopNews
from rescan.ledger.platforms import believed_of_all
from rescan.ledger.refresh import fresh_digests
from rescan.ledger.transitions import Remembered, after_failure, after_verdict
from tests.support.entries import FRESH, HOUR, OTHER, PACE, TAG, TRIGGER, WORKING, key, kind
from tests.support.fakes import NOON
from tests.support.several_platforms import INDEX, Platforms, digest_of

ARM, AMD = digest_of("arm64"), digest_of("amd64")
BOTH = {"arm64": ("CVE-1", "CVE-2"), "amd64": ("CVE-2",)}
REQUEST = RescanRequest(TAG, TRIGGER, feeds="today")


def report(anchore: Platforms, **changes: object) -> Report:
    return replace(rescan(anchore, replace(REQUEST, **changes)), scans=WORKING)


def after(entry: Entry, anchore: Platforms, hours: int = 0, **changes: object) -> Remembered:
    said = report(anchore, **changes)
    entry, news = after_verdict(entry, said, NOON + hours * HOUR, PACE)
    return entry_of(item_of(entry)), news


def stopped_on_both() -> Entry:
    return after(FRESH, Platforms({"arm64": "stop", "amd64": "stop"}, BOTH))[0]


# --- the digest of the tag


def test_a_platform_that_comes_or_goes_moves_no_tag() -> None:
    entry, _ = after(FRESH, Platforms({"amd64": "stop"}, BOTH))
    entry, news = after(entry, Platforms({"arm64": "stop", "amd64": "stop"}, BOTH), 1)
    assert isinstance(news, StopNews)
    assert news.previous_digest is None
    assert news.new is not None
    assert set(news.new) == {key("CVE-1")}
    assert (entry.digest, set(entry.digests)) == (AMD, {AMD, ARM})

    entry, news = after(entry, Platforms({"amd64": "stop"}, BOTH), 2)
    assert (news, entry.digest, set(entry.digests)) == (None, AMD, {AMD})


def test_another_index_moves_the_tag() -> None:
    entry = stopped_on_both()
    entry = replace(entry, digest=OTHER, platforms={})
    entry, news = after(entry, Platforms({"arm64": "go", "amd64": "go"}, parent=INDEX), 1)
    assert isinstance(news, RecoveredNews)
    assert {one.by for one in news.cleared} == {ClearedBy.NEW_DIGEST}
    assert entry.digest == ARM


@pytest.mark.parametrize("pushed", [INDEX, ARM, AMD])
def test_a_push_that_was_not_known_is_learned_by_any_of_its_digests(pushed: Digest) -> None:
    entry = replace(stopped_on_both(), unknown_push=UnknownPush(NOON, pushed))
    entry, _ = after(entry, Platforms({"arm64": "stop", "amd64": "stop"}, BOTH), 1)
    assert entry.unknown_push is None


# --- findings


def test_a_known_finding_on_one_platform_more_is_no_news() -> None:
    entry, _ = after(FRESH, Platforms({"arm64": "go", "amd64": "stop"}, BOTH))
    on_both = {"arm64": ("CVE-2",), "amd64": ("CVE-2",)}
    entry, news = after(entry, Platforms({"arm64": "stop", "amd64": "stop"}, on_both), 1)
    assert news is None
    _, news = after(entry, Platforms({"arm64": "stop", "amd64": "go"}, on_both), 2)
    assert news is None


def test_what_a_platform_without_a_verdict_had_is_not_taken_for_gone() -> None:
    entry, news = after(stopped_on_both(), Platforms({"arm64": "down", "amd64": "stop"}, BOTH), 1)
    assert (news, set(entry.stopping.findings)) == (None, {key("CVE-1"), key("CVE-2")})
    _, news = after(entry, Platforms({"arm64": "stop", "amd64": "stop"}, BOTH), 2)
    assert news is None


def test_what_a_platform_had_that_has_gone_was_not_fixed() -> None:
    _, news = after(stopped_on_both(), Platforms({"amd64": "go"}), 1)
    assert isinstance(news, RecoveredNews)
    assert {one.by for one in news.cleared} == {ClearedBy.NEW_DIGEST}


def test_a_finding_that_another_platform_still_has_allowlisted_is_not_fixed() -> None:
    allowlisted = frozenset({"CVE-1", "CVE-2"})
    anchore = Platforms(
        {"arm64": "go", "amd64": "go"}, {"amd64": ("CVE-2",)}, allowlisted=allowlisted
    )
    _, news = after(stopped_on_both(), anchore, 1)
    assert isinstance(news, RecoveredNews)
    assert {one.key: one.by for one in news.cleared} == {
        key("CVE-1"): ClearedBy.FIXED,
        key("CVE-2"): ClearedBy.ALLOWLISTED,
    }


# --- a platform without a verdict


def test_a_stop_beside_a_platform_without_a_verdict_is_told_and_remembered_as_failing() -> None:
    entry, news = after(FRESH, Platforms({"arm64": "down", "amd64": "stop"}, BOTH))
    assert (kind(news), entry.verdict) == (EventType.STOP, Outcome.STOP)
    assert entry.failing is not None
    assert entry.failing.cause is FailureCause.DOWN
    assert entry.failing.reason.startswith("linux/arm64: ")
    assert not entry.is_newer_than(NOON - HOUR)


def test_such_a_platform_is_told_of_once_it_has_failed_long_enough() -> None:
    half_down = Platforms({"arm64": "down", "amd64": "stop"}, BOTH)
    entry = stopped_on_both()
    kinds = []
    for hours in (1, 6, 7, 8):
        entry, news = after(entry, half_down, hours)
        kinds.append(kind(news))
    assert kinds == [None, None, EventType.NOT_EVALUATED, None]
    assert entry.verdict is Outcome.STOP

    entry, news = after(entry, Platforms({"arm64": "stop", "amd64": "stop"}, BOTH), 9)
    assert (kind(news), entry.failing, entry.failure_notice_at) == (None, None, None)


def test_attempts_that_come_to_nothing_in_between_do_not_postpone_it() -> None:
    half_down = Platforms({"arm64": "down", "amd64": "stop"}, BOTH)
    entry, _ = after(stopped_on_both(), half_down, 1)
    entry, _ = after(entry, half_down, 3)
    failing = Failing(NOON + 4 * HOUR, "regate", "HTTP 500")
    entry, news = after_failure(entry, failing, TRIGGER, NOON + 4 * HOUR, PACE)
    assert (kind(news), entry.failing and entry.failing.since) == (None, NOON + HOUR)
    assert kind(after(entry, half_down, 7)[1]) is EventType.NOT_EVALUATED


def test_a_failed_push_of_another_image_does_not_count_for_a_platform_that_fails_later() -> None:
    failed = Failing(NOON, "regate", "HTTP 500", pushed=OTHER)
    entry, _ = after_failure(FRESH, failed, TRIGGER, NOON, PACE)
    entry, _ = after(entry, Platforms({"arm64": "stop", "amd64": "stop"}, BOTH), 4)
    assert entry.failing == failed
    half_down = Platforms({"arm64": "down", "amd64": "stop"}, BOTH)
    entry, news = after(entry, half_down, 6)
    assert (kind(news), entry.failing and entry.failing.since) == (None, NOON + 4 * HOUR)
    assert [kind(after(entry, half_down, hours)[1]) for hours in (9, 10)] == [
        None,
        EventType.NOT_EVALUATED,
    ]


def test_a_sweep_s_work_is_not_done_while_a_platform_has_no_verdict() -> None:
    partly, _ = after(stopped_on_both(), Platforms({"arm64": "down", "amd64": "stop"}, BOTH), 1)
    assert stopped_on_both().is_newer_than(NOON - HOUR)
    assert not partly.is_newer_than(NOON - HOUR)


@pytest.mark.parametrize("status", ["analysis_failed", "analyzing"])
def test_a_platform_that_was_evaluated_is_needed_from_then_on(status: str) -> None:
    again = Platforms({"arm64": status, "amd64": "go"})
    said = report(again, awaits_analysis=False)
    assert said.outcome is Outcome.GO
    held = believed_of_all(said, stopped_on_both(), NOON + HOUR)
    assert not held.outcome.is_verdict
    entry, news = after(stopped_on_both(), again, 1, awaits_analysis=False)
    assert (entry.verdict, news, entry.failing is not None) == (Outcome.STOP, None, True)


@pytest.mark.parametrize(("down", "stops"), [("arm64", "amd64"), ("amd64", "arm64")])
def test_it_is_needed_still_after_a_stop_at_which_it_had_no_verdict(down: str, stops: str) -> None:
    entry, _ = after(stopped_on_both(), Platforms({down: "down", stops: "stop"}, BOTH), 1)
    assert set(entry.digests) == {ARM, AMD}
    entry, news = after(entry, Platforms({down: "analysis_failed", stops: "go"}), 2)
    assert (news, entry.stopped) == (None, True)


def test_a_platform_that_was_never_evaluated_ends_no_recovery() -> None:
    entry, _ = after(FRESH, Platforms({"amd64": "stop"}, BOTH))
    entry, news = after(entry, Platforms({"arm64": "analysis_failed", "amd64": "go"}), 1)
    assert (kind(news), set(entry.digests)) == (EventType.RECOVERED, {AMD})


# --- facts of each digest


def test_the_newest_platform_is_not_needed_when_it_was_never_evaluated() -> None:
    failed = {"arm64": "analysis_failed"}
    entry, _ = after(FRESH, Platforms(failed | {"amd64": "stop"}, BOTH))
    assert (entry.digest, entry.failing) == (AMD, None)
    _, news = after(entry, Platforms(failed | {"amd64": "go"}), 1)
    assert isinstance(news, RecoveredNews)


def test_an_empty_list_is_doubted_by_what_its_own_platform_had() -> None:
    entry, _ = after(FRESH, Platforms({"arm64": "go", "amd64": "go"}))
    empty = Platforms({"arm64": "go", "amd64": "go"}, empty=frozenset({"arm64"}))
    doubted, _ = after(entry, empty, 1)
    assert doubted.failing is not None
    assert doubted.failing.cause is FailureCause.SCAN_FAILED
    assert "linux/arm64" in doubted.failing.reason
    assert (doubted.evaluated_at, doubted.empty_list_at) == (NOON, NOON + HOUR)
    assert doubted.platforms[AMD].empty_list_at is None

    agreed, _ = after(doubted, empty, 2)
    assert (agreed.failing, agreed.empty_list_at, agreed.evaluated_at) == (
        None,
        None,
        NOON + 2 * HOUR,
    )


def test_a_platform_is_not_doubted_by_what_another_one_had() -> None:
    first = Platforms({"arm64": "go", "amd64": "go"}, empty=frozenset({"amd64"}))
    entry, _ = after(FRESH, first)
    again, _ = after(entry, first, 1)
    assert (again.failing, again.listed, again.platforms[AMD].listed) == (None, ("all",), ())


def test_another_image_with_a_platform_whose_first_scan_fails_ends_no_stop() -> None:
    stopped = stopped_on_both()
    moved = Platforms({"s390x": "go", "ppc64le": "go"}, empty=frozenset({"ppc64le"}))
    entry, news = after(stopped, moved, 1)
    assert (news, entry.verdict, entry.failing is not None) == (None, Outcome.STOP, True)
    assert (entry.digest, entry.platforms) == (stopped.digest, stopped.platforms)
    assert set(entry.doubted) == {digest_of("s390x"), digest_of("ppc64le")}

    lacking, news = after(entry, Platforms({"s390x": "analysis_failed", "ppc64le": "go"}), 2)
    assert (news, lacking.stopped) == (None, True)
    entry, news = after(entry, moved, 2)
    assert isinstance(news, RecoveredNews)
    assert {one.by for one in news.cleared} == {ClearedBy.NEW_DIGEST}
    assert (entry.doubted, set(entry.digests)) == ({}, {digest_of("s390x"), digest_of("ppc64le")})


def test_empty_lists_that_are_doubted_one_after_the_other_are_believed_in_the_end() -> None:
    """What was believed of one platform is not doubted anew while another one is."""
    empty = frozenset({"s390x", "ppc64le"})
    first = Platforms({"s390x": "go", "ppc64le": "doubt"}, empty=empty)
    moved = Platforms({"s390x": "go", "ppc64le": "go"}, empty=empty)
    entry, _ = after(stopped_on_both(), first, 1)
    entry, news = after(entry, moved, 2)
    assert (news, entry.stopped) == (None, True)
    entry, news = after(entry, moved, 3)
    assert isinstance(news, RecoveredNews)
    assert entry.empty_list_at is None
    assert {each.empty_list_at for each in entry.platforms.values()} == {None}


def test_a_platform_that_another_image_has_too_is_not_forgotten_by_a_doubt() -> None:
    moved = Platforms({"arm64": "go", "s390x": "go"}, empty=frozenset({"s390x"}))
    entry, _ = after(stopped_on_both(), moved, 1)
    assert (set(entry.digests), set(entry.doubted)) == ({ARM, AMD}, {digest_of("s390x")})
    back, news = after(entry, Platforms({"arm64": "go", "amd64": "analysis_failed"}), 2)
    assert (news, back.stopped) == (None, True)


def test_each_platform_s_refresh_is_remembered() -> None:
    entry, _ = after(FRESH, Platforms({"arm64": "go", "amd64": "go"}))
    assert entry.refresh == Refresh(ARM, "today", NOON)
    assert entry.platforms[AMD].refresh == Refresh(AMD, "today", NOON)
    assert fresh_digests(entry, "today", NOON, 6 * HOUR) == {ARM, AMD}
    assert not fresh_digests(entry, "newer", NOON, 6 * HOUR)


def test_an_entry_of_one_platform_remembers_no_others() -> None:
    entry, _ = after(FRESH, Platforms({"amd64": "go"}))
    assert (entry.digest, entry.platforms, entry.listed) == (AMD, {}, ("all",))


def test_a_failed_attempt_forgets_no_platform() -> None:
    entry = stopped_on_both()
    failing = Failing(NOON, "regate", "HTTP 500")
    failed, _ = after_failure(entry, failing, TRIGGER, NOON + timedelta(hours=1), PACE)
    assert failed.platforms == entry.platforms


# --- whatever becomes of them

came_to = st.sampled_from(
    ["stop", "go", "warn", "empty", "doubt", "down", "analyzing", "analysis_failed"]
)
images = st.dictionaries(
    st.sampled_from(["arm64", "amd64", "s390x"]), came_to, min_size=1, max_size=3
)
CVES = {arch: (f"CVE-{arch}", "CVE-all") for arch in ("arm64", "amd64", "s390x")}


def _attempt(entry: Entry, image: dict[str, str], now: int, *, awaits: bool) -> Remembered:
    """What the worker makes of it: an error, a pending image or no verdict changes no verdict."""
    empty = frozenset(arch for arch, said in image.items() if said == "empty")
    comes_to = {arch: "go" if arch in empty else said for arch, said in image.items()}
    cves = {arch: () if arch in empty else some for arch, some in CVES.items()}
    try:
        said = report(Platforms(comes_to, cves, empty), awaits_analysis=awaits)
    except AnchoreError as error:
        failing = Failing.of_error(error, NOON)
        return after_failure(entry, failing, TRIGGER, NOON + now * HOUR, PACE)
    if not said.outcome.is_verdict:
        failing = Failing.of_report(said, NOON)
        return after_failure(entry, failing, TRIGGER, NOON + now * HOUR, PACE)
    return after_verdict(entry, said, NOON + now * HOUR, PACE)


@given(st.lists(st.tuples(images, st.booleans()), max_size=6))
@example([({"arm64": "stop"}, True), ({"amd64": "empty"}, True)])
def test_no_stop_is_lost_and_none_ends_while_a_platform_that_had_one_has_no_verdict(
    history: list[tuple[dict[str, str], bool]],
) -> None:
    entry = FRESH
    for now, (image, awaits) in enumerate(history, 1):
        before = entry
        entry, news = _attempt(entry, image, now, awaits=awaits)
        if "stop" in image.values():
            assert entry.stopped
        if not before.stopped and entry.stopped:
            assert kind(news) is EventType.STOP
        if before.stopped and not entry.stopped:
            assert kind(news) is EventType.RECOVERED
            there = {str(digest_of(arch)): said for arch, said in image.items()}
            missing = {there[digest] for digest in before.digests if digest in there}
            assert missing <= {"go", "warn", "empty"}
            seen_empty = {arch for arch, said in image.items() if said == "empty"}
            assert all(
                any(was.get(arch) == "empty" for was, _ in history[: now - 1])
                for arch in seen_empty
            )
        assert entry_of(item_of(entry)) == entry


@given(images.filter(lambda image: "stop" in image.values()), st.lists(images, max_size=4))
def test_what_was_told_of_a_stop_is_told_once_however_platforms_come_and_go(
    first: dict[str, str], others: list[dict[str, str]]
) -> None:
    """As long as one platform stops, and whatever fails: only findings that had gone come back."""
    entry, _ = _attempt(FRESH, first, 1, awaits=True)
    for now, image in enumerate(others, 2):
        before = entry
        failing = {arch: "down" for arch in first if first[arch] == "stop"}
        stops = {"s390x": "stop"} if len(failing) < len(first) else {}
        entry, news = _attempt(entry, image | failing | stops, now, awaits=True)
        if isinstance(news, StopNews) and before.stopped:
            assert news.new is not None
            assert not news.new & before.stopping.findings.keys()
        if "stop" in (image | failing | stops).values():
            assert before.stopping.findings.keys() <= entry.stopping.findings.keys()
