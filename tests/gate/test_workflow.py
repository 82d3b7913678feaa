"""The three steps, on an Anchore that says what the test needs and remembers what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from msgspec import Raw
from msgspec.structs import replace

from rescan.gate.evaluation import Evaluation, Finding
from rescan.gate.model import (
    DetectedTag,
    ImageRecord,
    Outcome,
    RescanRequest,
    Step,
    Trigger,
    TriggerKind,
    VulnerabilityList,
)
from rescan.gate.workflow import rescan
from rescan.kernel import errors
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from tests.support.anchore_answers import ROWS, WHERE

TAG = ImageTag.parse("reg.io/app:1")
OLD, NEW, PARENT = (Digest(f"sha256:{letter * 64}") for letter in "abc")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
BEFORE, AFTER = NOON.replace(hour=11), NOON.replace(hour=13)
_Answer = TypeVar("_Answer")


def image(digest: Digest = NEW, at: datetime | None = NOON, **changes: object) -> ImageRecord:
    record = ImageRecord(
        digest=digest,
        tags=(DetectedTag("reg.io/other:1", AFTER), DetectedTag("reg.io/app:1", at)),
        parent_digest=digest,
        image_status="active",
        analysis_status="analyzed",
    )
    return replace(record, **changes)


def evaluated(action: str = "go", digest: Digest = NEW) -> Evaluation:
    return Evaluation(
        image_digest=digest,
        evaluated_tag="reg.io/app:1",
        policy_id="p1",
        final_action=action,
        mapped_to_rule=True,
        problems=(),
    )


def naming_some() -> Evaluation:
    """A GO that names a vulnerability which the policy lets pass."""
    passes = Finding(gate="vulnerabilities", trigger="package", trigger_id="CVE-1+a", action="go")
    return replace(evaluated(), findings=(passes,))


@dataclass
class FakeAnchore:
    """Answers what it was given, or raises it; `asked` keeps the calls in order."""

    images: Sequence[ImageRecord] | errors.AnchoreError = field(default_factory=lambda: [image()])
    earlier: Sequence[ImageRecord] = ()
    forced: VulnerabilityList | errors.AnchoreError = ROWS
    unforced: VulnerabilityList | errors.AnchoreError = ROWS
    evaluation: Evaluation | errors.AnchoreError | None = field(default_factory=evaluated)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked.append(("images", tag))
        return list(_said(self.images))

    def tag_history(self, tag: ImageTag) -> list[ImageRecord]:
        self.asked.append(("history", tag))
        return [*_said(self.images), *self.earlier]

    def share(self, number: int) -> "FakeAnchore":
        raise NotImplementedError

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        self.asked.append(("forced", digest, vtype))
        return _said(self.forced)

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        self.asked.append(("unforced", digest, vtype))
        return _said(self.unforced)

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation | None:
        self.asked.append(("check", digest, tag, policy_id))
        return _said(self.evaluation)


def _said(answer: _Answer | errors.AnchoreError) -> _Answer:
    if isinstance(answer, errors.AnchoreError):
        raise answer
    return answer


def request(
    digest: Digest | None = None, at: datetime | None = NOON, **changes: object
) -> RescanRequest:
    asked = RescanRequest(TAG, Trigger(TriggerKind.ECR_PUSH, at), digest=digest)
    return replace(asked, **changes)


def test_the_three_steps_are_asked_in_order_with_their_inputs() -> None:
    anchore = FakeAnchore()
    rescan(anchore, request(vtype="os", policy_id="p1"))
    assert anchore.asked == [
        ("images", TAG),
        ("forced", NEW, "os"),
        ("check", NEW, TAG, "p1"),
    ]


def test_a_digest_that_was_refreshed_on_these_feeds_is_only_read() -> None:
    anchore = FakeAnchore()
    report = rescan(anchore, request(feeds="today", fresh_digests=frozenset({NEW})))
    assert anchore.asked[1:] == [("unforced", NEW, "all"), ("check", NEW, TAG, None)]
    assert (report.feeds, report.plainly_read, report.scanned) == (None, True, False)


def test_another_digest_than_the_one_refreshed_is_refreshed() -> None:
    anchore = FakeAnchore()
    report = rescan(anchore, request(feeds="today", fresh_digests=frozenset({OLD})))
    assert anchore.asked[1] == ("forced", NEW, "all")
    assert (report.feeds, report.plainly_read, report.scanned) == ("today", False, True)


def test_a_refresh_that_was_interrupted_is_not_reported_as_one() -> None:
    interrupted = FakeAnchore(forced=errors.AnchoreInterrupted("HTTP 504", **WHERE))
    report = rescan(interrupted, request(feeds="today"))
    assert (report.feeds, report.scanned) == (None, False)


@pytest.mark.parametrize("action", ["stop", "warn", "go"])
def test_a_verdict_carries_the_three_outputs(action: str) -> None:
    report = rescan(FakeAnchore(evaluation=evaluated(action)), request())
    outputs = (report.outcome, report.image_digest, report.vulnerabilities, report.final_action)
    assert outputs == (Outcome(action), NEW, ROWS, action)


# --- findActiveImage


@pytest.mark.parametrize(
    "images",
    [
        pytest.param([], id="empty-list"),
        pytest.param(errors.ImageUnknown("HTTP 404", **WHERE), id="404-image-data-not-found"),
        pytest.param([image(tags=(DetectedTag("reg.io/app:2"),))], id="only-another-tag"),
        pytest.param([image(tags=())], id="record-without-tags"),
        pytest.param([image(image_status="inactive")], id="inactive"),
        pytest.param([image(image_status="deleting")], id="deleting"),
    ],
)
def test_no_image_that_bears_the_tag_ends_cleanly_after_one_request(images: object) -> None:
    anchore = FakeAnchore(images=images)  # type: ignore[arg-type]
    report = rescan(anchore, request())
    assert (report.outcome, report.image_digest, anchore.asked) == (
        Outcome.NOT_FOUND,
        None,
        [("images", TAG)],
    )


@pytest.mark.parametrize(
    "error",
    [
        errors.AnchoreRefused("HTTP 404 'no such path'", **WHERE),
        errors.AnchoreUnauthorized("HTTP 401", **WHERE),
        errors.AnchoreServerError("HTTP 500", **WHERE),
    ],
)
def test_any_other_failure_to_list_is_an_error(error: errors.AnchoreError) -> None:
    with pytest.raises(type(error)):
        rescan(FakeAnchore(images=error), request())


@pytest.mark.parametrize(
    "images",
    [
        pytest.param([image(OLD, BEFORE), image(NEW, AFTER)], id="newest-last"),
        pytest.param([image(NEW, AFTER), image(OLD, BEFORE)], id="newest-first"),
        pytest.param([image(OLD, None), image(NEW, BEFORE)], id="a-time-beats-none"),
        pytest.param([image(NEW, NOON), image(OLD, NOON)], id="equal-times-keep-the-order"),
        pytest.param(
            [image(OLD, AFTER, tags=(DetectedTag("reg.io/app:2", AFTER),)), image(NEW, BEFORE)],
            id="a-filter-that-the-server-ignored",
        ),
    ],
)
def test_the_newest_that_bears_the_tag_is_gated(images: list[ImageRecord]) -> None:
    report = rescan(FakeAnchore(images=images), request())
    assert (report.outcome, report.image_digest) == (Outcome.GO, NEW)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("not_analyzed", Outcome.PENDING),
        ("analyzing", Outcome.PENDING),
        ("analysis_failed", Outcome.NOT_EVALUATED),
        ("a_status_never_seen", Outcome.NOT_EVALUATED),
    ],
)
def test_an_image_that_is_not_analyzed_is_not_gated(status: str, expected: Outcome) -> None:
    anchore = FakeAnchore(images=[image(analysis_status=status)])
    report = rescan(anchore, request())
    assert (report.outcome, report.final_action, len(anchore.asked)) == (expected, None, 1)


def test_a_newer_image_that_is_still_analyzing_hides_no_older_one_behind_it() -> None:
    analyzing = image(NEW, AFTER, analysis_status="analyzing")
    report = rescan(FakeAnchore(images=[image(OLD, BEFORE), analyzing]), request())
    assert report.outcome is Outcome.PENDING


def test_a_record_need_not_say_its_status() -> None:
    report = rescan(FakeAnchore(images=[image(analysis_status=None)]), request())
    assert report.outcome is Outcome.GO


@pytest.mark.parametrize("pushed", [NEW, PARENT])
def test_a_pushed_digest_is_the_image_s_own_or_its_parent_s(pushed: Digest) -> None:
    anchore = FakeAnchore(images=[image(parent_digest=PARENT)])
    report = rescan(anchore, request(pushed))
    assert (report.outcome, report.notes) == (Outcome.GO, ())


def test_a_push_is_superseded_by_a_tag_detected_later() -> None:
    report = rescan(FakeAnchore(images=[image(NEW, AFTER)]), request(OLD, NOON))
    assert (report.outcome, report.image_digest) == (Outcome.GO, NEW)
    assert report.notes == (
        f"the push of {OLD} is superseded: since 2026-11-24 13:00:00+00:00"
        f" the tag is on {NEW}, which was evaluated instead",
    )


@pytest.mark.parametrize(
    ("earlier", "expected", "requests"),
    [
        pytest.param([image(OLD, NOON.replace(minute=1))], (Outcome.GO, NEW), 4, id="both-learned"),
        pytest.param([image(OLD, AFTER, parent_digest=None)], (Outcome.GO, NEW), 4, id="by-itself"),
        pytest.param(
            [image(PARENT, AFTER, parent_digest=OLD)], (Outcome.GO, NEW), 4, id="an-index"
        ),
        pytest.param([], (Outcome.PENDING, None), 2, id="pushed-image-not-learned-of"),
        pytest.param(
            [image(OLD, BEFORE)], (Outcome.PENDING, None), 2, id="learned-of-an-earlier-push-of-it"
        ),
        pytest.param(
            [image(OLD, AFTER.replace(minute=1))],
            (Outcome.PENDING, None),
            2,
            id="learned-of-since-the-list",
        ),
    ],
)
def test_while_a_push_is_awaited_it_is_superseded_only_once_anchore_has_learned_of_it(
    earlier: list[ImageRecord], expected: tuple[Outcome, Digest | None], requests: int
) -> None:
    anchore = FakeAnchore(images=[image(NEW, AFTER)], earlier=earlier)
    report = rescan(anchore, request(OLD, NOON, awaits_push=True))
    assert (report.outcome, report.image_digest) == expected
    assert anchore.asked[:2] == [("images", TAG), ("history", TAG)]
    assert len(anchore.asked) == requests


def test_a_pushed_image_that_bears_its_tag_asks_for_no_history() -> None:
    anchore = FakeAnchore()
    rescan(anchore, request(NEW, BEFORE, awaits_push=True))
    assert [asked[0] for asked in anchore.asked] == ["images", "forced", "check"]


@pytest.mark.parametrize(
    ("detected", "pushed_at"),
    [
        pytest.param(BEFORE, NOON, id="detected-before"),
        pytest.param(NOON, NOON, id="at-the-same-time"),
        pytest.param(None, NOON, id="detection-not-said"),
        pytest.param(AFTER, None, id="push-time-not-said"),
    ],
)
def test_another_digest_that_is_not_newer_is_never_gated(
    detected: datetime | None, pushed_at: datetime | None
) -> None:
    anchore = FakeAnchore(images=[image(NEW, detected)])
    report = rescan(anchore, request(OLD, pushed_at))
    assert (report.outcome, report.image_digest, len(anchore.asked)) == (Outcome.PENDING, None, 1)


def test_a_dialect_without_tags_takes_the_first_record_and_says_so() -> None:
    images = [image(NEW, tags=None), image(OLD, tags=None)]
    report = rescan(FakeAnchore(images=images), request())
    assert (report.image_digest, report.notes) == (
        NEW,
        ("this dialect's records carry no tags: the image's tag is not verified",),
    )


# --- refreshVulnerabilities


@pytest.mark.parametrize(
    "interrupted",
    [
        errors.AnchoreTimeout("no answer", **WHERE),
        errors.AnchoreServerError("HTTP 504", **WHERE),
        errors.AnchoreAnswerCut("reset", **WHERE),
    ],
)
def test_an_interrupted_scan_is_followed_by_one_unforced_request(
    interrupted: errors.AnchoreError,
) -> None:
    anchore = FakeAnchore(forced=interrupted)
    report = rescan(anchore, request())
    assert (report.outcome, report.vulnerabilities) == (Outcome.GO, ROWS)
    assert [call[0] for call in anchore.asked] == ["images", "forced", "unforced", "check"]


NOT_READABLE = [
    pytest.param(errors.AnchoreRefused("HTTP 400", **WHERE), id="refused"),
    pytest.param(errors.AnchoreForbidden("HTTP 403", **WHERE), id="forbidden"),
    pytest.param(errors.AnchoreAnswerTooLarge("too long", **WHERE), id="oversized"),
    pytest.param(errors.AnchoreAnswerUnreadable("HTML", **WHERE), id="unreadable"),
    pytest.param(errors.AnchoreThrottled("HTTP 429", **WHERE), id="throttled"),
]


@pytest.mark.parametrize("error", NOT_READABLE)
@pytest.mark.parametrize(
    ("action", "expected"),
    [("stop", Outcome.STOP), ("warn", Outcome.NOT_EVALUATED), ("go", Outcome.NOT_EVALUATED)],
)
def test_a_list_that_cannot_be_read_does_not_keep_the_gate_from_running(
    error: errors.AnchoreError, action: str, expected: Outcome
) -> None:
    anchore = FakeAnchore(forced=error, evaluation=evaluated(action))
    report = rescan(anchore, request())
    assert [call[0] for call in anchore.asked] == ["images", "forced", "check"]
    assert (report.outcome, report.vulnerabilities) == (expected, None)
    assert report.vulnerabilities_problem == str(error)


def test_when_the_second_request_fails_too_the_gate_still_runs() -> None:
    timeout = errors.AnchoreTimeout("no answer", **WHERE)
    anchore = FakeAnchore(forced=timeout, unforced=timeout, evaluation=evaluated("stop"))
    report = rescan(anchore, request())
    assert report.outcome is Outcome.STOP
    assert [call[0] for call in anchore.asked] == ["images", "forced", "unforced", "check"]


def test_an_empty_list_is_told_for_a_failed_scan_looks_the_same() -> None:
    report = rescan(FakeAnchore(forced=VulnerabilityList([], Raw(b"[]"))), request())
    assert (report.outcome, report.notes) == (
        Outcome.GO,
        ("Anchore lists no vulnerability at all; a scan that failed there looks the same",),
    )


@pytest.mark.parametrize(
    ("vtype", "expected"), [("all", Outcome.NOT_EVALUATED), ("os", Outcome.GO)]
)
def test_an_empty_list_of_all_types_contradicts_a_finding_of_a_vulnerability(
    vtype: str, expected: Outcome
) -> None:
    named = Finding("vulnerabilities", "package", trigger_id="CVE-1+lib", action="warn")
    anchore = FakeAnchore(
        forced=VulnerabilityList([], Raw(b"[]")), evaluation=replace(evaluated(), findings=(named,))
    )
    assert rescan(anchore, request(vtype=vtype)).outcome is expected


# --- the step at which it failed


UNREADABLE = errors.AnchoreAnswerUnreadable("HTML", **WHERE)
ANALYZING = errors.ImageNotAnalyzed("HTTP 404", analysis_status="analyzing", status=404, **WHERE)


@pytest.mark.parametrize(
    ("anchore", "step"),
    [
        pytest.param(FakeAnchore(), None, id="verdict"),
        pytest.param(FakeAnchore(images=[]), Step.FIND_ACTIVE_IMAGE, id="no-image"),
        pytest.param(
            FakeAnchore(images=[image(analysis_status="analyzing")]),
            Step.FIND_ACTIVE_IMAGE,
            id="unfinished-record",
        ),
        pytest.param(
            FakeAnchore(forced=UNREADABLE), Step.REFRESH_VULNERABILITIES, id="list-not-read"
        ),
        pytest.param(FakeAnchore(evaluation=None), Step.REGATE, id="no-evaluation"),
        pytest.param(
            FakeAnchore(forced=UNREADABLE, evaluation=None), Step.REGATE, id="neither-of-both"
        ),
        pytest.param(FakeAnchore(evaluation=ANALYZING), Step.REGATE, id="analyzed-anew"),
        pytest.param(
            FakeAnchore(forced=UNREADABLE, evaluation=evaluated(digest=OLD)),
            Step.REGATE,
            id="evaluation-of-another-image",
        ),
    ],
)
def test_what_is_not_evaluated_names_the_step_that_kept_it_from_a_verdict(
    anchore: FakeAnchore, step: Step | None
) -> None:
    assert rescan(anchore, request()).failed_step is step


# --- regate


def test_an_empty_list_of_evaluations_is_not_evaluated() -> None:
    report = rescan(FakeAnchore(evaluation=None), request())
    assert (report.outcome, report.reason) == (
        Outcome.NOT_EVALUATED,
        "Anchore answered an empty list of evaluations",
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("analyzing", Outcome.PENDING),
        ("not_analyzed", Outcome.PENDING),
        ("analysis_failed", Outcome.NOT_EVALUATED),
    ],
)
def test_an_analysis_that_began_again_meanwhile_is_told_by_the_gate(
    status: str, expected: Outcome
) -> None:
    error = errors.ImageNotAnalyzed("HTTP 404", analysis_status=status, status=404, **WHERE)
    report = rescan(FakeAnchore(evaluation=error), request())
    assert (report.outcome, report.final_action) == (expected, None)


@pytest.mark.parametrize(
    "error",
    [
        errors.AnchoreRefused("HTTP 404 'could not find any evaluations'", **WHERE),
        errors.AnchoreTimeout("no answer", **WHERE),
    ],
)
def test_a_gate_that_fails_is_an_error_never_a_go(error: errors.AnchoreError) -> None:
    with pytest.raises(type(error)):
        rescan(FakeAnchore(evaluation=error), request())


@pytest.mark.parametrize(
    ("anchore", "asked", "cause"),
    [
        pytest.param(FakeAnchore(images=[]), request(), FailureCause.NOT_FOUND, id="no-image"),
        pytest.param(
            FakeAnchore(images=[image(NEW, BEFORE)]),
            request(OLD, NOON),
            FailureCause.NOT_ANALYZED,
            id="not-caught-up",
        ),
        pytest.param(
            FakeAnchore(images=[image(analysis_status="analyzing")]),
            request(),
            FailureCause.NOT_ANALYZED,
            id="analyzing",
        ),
        pytest.param(
            FakeAnchore(images=[image(analysis_status="analysis_failed")]),
            request(),
            FailureCause.ANALYSIS_FAILED,
            id="analysis-failed",
        ),
        pytest.param(
            FakeAnchore(images=[image(analysis_status="new")]),
            request(),
            FailureCause.OTHER,
            id="unknown-status",
        ),
        pytest.param(
            FakeAnchore(forced=errors.AnchoreForbidden("HTTP 403", **WHERE)),
            request(),
            FailureCause.FORBIDDEN,
            id="refresh-forbidden",
        ),
        pytest.param(
            FakeAnchore(evaluation=replace(evaluated(), mapped_to_rule=False)),
            request(),
            FailureCause.NOT_MAPPED,
            id="no-mapping-rule",
        ),
        pytest.param(
            FakeAnchore(evaluation=None), request(), FailureCause.OTHER, id="no-evaluation"
        ),
        pytest.param(FakeAnchore(), request(), None, id="a-verdict-has-none"),
    ],
)
def test_what_is_no_verdict_says_its_cause(
    anchore: FakeAnchore, asked: RescanRequest, cause: FailureCause | None
) -> None:
    assert rescan(anchore, asked).cause is cause


def test_an_evaluation_of_another_image_is_no_verdict() -> None:
    report = rescan(FakeAnchore(evaluation=evaluated("go", OLD)), request())
    assert (report.outcome, report.final_action) == (Outcome.NOT_EVALUATED, None)


# --- what a report says of its work


@pytest.mark.parametrize(
    ("anchore", "outcome"),
    [
        pytest.param(FakeAnchore(images=[]), Outcome.NOT_FOUND, id="no-image"),
        pytest.param(
            FakeAnchore(images=[image(analysis_status="analyzing")]), Outcome.PENDING, id="pending"
        ),
        pytest.param(FakeAnchore(evaluation=ANALYZING), Outcome.PENDING, id="analyzed-anew"),
        pytest.param(FakeAnchore(evaluation=None), Outcome.NOT_EVALUATED, id="no-evaluation"),
        pytest.param(FakeAnchore(), Outcome.GO, id="verdict"),
    ],
)
def test_a_report_says_what_was_asked_and_of_which_image(
    anchore: FakeAnchore, outcome: Outcome
) -> None:
    asked = request(vtype="os", policy_id="p1", team="payments")
    report = rescan(anchore, asked)
    assert report.outcome is outcome
    assert (report.tag, report.trigger) == (TAG, asked.trigger)
    assert (report.vtype, report.policy_id, report.team) == ("os", "p1", "payments")
    found = None if outcome is Outcome.NOT_FOUND else NEW
    assert (report.image_digest, report.parent_digest) == (found, found)


def test_the_team_that_the_image_names_comes_before_the_repository_s() -> None:
    report = rescan(FakeAnchore(images=[image(team="web")]), request(team="payments"))
    assert report.team == "web"


def test_the_policy_is_the_one_that_was_evaluated_else_the_one_asked_for() -> None:
    assert rescan(FakeAnchore(), request()).policy_id == "p1"
    unnamed = FakeAnchore(evaluation=replace(evaluated(), policy_id=None))
    assert rescan(unnamed, request(policy_id="p2")).policy_id == "p2"


def test_a_go_by_another_policy_than_the_one_asked_for_does_not_count() -> None:
    assert rescan(FakeAnchore(), request(policy_id="p2")).outcome is Outcome.NOT_EVALUATED


# --- a verdict that would end a STOP

NO_ROWS = VulnerabilityList([], Raw(b"[]"))


def test_a_list_that_is_empty_by_now_is_the_one_that_a_verdict_rests_on() -> None:
    """Scans begin to fail between the list and the evaluation."""
    for action in ("go", "warn"):
        anchore = FakeAnchore(unforced=NO_ROWS, evaluation=evaluated(action))
        report = rescan(anchore, request(stopped=True))
        assert (report.outcome, report.lists_nothing) == (Outcome(action), True)
        assert report.notes == (
            "Anchore lists no vulnerability at all; a scan that failed there looks the same",
        )
        assert [call[0] for call in anchore.asked] == ["images", "forced", "check", "unforced"]


@pytest.mark.parametrize("error", NOT_READABLE)
def test_no_verdict_ends_a_stop_on_a_list_that_can_be_read_no_more(
    error: errors.AnchoreError,
) -> None:
    report = rescan(FakeAnchore(unforced=error), request(stopped=True))
    assert (report.outcome, report.vulnerabilities) == (Outcome.NOT_EVALUATED, None)
    assert report.vulnerabilities_problem == str(error)


def test_a_list_that_stands_is_the_first_one() -> None:
    other = VulnerabilityList([*ROWS.rows, *ROWS.rows], Raw(b"[]"))
    anchore = FakeAnchore(unforced=other)
    report = rescan(anchore, request(stopped=True, feeds="today", vtype="os"))
    assert (report.outcome, report.vulnerabilities) == (Outcome.GO, ROWS)
    assert anchore.asked[-1] == ("unforced", NEW, "os")
    assert (report.feeds, report.plainly_read, report.scanned) == ("today", False, True)


@pytest.mark.parametrize(
    ("answers", "stopped"),
    [
        pytest.param({}, False, id="not-stopped"),
        pytest.param({"evaluation": evaluated("stop")}, True, id="stays-stopped"),
        pytest.param({"forced": NO_ROWS}, True, id="already-empty"),
        pytest.param({"evaluation": None}, True, id="no-verdict"),
        pytest.param({"evaluation": naming_some()}, True, id="a-scan-shows"),
    ],
)
def test_the_list_is_read_once_where_nothing_more_is_to_be_learned(
    answers: dict[str, Any], stopped: bool
) -> None:
    anchore = FakeAnchore(**answers)
    rescan(anchore, request(stopped=stopped))
    assert [call[0] for call in anchore.asked] == ["images", "forced", "check"]


def test_a_list_that_was_read_is_told_however_it_was_asked_for() -> None:
    plain = FakeAnchore()
    report = rescan(plain, request(vtype="os", fresh_digests=frozenset({NEW})))
    assert (report.vulnerabilities, report.vulnerabilities_problem) == (ROWS, None)
    interrupted = FakeAnchore(forced=errors.AnchoreInterrupted("HTTP 504", **WHERE))
    again = rescan(interrupted, request(vtype="os"))
    assert (again.vulnerabilities, again.vulnerabilities_problem) == (ROWS, None)
    assert interrupted.asked[1:3] == [("forced", NEW, "os"), ("unforced", NEW, "os")]


def test_an_unfinished_image_keeps_the_note_that_its_push_is_superseded() -> None:
    analyzing = image(NEW, AFTER, analysis_status="analyzing")
    [note] = rescan(FakeAnchore(images=[analyzing]), request(OLD, NOON)).notes
    assert f"the push of {OLD} is superseded" in note


def test_what_has_no_verdict_says_why_by_name() -> None:
    missing = rescan(FakeAnchore(images=[]), request())
    assert str(TAG) in missing.reason
    late = rescan(FakeAnchore(images=[image(NEW, BEFORE)]), request(OLD, NOON))
    assert (NEW in late.reason, OLD in late.reason) == (True, True)
    assert late.failed_step is Step.FIND_ACTIVE_IMAGE
    unknown = rescan(FakeAnchore(images=[image(analysis_status="thawing")]), request())
    assert "thawing" in unknown.reason
    assert unknown.failed_step is Step.FIND_ACTIVE_IMAGE


def test_an_old_digest_is_gated_itself_and_the_report_says_what_the_tag_is_on() -> None:
    anchore = FakeAnchore(
        images=[image(NEW, AFTER), image(OLD, BEFORE)], evaluation=evaluated("stop", OLD)
    )
    report = rescan(anchore, request(old_digest=OLD))
    assert anchore.asked == [("history", TAG), ("forced", OLD, "all"), ("check", OLD, TAG, None)]
    assert (report.outcome, report.image_digest, report.current_digest) == (Outcome.STOP, OLD, NEW)
