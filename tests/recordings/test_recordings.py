"""Every recording runs through the real workflow, and comes to what its situation means."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from rescan.anchore.active_tags import list_active_tags
from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Transport
from rescan.gate.model import Outcome, RescanRequest, Severity, Trigger, TriggerKind
from rescan.gate.workflow import rescan
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreServerError, AnchoreUnauthorized
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.work.what_runs import joined
from rescan_cli.replay.mount import replayed_session
from rescan_cli.replay.router import Replay
from tests.recordings import FOLDER, build, names, recording

_PUSHED_AT = datetime(2026, 11, 20, 9, 30, 19, tzinfo=UTC)
_REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
PAYMENTS = f"{_REGISTRY}/payments/api:2.4.1"
ORDERS = f"{_REGISTRY}/orders/web:1.9.0"
BATCH = f"{_REGISTRY}/legacy/batch:3.0"
DEBUG = f"{_REGISTRY}/tools/debug:0.4"


@dataclass(frozen=True)
class Expected:
    """An outcome, how many findings stop (a repeated one counts once), how many requests."""

    outcome: Outcome
    requests: int
    stopping: int = 0


# What the name of the situation means; all are about the tag payments/api:2.4.1.
EXPECTED = {
    "stop": Expected(Outcome.STOP, requests=3, stopping=6),
    "warn": Expected(Outcome.WARN, requests=3),
    "go": Expected(Outcome.GO, requests=3),
    "not_found_404": Expected(Outcome.NOT_FOUND, requests=1),
    "not_found_empty_list": Expected(Outcome.NOT_FOUND, requests=1),
    "pending": Expected(Outcome.PENDING, requests=1),
    "superseded_push": Expected(Outcome.GO, requests=3),
    "analysis_failed": Expected(Outcome.NOT_EVALUATED, requests=1),
    "platforms": Expected(Outcome.STOP, requests=6, stopping=6),
    "denylisted": Expected(Outcome.STOP, requests=3),
    "evaluation_problem": Expected(Outcome.STOP, requests=3),
    "evaluation_problem_warn": Expected(Outcome.NOT_EVALUATED, requests=3),
    "unmapped": Expected(Outcome.NOT_EVALUATED, requests=3),
    "refresh_interrupted": Expected(Outcome.STOP, requests=4, stopping=6),
    "sweep": Expected(Outcome.STOP, requests=4, stopping=6),
    "sweep_plain_list": Expected(Outcome.STOP, requests=4, stopping=6),
    "old_digest": Expected(Outcome.GO, requests=3),
    "arazzo_stop": Expected(Outcome.STOP, requests=3),
    "arazzo_warn": Expected(Outcome.WARN, requests=3),
    "arazzo_go": Expected(Outcome.GO, requests=3),
    "arazzo_not_found_404": Expected(Outcome.NOT_FOUND, requests=1),
    "arazzo_not_found_empty_list": Expected(Outcome.NOT_FOUND, requests=1),
    "arazzo_pending": Expected(Outcome.PENDING, requests=1),
    "arazzo_analysis_failed": Expected(Outcome.NOT_EVALUATED, requests=1),
}
ERRORS = {
    "unauthorized": AnchoreUnauthorized,
    "server_error": AnchoreServerError,
    "arazzo_unauthorized": AnchoreUnauthorized,
    "arazzo_server_error": AnchoreServerError,
}


def _transport(replay: Replay) -> Transport:
    auth = AnchoreAuth(lambda: '{"username": "u", "password": "p"}')
    return Transport(replayed_session(replay), "https://anchore.example.com/v2", auth)


def _rescan(
    name_or_replay, tag=PAYMENTS, *, base_image=False, policy_id=None, digest=None, old=None
):
    replay = (
        name_or_replay if isinstance(name_or_replay, Replay) else Replay(recording(name_or_replay))
    )
    arazzo = replay.recording.name.startswith("arazzo_")
    dialect = ArazzoDialect() if arazzo else EnterpriseDialect(base_image=base_image)
    client = AnchoreClient(_transport(replay), dialect, Deadline.after(60))
    request = RescanRequest(
        ImageTag.parse(tag),
        Trigger(TriggerKind.ECR_PUSH, _PUSHED_AT),
        policy_id=policy_id,
        digest=digest,
        old_digest=old,
    )
    return rescan(client, request)


def _digest_in(name: str) -> str:
    entry = recording(name).entries[0]
    return str(json.loads(entry.body)["items"][0]["image_digest"])


def test_every_recording_is_expected_to_come_to_something():
    assert sorted(EXPECTED | ERRORS) == names()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recording_comes_to_what_its_situation_means(name):
    replay = Replay(recording(name))

    report = _rescan(replay)

    stopping = report.evaluation.stopping if report.evaluation else 0
    assert Expected(report.outcome, len(replay.seen), stopping) == EXPECTED[name]
    assert all(seen.authorized for seen in replay.seen)


@pytest.mark.parametrize("name", ERRORS)
def test_a_recording_of_a_failure_raises_it(name):
    with pytest.raises(ERRORS[name]):
        _rescan(name)


def test_stop_shows_what_a_notice_must_cope_with():
    report = _rescan("stop", base_image=True)

    assert report.vulnerabilities is not None
    assert report.evaluation is not None
    rows, findings = report.vulnerabilities.rows, report.evaluation.findings
    assert {Severity.parse(row.severity) for row in rows} == set(Severity)
    assert {row.fix == "None" for row in rows} == {True, False}
    assert {row.package_path == "None" for row in rows} == {True, False}
    assert len({row.vuln for row in rows}) < len(rows), "rows repeat"
    assert len({f.trigger_id for f in findings}) < len(findings), "findings repeat"
    assert [f.trigger_id for f in findings if f.allowlisted] == ["CVE-2017-17458+mercurial"]
    assert {f.action for f in findings} == {"stop", "warn"}
    assert {f.gate for f in findings if f.stops} == {"vulnerabilities", "dockerfile"}
    assert {f.inherited_from_base for f in findings} == {True, False, None}


def test_stop_does_not_say_what_comes_from_the_base_image_unless_asked():
    report = _rescan("stop")

    assert report.vulnerabilities is not None
    assert {row.inherited_from_base for row in report.vulnerabilities.rows} == {None}


def test_stop_answers_for_its_policy_by_name_too():
    policy_id = "2c53a13c-1765-11e8-82ef-23527761d060"

    report = _rescan("stop", policy_id=policy_id)

    assert (report.outcome, report.policy_id) == (Outcome.STOP, policy_id)


def test_a_superseded_push_is_evaluated_on_the_newer_image():
    pushed, newer = _digest_in("stop"), _digest_in("superseded_push")

    report = _rescan("superseded_push", digest=pushed)

    assert (report.outcome, report.image_digest) == (Outcome.GO, newer)
    assert [note.partition(":")[0] for note in report.notes] == ["the push of sha256"]
    assert pushed in report.notes[0]
    assert newer in report.notes[0]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("denylisted", "the image is on the policy's denylist", id="denylisted"),
        pytest.param(
            "evaluation_problem",
            "the policy could not be evaluated: Referenced object not found"
            " (reference_type=rule_set,reference_id=48e6f7d6-1765-11e8-b5f9-8b6f228548b6)",
            id="evaluation-problem",
        ),
    ],
)
def test_a_stop_without_findings_says_why(name, reason):
    assert _rescan(name).reason == reason


def _swept(name) -> dict[str, Outcome]:
    replay = Replay(recording(name))
    tags = list_active_tags(_transport(replay), Deadline.after(60))
    return {str(tag): _rescan(replay, str(tag)).outcome for tag in tags.tags}


def test_one_of_two_platforms_stops_the_image():
    report = _rescan("platforms")

    assert [(each.platform, each.outcome) for each in report.platforms] == [
        ("linux/arm64", Outcome.STOP),
        ("linux/amd64", Outcome.GO),
    ]
    assert report.reason == "linux/arm64: 6 findings; linux/amd64: go"
    assert {finding.platforms for finding in report.blocking} == {("linux/arm64",)}


@pytest.mark.parametrize("name", ["sweep", "sweep_plain_list"])
def test_a_sweep_meets_a_stop_a_go_and_a_tag_that_is_gone(name):
    assert _swept(name) == {
        PAYMENTS: Outcome.STOP,
        ORDERS: Outcome.GO,
        BATCH: Outcome.NOT_FOUND,
    }


def test_an_inventory_is_joined_by_the_digest_of_the_index():
    transport = _transport(Replay(recording("sweep")))
    at_noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    inventory = read_inventory(transport, Deadline.after(60), at_noon, timedelta(hours=24))
    seen = {(str(image.tag), image.digest is None): image for image in inventory.images}
    assert sorted(seen) == [(ORDERS, True), (PAYMENTS, False)]
    assert seen[PAYMENTS, False].total == 2
    assert [place.type for place in seen[ORDERS, True].places] == ["ecs"]
    assert len(inventory.contexts) == 3
    assert inventory.stale == {seen[ORDERS, True].places[0].context}
    assert inventory.doubt is None
    digests = {image.digest for image in inventory.images if image.digest}
    listed = list_active_tags(transport, Deadline.after(60), digests)
    assert [str(tag) for tag in listed.running] == [PAYMENTS]


def _old_digests_that_run(replay: Replay) -> dict[str, Digest | None]:
    transport = _transport(replay)
    at_noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    inventory = read_inventory(transport, Deadline.after(60), at_noon, timedelta(hours=24))
    assert [len(inventory.contexts), len(inventory.stale), inventory.doubt] == [3, 1, None]
    digests = {image.digest for image in inventory.images if image.digest}
    what_runs = joined(inventory.images, list_active_tags(transport, Deadline.after(60), digests))
    assert {str(tag) for tag in what_runs.named} == {PAYMENTS, ORDERS}
    return {str(tag): digest for tag, digest in what_runs.old}


def test_what_runs_under_a_tag_that_has_moved_on_is_gated_by_its_digest():
    replay = Replay(recording("old_digest"))
    old = _old_digests_that_run(replay)
    assert sorted(old) == [PAYMENTS, DEBUG]

    stopped, unknown = (_rescan(replay, tag, old=old[tag]) for tag in (PAYMENTS, DEBUG))

    assert (stopped.outcome, stopped.image_digest) == (Outcome.STOP, _digest_in("stop"))
    assert stopped.current_digest == _digest_in("superseded_push")
    assert unknown.outcome is Outcome.NOT_FOUND
    assert _rescan(replay).image_digest == _digest_in("superseded_push")


@pytest.mark.parametrize("name", names())
def test_a_recording_says_what_it_rests_on_and_holds_no_credentials(name):
    text = (FOLDER / f"{name}.har").read_text()

    assert recording(name).comment
    assert "authorization" not in text.lower().replace("www-authenticate", "")


def test_the_recordings_are_those_that_the_facts_give():
    assert {name: (FOLDER / f"{name}.har").read_text() for name in names()} == build.files()
