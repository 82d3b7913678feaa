"""The workflow: find the active image of a tag, refresh its vulnerabilities, gate it again.

It follows the Arazzo workflow "rescan-active-image-and-gate" step by step and knows neither
HTTP nor AWS: what it asks Anchore goes through the `Anchore` port. What can go wrong there is
an `AnchoreError`; those that it does not turn into an outcome pass through to the handler.
"""

from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.active_image import Found, TagLists, find_active_image, pending
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import Outcome, RescanRequest, Step, VulnerabilityList
from rescan.gate.old_digest import find_by_digest
from rescan.gate.platforms import is_needed, together, worst_first
from rescan.gate.report import Report
from rescan.gate.verdict import Judgement, judge
from rescan.kernel.errors import AnchoreError, AnchoreInterrupted, ImageNotAnalyzed
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.safe_text import one_line

_LISTS_NOTHING = "Anchore lists no vulnerability at all; a scan that failed there looks the same"


class Anchore(TagLists, Protocol):
    """What the workflow asks; each call raises `AnchoreError`."""

    def share(self, number: int) -> "Anchore":
        """The same, with the time of the first of so many that share what is left."""
        ...

    def refreshed_vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        """Force a fresh evaluation against the latest feeds: one scan, never repeated."""
        ...

    def vulnerabilities(self, digest: Digest, vtype: str) -> VulnerabilityList:
        """The list as it stands; it may be read again and again."""
        ...

    def evaluate(self, digest: Digest, tag: ImageTag, policy_id: str | None) -> Evaluation | None:
        """Evaluate the policy now; None when the answer holds no evaluation."""
        ...


class _Refreshed(Struct, frozen=True):
    """The fresh list, or why it cannot be read; the others are as in the report."""

    vulnerabilities: VulnerabilityList | None
    error: AnchoreError | None = None
    feeds: str | None = None
    plainly_read: bool = False
    scanned: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the list was read and has no row."""
        return self.vulnerabilities is not None and not self.vulnerabilities.rows


def rescan(anchore: Anchore, request: RescanRequest) -> Report:
    """Run the three steps; the report is complete whatever the outcome."""
    old = request.old_digest
    found = (
        find_by_digest(anchore, request.tag, old) if old else find_active_image(anchore, request)
    )
    if isinstance(found, Judgement):
        return _report(request, found)
    if len(found) == 1:
        return _gate(anchore, request, found[0])
    return _gate_platforms(anchore, request, found)


def _gate(anchore: Anchore, request: RescanRequest, found: Found) -> Report:
    # A record need not say its status: the next two requests answer 404 when it is unfinished.
    if (status := found.record.analysis_status) not in (None, "analyzed"):
        return _not_analyzed(request, found, status, Step.FIND_ACTIVE_IMAGE)
    refreshed = _refresh_vulnerabilities(anchore, request, found)
    return _regate(anchore, request, found, refreshed)


def _gate_platforms(anchore: Anchore, request: RescanRequest, found: list[Found]) -> Report:
    """All of them, since any may stop the image; of the lists the worst one alone is kept whole."""
    gated: list[Report] = []
    for number, platform in enumerate(found):
        report = _attempt(anchore.share(len(found) - number), request, platform)
        gated.append(replace(report, needed=is_needed(report, request)))
        worst = worst_first(gated)[0]
        gated = [each if each is worst else each.condensed() for each in gated]
    report = together(gated)
    if report.first_error is not None and report.outcome is not Outcome.STOP:
        raise report.first_error
    return report


def _attempt(anchore: Anchore, request: RescanRequest, platform: Found) -> Report:
    """The report; an error of one platform keeps no other one from its STOP."""
    try:
        return _gate(anchore, request, platform)
    except AnchoreError as error:
        judged = Judgement(Outcome.NOT_EVALUATED, str(error), error.cause)
        return replace(_report(request, judged, platform), error=error)


def _not_analyzed(request: RescanRequest, found: Found, status: str, step: Step) -> Report:
    if status in ("not_analyzed", "analyzing"):
        return _report(request, pending(f"the analysis is not finished: {status}", step), found)
    if status == "analysis_failed":
        reason = "the analysis failed: Anchore must analyze the image again"
        cause = FailureCause.ANALYSIS_FAILED
    else:
        reason = f"unknown analysis status {one_line(status, 100)!r}"
        cause = FailureCause.OTHER
    return _report(request, Judgement(Outcome.NOT_EVALUATED, reason, cause, step), found)


# --- refreshVulnerabilities


def _refresh_vulnerabilities(anchore: Anchore, request: RescanRequest, found: Found) -> _Refreshed:
    """A list that cannot be read does not keep the gate from running."""
    try:
        if found.digest in request.fresh_digests:
            plain = anchore.vulnerabilities(found.digest, request.vtype)
            return _Refreshed(plain, plainly_read=True)
        try:
            forced = anchore.refreshed_vulnerabilities(found.digest, request.vtype)
            return _Refreshed(forced, feeds=request.feeds, scanned=True)
        except AnchoreInterrupted:
            # The scan goes on in the server; its result is there for an unforced request.
            return _Refreshed(anchore.vulnerabilities(found.digest, request.vtype))
    except AnchoreError as error:
        return _Refreshed(None, error)


# --- regate


def _regate(
    anchore: Anchore, request: RescanRequest, found: Found, refreshed: _Refreshed
) -> Report:
    try:
        evaluation = anchore.evaluate(found.digest, request.tag, request.policy_id)
    except ImageNotAnalyzed as error:
        return _not_analyzed(request, found, error.analysis_status, Step.REGATE)
    judgement = _judged(evaluation, request, found, refreshed)
    if evaluation and request.stopped and judgement.outcome in (Outcome.GO, Outcome.WARN):
        refreshed = _as_it_stands(anchore, request, found, refreshed, evaluation)
        judgement = _judged(evaluation, request, found, refreshed)
    outcome = judgement.outcome
    report = _report(request, judgement, found)
    return replace(
        report,
        vulnerabilities=refreshed.vulnerabilities,
        vulnerabilities_problem=str(refreshed.error) if refreshed.error else None,
        final_action=outcome.value if outcome.is_verdict else None,
        policy_id=(evaluation and evaluation.policy_id) or request.policy_id,
        evaluation=evaluation,
        notes=(*found.notes, *((_LISTS_NOTHING,) if refreshed.is_empty else ())),
        feeds=refreshed.feeds,
        plainly_read=refreshed.plainly_read,
        scanned=refreshed.scanned,
    )


def _as_it_stands(
    anchore: Anchore,
    request: RescanRequest,
    found: Found,
    refreshed: _Refreshed,
    evaluation: Evaluation,
) -> _Refreshed:
    """The list behind a verdict that would end a STOP; empty, if scans have begun to fail since.

    An evaluation that names vulnerabilities shows that it had some.
    """
    if refreshed.is_empty or evaluation.names_vulnerabilities:
        return refreshed
    try:
        after = anchore.vulnerabilities(found.digest, request.vtype)
    except AnchoreError as error:
        return _Refreshed(None, error)
    return refreshed if after.rows else replace(refreshed, vulnerabilities=after)


def _judged(
    evaluation: Evaluation | None, request: RescanRequest, found: Found, refreshed: _Refreshed
) -> Judgement:
    if evaluation is None:
        reason = "Anchore answered an empty list of evaluations"
        return Judgement(Outcome.NOT_EVALUATED, reason, FailureCause.OTHER, Step.REGATE)
    return judge(
        evaluation,
        digest=found.digest,
        tag=request.tag,
        policy_id=request.policy_id,
        refresh_error=refreshed.error,
        # Of some kinds there may be none, beside findings of the others.
        is_list_empty=refreshed.is_empty and request.vtype == "all",
    )


def _report(request: RescanRequest, judgement: Judgement, found: Found | None = None) -> Report:
    return Report(
        tag=request.tag,
        trigger=request.trigger,
        outcome=judgement.outcome,
        reason=judgement.reason,
        image_digest=found.digest if found else None,
        policy_id=request.policy_id,
        notes=found.notes if found else (),
        team=(found and found.record.team) or request.team,
        cause=judgement.cause,
        failed_step=judgement.failed_step,
        vtype=request.vtype,
        parent_digest=found.record.parent_digest if found else None,
        current_digest=found.current_digest if found else None,
        platform=found.platform if found else None,
    )
