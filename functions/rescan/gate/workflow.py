"""The workflow: find the active image of a tag, refresh its vulnerabilities, gate it again.

It follows the Arazzo workflow "rescan-active-image-and-gate" step by step and knows neither
HTTP nor AWS: what it asks Anchore goes through the `Anchore` port. What can go wrong there is
an `AnchoreError`; those that it does not turn into an outcome pass through to the handler.
"""

from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.active_image import (
    is_newer_than_the_push,
    newest_that_bears,
    superseded,
    unverified,
)
from rescan.gate.evaluation import Evaluation
from rescan.gate.model import ImageRecord, Outcome, RescanRequest, Step, VulnerabilityList
from rescan.gate.old_digest import TagHistory, find_by_digest
from rescan.gate.report import Report
from rescan.gate.verdict import Judgement, judge
from rescan.kernel.errors import AnchoreError, AnchoreInterrupted, ImageNotAnalyzed, ImageUnknown
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.safe_text import one_line

_LISTS_NOTHING = "Anchore lists no vulnerability at all; a scan that failed there looks the same"


class Anchore(TagHistory, Protocol):
    """What the workflow asks; each call raises `AnchoreError`."""

    def active_images(self, tag: ImageTag) -> list[ImageRecord]:
        """The active images that Anchore lists for the tag, in its order."""
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


class _Found(Struct, frozen=True):
    """The image to gate; `notes` are what its report must say, `team` what Anchore says of it.

    `current_digest` is what the tag is on, of an image from which it has moved on.
    """

    digest: Digest
    notes: tuple[str, ...] = ()
    team: str | None = None
    parent_digest: Digest | None = None
    current_digest: Digest | None = None


class _Refreshed(Struct, frozen=True):
    """The fresh list, or why it cannot be read; `feeds` and `plainly_read` as in the report."""

    vulnerabilities: VulnerabilityList | None
    error: AnchoreError | None = None
    feeds: str | None = None
    plainly_read: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the list was read and has no row."""
        return self.vulnerabilities is not None and not self.vulnerabilities.rows


def rescan(anchore: Anchore, request: RescanRequest) -> Report:
    """Run the three steps; the report is complete whatever the outcome."""
    found = (
        _find_old_image(anchore, request, request.old_digest)
        if request.old_digest
        else _find_active_image(anchore, request)
    )
    if isinstance(found, Report):
        return found
    refreshed = _refresh_vulnerabilities(anchore, request, found)
    return _regate(anchore, request, found, refreshed)


# --- findActiveImage


def _find_active_image(anchore: Anchore, request: RescanRequest) -> _Found | Report:
    """The image that bears the tag, or the report of a workflow that ends here."""
    image = newest_that_bears(request.tag, _listed(anchore, request.tag))
    if image is None:
        reason = f"Anchore has no active image with the tag {request.tag}"
        return _report(request, _absent(reason))
    found = _Found(image.digest, unverified(image), image.team, image.parent_digest)
    if request.digest not in (None, image.digest, image.parent_digest):
        if not is_newer_than_the_push(image, request):
            reason = (
                f"Anchore has not caught up: the tag is on {image.digest}, not {request.digest}"
            )
            return _report(request, _pending(reason, Step.FIND_ACTIVE_IMAGE))
        found = replace(found, notes=(*found.notes, superseded(image, request)))
    return _analyzed(request, found, image.analysis_status)


def _listed(anchore: Anchore, tag: ImageTag) -> list[ImageRecord]:
    try:
        return anchore.active_images(tag)
    except ImageUnknown:
        return []


def _find_old_image(anchore: Anchore, request: RescanRequest, digest: Digest) -> _Found | Report:
    """The image that runs under the tag, or the report of a workflow that ends here."""
    found = find_by_digest(anchore, request.tag, digest)
    if isinstance(found, Judgement):
        return _report(request, found)
    image = found.record
    old = _Found(
        image.digest, (), image.team, image.parent_digest, current_digest=found.current_digest
    )
    return _analyzed(request, old, image.analysis_status)


def _analyzed(request: RescanRequest, found: _Found, status: str | None) -> _Found | Report:
    # A record need not say its status: the next two requests answer 404 when it is unfinished.
    if status in (None, "analyzed"):
        return found
    return _not_analyzed(request, found, status, Step.FIND_ACTIVE_IMAGE)


def _not_analyzed(request: RescanRequest, found: _Found, status: str, step: Step) -> Report:
    if status in ("not_analyzed", "analyzing"):
        return _report(request, _pending(f"the analysis is not finished: {status}", step), found)
    if status == "analysis_failed":
        reason = "the analysis failed: Anchore must analyze the image again"
        cause = FailureCause.ANALYSIS_FAILED
    else:
        reason = f"unknown analysis status {one_line(status, 100)!r}"
        cause = FailureCause.OTHER
    return _report(request, Judgement(Outcome.NOT_EVALUATED, reason, cause, step), found)


def _absent(reason: str) -> Judgement:
    cause = FailureCause.NOT_FOUND
    return Judgement(Outcome.NOT_FOUND, reason, cause, Step.FIND_ACTIVE_IMAGE)


def _pending(reason: str, step: Step) -> Judgement:
    return Judgement(Outcome.PENDING, reason, FailureCause.NOT_ANALYZED, step)


# --- refreshVulnerabilities


def _refresh_vulnerabilities(anchore: Anchore, request: RescanRequest, found: _Found) -> _Refreshed:
    """A list that cannot be read does not keep the gate from running."""
    try:
        if found.digest == request.fresh_digest:
            plain = anchore.vulnerabilities(found.digest, request.vtype)
            return _Refreshed(plain, plainly_read=True)
        try:
            forced = anchore.refreshed_vulnerabilities(found.digest, request.vtype)
            return _Refreshed(forced, feeds=request.feeds)
        except AnchoreInterrupted:
            # The scan goes on in the server; its result is there for an unforced request.
            return _Refreshed(anchore.vulnerabilities(found.digest, request.vtype))
    except AnchoreError as error:
        return _Refreshed(None, error)


# --- regate


def _regate(
    anchore: Anchore, request: RescanRequest, found: _Found, refreshed: _Refreshed
) -> Report:
    try:
        evaluation = anchore.evaluate(found.digest, request.tag, request.policy_id)
    except ImageNotAnalyzed as error:
        return _not_analyzed(request, found, error.analysis_status, Step.REGATE)
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
    )


def _judged(
    evaluation: Evaluation | None, request: RescanRequest, found: _Found, refreshed: _Refreshed
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


def _report(request: RescanRequest, judgement: Judgement, found: _Found | None = None) -> Report:
    return Report(
        tag=request.tag,
        trigger=request.trigger,
        outcome=judgement.outcome,
        reason=judgement.reason,
        image_digest=found.digest if found else None,
        parent_digest=found.parent_digest if found else None,
        current_digest=found.current_digest if found else None,
        policy_id=request.policy_id,
        notes=found.notes if found else (),
        team=(found and found.team) or request.team,
        cause=judgement.cause,
        failed_step=judgement.failed_step,
        vtype=request.vtype,
    )
