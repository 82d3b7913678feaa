"""A digest that runs though its tag has moved on: gated, told, and ended when it no longer runs."""

import pytest

from rescan.gate.model import Outcome
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.entry import Entry
from tests.support.cluster import HOUR, Cluster
from tests.support.entries import WORKING
from tests.support.fakes import NOON

TAG = ImageTag.parse("reg.io/payments/api:2.4.1")
OLD, NEW = (Digest(f"sha256:{letter * 64}") for letter in "ab")
EU, US = "prod-eu/payments", "prod-us/payments"


@pytest.fixture
def cluster() -> Cluster:
    """The old image runs in two places; the tag has moved on from it to one that is good."""
    cluster = Cluster()
    cluster.push(TAG, OLD, "stop")
    cluster.start(EU, TAG, OLD)
    cluster.start(US, TAG, OLD)
    cluster.now += HOUR
    cluster.push(TAG, NEW, "go")
    return cluster


def told(cluster: Cluster) -> list[tuple[str, str | None]]:
    """The kind of each notice, and the digest that it is about."""
    return [(result["event_type"], result["image"]["digest"]) for result in cluster.results]


def remembered(cluster: Cluster) -> Entry:
    """The entry of the old image."""
    entry = cluster.entry(TAG, OLD)
    assert entry is not None
    return entry


def test_an_old_digest_has_a_stop_of_its_own_that_says_so_first(cluster: Cluster) -> None:
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD)]
    [notice] = cluster.notices
    assert notice.subject == "STOP: old payments/api:2.4.1, no reason given"
    first, second = " ".join(notice.body.split()).split(". Runs in")
    assert first == (
        "STOP: an old payments/api:2.4.1 still runs in prod-eu/payments and 1 more: it is"
        " stopped; the tag has moved on to sha256:bbbbbbbbbbbb... (GO)"
    )
    assert "Redeploy what runs: the tag is on a newer image, which is GO." in second
    [result] = cluster.results
    assert result["old"] == {"digest": OLD, "moved_to": NEW, "outcome": "go"}
    assert (result["running"]["known"], result["running"]["total"]) == (True, 2)


def test_it_takes_three_requests_as_a_tag_does(cluster: Cluster) -> None:
    cluster.sweep()
    of_the_old = ["history", "vulnerabilities", "check"]
    of_the_tag = ["images", "vulnerabilities", "check"]
    assert sorted(cluster.requests) == sorted(["inventory", *of_the_old, *of_the_tag])


def test_tag_and_old_digest_are_two_subjects(cluster: Cluster) -> None:
    began = cluster.sweep()
    tag, old = cluster.entry(TAG), cluster.entry(TAG, OLD)
    assert tag is not None
    assert old is not None
    assert (tag.verdict, tag.digest, tag.sweep) == (Outcome.GO, NEW, began)
    assert (old.verdict, old.digest, old.sweep) == (Outcome.STOP, OLD, began)
    assert cluster.ledger.sweeps[-1].expected == 2


def test_it_is_reminded_of_and_recovers(cluster: Cluster) -> None:
    cluster.sweep()
    cluster.sweep(later=25 * HOUR)
    cluster.verdicts[OLD] = "go"
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD), ("REMINDER", OLD), ("RECOVERED", OLD)]


def test_an_empty_list_alone_does_not_end_its_stop_at_first_sight(cluster: Cluster) -> None:
    cluster.empty, cluster.ledger.scanned = {OLD, NEW}, dict(enumerate(WORKING))
    cluster.sweep()
    cluster.verdicts[OLD] = "go"
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD)]
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD), ("RECOVERED", OLD)]
    tag = cluster.entry(TAG)
    assert tag is not None
    assert (tag.verdict, tag.failing) == (Outcome.GO, None)


def test_its_stop_ends_when_a_fresh_inventory_no_longer_sees_it(cluster: Cluster) -> None:
    cluster.sweep()
    cluster.stop(EU, TAG, OLD)
    cluster.start(EU, TAG, NEW)
    cluster.sweep(later=25 * HOUR)
    assert cluster.results[-1]["event_type"] == "REMINDER"
    cluster.stop(US, TAG, OLD)
    cluster.start(US, TAG, NEW)
    cluster.sweep(later=25 * HOUR)
    ended = cluster.results[-1]
    assert (ended["event_type"], ended["ended"]["cause"]) == ("ENDED", "no longer seen running")
    assert "Fresh inventories no longer see this digest" in cluster.notices[-1].body
    assert ended["running"] == {"known": True, "places": [], "total": 0}
    before = len(cluster.notices)
    cluster.sweep()
    assert len(cluster.notices) == before


@pytest.mark.parametrize("doubt", ["refused", "stale", "hidden", "empty"])
def test_no_doubt_ends_it(cluster: Cluster, doubt: str) -> None:
    """Nor the fresh inventory of other contexts."""
    cluster.start("ops", TAG, NEW)
    cluster.sweep()
    for context in (EU, US):
        cluster.stop(context, TAG, OLD)
    if doubt == "refused":
        cluster.refused = True
    elif doubt == "empty":
        cluster.rows.clear()
        cluster.runs.clear()
    else:
        {"stale": cluster.silent, "hidden": cluster.hidden}[doubt].update({EU, US})
    cluster.sweep(later=25 * HOUR)
    assert remembered(cluster).stopped
    assert "ENDED" not in [kind for kind, _ in told(cluster)]


def test_a_vanished_context_is_known_without_a_record_of_the_sweep_before(cluster: Cluster) -> None:
    """A sweep may be killed before it is recorded, and the ledger may refuse to tell of it."""
    cluster.start("ops", TAG, NEW)
    cluster.sweep()
    cluster.ledger.sweeps.clear()
    cluster.hidden.update({EU, US})
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD)]
    assert remembered(cluster).stopped


@pytest.mark.parametrize("named", ["index", "image"])
def test_what_ran_in_a_vanished_context_is_gated_by_the_digest_that_it_ran_by(named: str) -> None:
    """That of an index has other platforms besides."""
    cluster = Cluster()
    cluster.parents[OLD] = INDEX
    cluster.push(TAG, OLD, "stop")
    digest = INDEX if named == "index" else OLD
    cluster.start(EU, TAG, digest)
    cluster.sweep()
    cluster.hidden.add(EU)
    cluster.push(TAG, NEW, "go")
    cluster.start(US, TAG, NEW)
    cluster.sweep()
    assert {entry.old_digest for entry in cluster.ledger.entries.values()} - {None} == {digest}


def test_a_sweep_that_cannot_read_the_ledger_forgets_no_vanished_context(cluster: Cluster) -> None:
    """It does not know what ran there, so what it sees elsewhere is not all."""
    cluster.start("ops", TAG, NEW)
    cluster.sweep()
    cluster.hidden.add(EU)
    cluster.ledger.refuses = {"snapshots"}
    cluster.sweep()
    cluster.ledger.refuses = set()
    cluster.stop(US, TAG, OLD)
    cluster.start(US, TAG, NEW)
    cluster.sweep(later=25 * HOUR)
    assert "ENDED" not in [kind for kind, _ in told(cluster)]
    assert remembered(cluster).stopped
    cluster.hidden.clear()
    cluster.stop(EU, TAG, OLD)
    cluster.start(EU, TAG, NEW)
    cluster.sweep(later=25 * HOUR)
    assert told(cluster)[-1][0] == "ENDED"


def test_a_place_that_is_not_named_is_not_forgotten_either(cluster: Cluster) -> None:
    """Three are named; the further one was in a context that vanishes for several sweeps."""
    others = ("ap", "sa", "ops")
    cluster.sweep()
    cluster.silent.add(EU)
    for context in others:
        cluster.start(context, TAG, OLD)
    cluster.sweep()
    cluster.hidden.add(EU)
    cluster.sweep()
    cluster.sweep()
    for context in (US, *others):
        cluster.stop(context, TAG, OLD)
        cluster.start(context, TAG, NEW)
    for _ in range(2):
        cluster.sweep(later=25 * HOUR)
    assert remembered(cluster).stopped
    running = remembered(cluster).running
    assert running is not None
    assert running.total == 4


def test_a_tag_that_moves_back_for_a_while_lets_no_place_be_forgotten(cluster: Cluster) -> None:
    """What the old digest's work writes meanwhile may be all that is remembered of it."""
    cluster.start("ops", TAG, NEW)
    cluster.sweep()
    cluster.push(TAG, OLD, "stop")
    cluster.hidden.update({EU, US})
    cluster.sweep()
    running = remembered(cluster).running
    assert running is not None
    assert {place.context for place in running.places} == {EU, US}


def test_a_tag_that_moves_back_takes_its_stop_with_it(cluster: Cluster) -> None:
    cluster.sweep()
    cluster.push(TAG, OLD, "stop")
    cluster.sweep()
    cluster.sweep()
    assert told(cluster)[1:] == [("STOP", OLD), ("ENDED", None)]
    assert cluster.results[-1]["ended"]["cause"] == "back under its tag"
    tag = cluster.entry(TAG)
    assert tag is not None
    assert tag.stopped


def test_what_anchore_no_longer_has_ends_as_any_image_does(cluster: Cluster) -> None:
    cluster.sweep()
    cluster.tags[TAG] = [(NEW, cluster.now)]
    cluster.sweep()
    assert [kind for kind, _ in told(cluster)] == ["STOP", "NOT_EVALUATED"]
    assert "no longer in Anchore" in cluster.notices[-1].subject


# --- what Anchore has never analyzed

UNKNOWN, INDEX = (Digest(f"sha256:{letter * 64}") for letter in "cd")


def test_what_anchore_does_not_know_is_not_evaluated_and_says_where_it_runs() -> None:
    cluster = Cluster()
    cluster.push(TAG, NEW, "go")
    cluster.start(EU, TAG, UNKNOWN)
    for _ in range(3):
        cluster.sweep()
    assert told(cluster) == [("NOT_EVALUATED", None)]
    result = cluster.results[0]
    assert result["failing"]["reason"].endswith(
        f"{UNKNOWN} runs in prod-eu/payments, and Anchore does not know it"
    )
    assert cluster.submitted == []


def test_what_ran_before_anchore_knew_it_is_told_of_once() -> None:
    """At first it is a digest that nobody knows; once the tag is on it, it is the tag's image."""
    cluster = Cluster()
    cluster.start(EU, TAG, OLD)
    cluster.sweep()
    cluster.push(TAG, OLD, "stop")
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD)]
    assert "old" not in cluster.results[0]
    assert cluster.ledger.sweeps[-1].expected == 1


def test_it_is_submitted_by_its_digest_as_of_when_it_was_first_seen() -> None:
    """As of now, Anchore would move the tag back to it."""
    cluster = Cluster({"ADD_MISSING_IMAGES": "true"})
    cluster.push(TAG, NEW, "go")
    cluster.start(EU, TAG, UNKNOWN)
    began = cluster.sweep()
    cluster.work()
    assert cluster.submitted == [(TAG, UNKNOWN, began)]
    cluster.verdicts[UNKNOWN] = "stop"
    cluster.tags[TAG].insert(0, (UNKNOWN, NOON - HOUR))
    cluster.work()
    assert told(cluster) == [("STOP", UNKNOWN)]


def test_what_was_never_dated_is_not_submitted() -> None:
    """Nobody knows as of when: it would take the tag's place."""
    cluster = Cluster({"ADD_MISSING_IMAGES": "true"})
    cluster.push(TAG, NEW, "go")
    cluster.start(EU, TAG, UNKNOWN)
    cluster.is_dated = False
    cluster.sweep()
    cluster.work()
    assert cluster.submitted == []
    entry = cluster.entry(TAG, UNKNOWN)
    assert entry is not None
    assert entry.failing is not None


def test_the_digest_of_the_index_that_the_tag_is_on_is_not_old() -> None:
    cluster = Cluster()
    cluster.push(TAG, NEW, "go")
    cluster.parents[NEW] = INDEX
    cluster.start(EU, TAG, INDEX)
    cluster.sweep()
    assert [entry.old_digest for entry in cluster.ledger.entries.values()] == [None]
    [entry] = cluster.ledger.entries.values()
    assert entry.running is not None
    assert entry.running.total == 1


def test_an_old_image_is_found_by_the_digest_of_its_index(cluster: Cluster) -> None:
    cluster.parents[OLD] = INDEX
    cluster.runs = {(EU, TAG, INDEX)}
    cluster.sweep()
    entry = cluster.entry(TAG, INDEX)
    assert entry is not None
    assert (entry.verdict, entry.digest) == (Outcome.STOP, OLD)


def test_what_a_sweep_that_cannot_read_the_ledger_finds_for_the_first_time_is_remembered(
    cluster: Cluster,
) -> None:
    cluster.start("ops", TAG, NEW)
    cluster.ledger.refuses = {"snapshots"}
    cluster.sweep()
    cluster.ledger.refuses = set()
    cluster.hidden.update({EU, US})
    cluster.sweep()
    assert told(cluster) == [("STOP", OLD)]
    assert remembered(cluster).stopped
