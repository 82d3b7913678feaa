"""What an entry is the key of, which sweeps it has a result for, and where its image runs."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from rescan.gate.inventory import Place, RunningImage
from rescan.gate.model import Outcome, Step
from rescan.gate.running import Running, TagInventory
from rescan.kernel import errors
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.ledger.entry import subject_of
from rescan.ledger.failing import Failing
from rescan.ledger.news import RecoveredNews
from rescan.ledger.transitions import after_verdict
from rescan.ledger.unreported import UnreportedChanges
from tests.support.anchore_answers import WHERE
from tests.support.entries import (
    FRESH,
    HOUR,
    NEW,
    OLD,
    PACE,
    TAG,
    finding,
    key,
    report,
    stopped,
)
from tests.support.fakes import NOON


def test_a_digest_that_runs_on_has_an_entry_of_its_own() -> None:
    assert subject_of(None, TAG, "p", OLD) == f"own|reg.io/app:1@{OLD}|p"


@pytest.mark.parametrize(
    ("evaluated_at", "sweep", "is_newer"),
    [
        pytest.param(NOON, NOON - HOUR, True, id="since-the-sweep-began"),
        pytest.param(NOON, NOON, False, id="in-the-same-moment"),
        pytest.param(NOON, None, False, id="no-sweep"),
        pytest.param(None, NOON, False, id="never-evaluated"),
    ],
)
def test_a_sweep_need_not_ask_again_after_an_evaluation_since_it_began(
    evaluated_at: datetime | None, sweep: datetime | None, is_newer: bool
) -> None:
    assert replace(FRESH, evaluated_at=evaluated_at).is_newer_than(sweep) is is_newer


@pytest.mark.parametrize(
    ("marked", "sweep", "after"),
    [
        pytest.param(None, NOON, NOON, id="the-first"),
        pytest.param(NOON, NOON + HOUR, NOON + HOUR, id="a-later-one"),
        pytest.param(NOON, NOON - HOUR, NOON, id="an-earlier-one-comes-late"),
        pytest.param(NOON, None, NOON, id="no-sweep"),
        pytest.param(None, None, None, id="none-at-all"),
    ],
)
def test_an_entry_is_marked_by_the_latest_sweep(
    marked: datetime | None, sweep: datetime | None, after: datetime | None
) -> None:
    entry = replace(stopped(("CVE-1", None)), sweep=marked)
    assert entry.marked_by(sweep) == replace(entry, sweep=after)
    assert entry.marked_by(marked) is entry


SEEN = Running(NOON, (OLD,))
MINUTE = HOUR / 60


@pytest.mark.parametrize(
    ("inventory", "found", "after"),
    [
        pytest.param(TagInventory(NOON + HOUR), (NEW,), Running(NOON + HOUR, (NEW,)), id="seen"),
        pytest.param(TagInventory(NOON + HOUR), (), Running(NOON + HOUR, (OLD,)), id="no-image"),
        pytest.param(TagInventory(NOON - HOUR), (NEW,), SEEN, id="an-earlier-sweep"),
        pytest.param(None, (NEW,), None, id="nobody-asks-what-runs"),
    ],
)
def test_an_entry_remembers_where_the_latest_sweep_saw_its_image(
    inventory: TagInventory | None, found: tuple[str, ...], after: Running | None
) -> None:
    entry = replace(stopped(("CVE-1", None)), running=SEEN)
    assert entry.seen_by(inventory, found) == replace(entry, running=after)  # type: ignore[arg-type]


PLACES = tuple(Place("k8s", context, NOON) for context in ("prod/web", "prod/payments"))
BEFORE = Running(NOON, (OLD,), PLACES, 2)
SINCE = TagInventory(NOON + HOUR, (RunningImage(str(TAG), OLD, PLACES[:1], 1),))


@pytest.mark.parametrize(
    ("result_at", "contexts"),
    [
        pytest.param(NOON + 2 * HOUR, ("prod/web", "prod/payments"), id="came-after-it-began"),
        pytest.param(NOON + HOUR - 4 * MINUTE, ("prod/web", "prod/payments"), id="in-the-making"),
        pytest.param(NOON + HOUR - 5 * MINUTE, ("prod/web",), id="had-come-before"),
    ],
)
def test_a_sweep_that_began_before_an_earlier_one_s_result_forgets_no_place_of_an_old_digest(
    result_at: datetime, contexts: tuple[str, ...]
) -> None:
    old = replace(stopped(("CVE-1", None)), running=BEFORE, result_at=result_at, old_digest=OLD)
    after = old.seen_by(SINCE, (OLD,))
    assert after.running is not None
    assert tuple(place.context for place in after.running.places) == contexts
    assert after.running.known is (len(contexts) == 1)
    again = replace(after, result_at=NOON + 3 * HOUR)
    assert again.seen_by(SINCE, (OLD,)) == again


def test_a_late_result_adds_no_place_to_a_tag_s_own_and_none_where_nobody_asks_what_runs() -> None:
    late = replace(stopped(("CVE-1", None)), running=BEFORE, result_at=NOON + 2 * HOUR)
    assert late.seen_by(SINCE, (OLD,)).running == SINCE.of((OLD,))
    assert replace(late, old_digest=OLD).seen_by(None, (OLD,)).running is None


# --- a failure


def test_platforms_that_fail_are_named_with_the_step_and_the_cause_of_the_first() -> None:
    error = errors.AnchoreUnreachable("no connection", **{**WHERE, "step": "regate"})
    missing = replace(report(Outcome.NOT_EVALUATED), platform="linux/arm64", error=error)
    other = replace(missing, platform="linux/s390x", reason="not analyzed", error=None)
    expected = "linux/arm64: because; linux/s390x: not analyzed"
    assert Failing.of_platforms([missing, other], NOON) == Failing(
        NOON, "regate", expected, error.cause
    )


def test_an_error_before_the_first_request_fails_at_the_first_step() -> None:
    asked = errors.AnchoreUnreachable("no connection", **{**WHERE, "step": "regate"})
    assert Failing.of_error(asked, NOON) == Failing(NOON, "regate", str(asked), asked.cause)
    unasked = errors.SecretUnusable("no password")
    assert Failing.of_error(unasked, NOON) == Failing(
        NOON, Step.FIND_ACTIVE_IMAGE, "no password", unasked.cause
    )


# --- what went without a notice


def test_what_was_kept_can_be_counted_instead() -> None:
    gone = tuple(ClearedFinding(key(f"CVE-{n}"), None, ClearedBy.FIXED) for n in range(3))
    kept = UnreportedChanges(OLD, "policy-1", gone, more=2)
    assert kept.counted() == UnreportedChanges(OLD, "policy-1", (), more=5)


def test_a_vulnerability_is_known_by_its_name_whatever_the_package_is_called() -> None:
    plus = finding("CVE-1", trigger_id="CVE-1+libstdc++")
    entry, _ = after_verdict(FRESH, report(Outcome.STOP, plus), NOON, PACE)
    listed = report(Outcome.GO, policy_digest="policy-2", severities={"CVE-1": "High"})
    _, news = after_verdict(entry, listed, NOON + HOUR, PACE)
    assert isinstance(news, RecoveredNews)
    assert [one.by for one in news.cleared] == [ClearedBy.POLICY_CHANGED]
