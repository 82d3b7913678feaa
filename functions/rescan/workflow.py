"""The workflow: find the active image of a tag, refresh its vulnerabilities, gate it again.

It follows the Arazzo workflow "rescan-active-image-and-gate" step by step and knows neither
HTTP nor AWS: what it asks Anchore goes through the `Anchore` port. What can go wrong there is
an `AnchoreError`; those that it does not turn into an outcome pass through to the handler.
"""

from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from rescan.errors import AnchoreError, AnchoreInterrupted, ImageNotAnalyzed, ImageUnknown
from rescan.image_tag import Digest, ImageTag
from rescan.model import (
    Evaluation,
    ImageRecord,
    Outcome,
    Report,
    RescanRequest,
    VulnerabilityList,
)
from rescan.verdict import judge

__all__ = ["Anchore", "rescan"]


class Anchore(Protocol):
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


class _Refreshed(Struct, frozen=True):
    vulnerabilities: VulnerabilityList | None
    problem: str | None = None


def rescan(anchore: Anchore, request: RescanRequest) -> Report:
    """Run the three steps; the report is complete whatever the outcome."""
    begun = Report(
        tag=request.tag,
        trigger=request.trigger,
        outcome=Outcome.NOT_EVALUATED,
        reason="",
        policy_id=request.policy_id,
    )
    found = _find_active_image(anchore, request, begun)
    if found.image_digest is None or found.reason:
        return found  # a reason is there: the workflow ends here
    refreshed = _refresh_vulnerabilities(anchore, found.image_digest, request.vtype)
    return _regate(anchore, found.image_digest, refreshed, request, found)


# --- findActiveImage


def _find_active_image(anchore: Anchore, request: RescanRequest, report: Report) -> Report:
    """The report with the image's digest; with a reason too when the workflow ends here."""
    try:
        listed = anchore.active_images(request.tag)
    except ImageUnknown:
        listed = []
    image = _newest_that_bears(request.tag, listed)
    if image is None:
        return replace(
            report,
            outcome=Outcome.NOT_FOUND,
            reason=f"Anchore has no active image with the tag {request.tag}",
        )
    report = replace(report, image_digest=image.digest, notes=_unverified(image))
    if request.digest is not None and request.digest not in (image.digest, image.parent_digest):
        report = _when_another_was_pushed(report, request, image)
    # A record need not say its status: the next two requests answer 404 when it is unfinished.
    if report.reason or image.analysis_status in (None, "analyzed"):
        return report
    return _when_not_analyzed(report, image.analysis_status)


def _newest_that_bears(tag: ImageTag, listed: list[ImageRecord]) -> ImageRecord | None:
    """Never trust the server's filter: a parameter that it does not know, it ignores.

    Among equals max() keeps the first, which is Anchore's own order (newest first), and the
    document's rule for records that carry no tags.
    """
    bearing = [image for image in listed if image.bears(tag)]
    return max(bearing, key=lambda image: image.detected_at(tag) or _LONG_AGO, default=None)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _unverified(image: ImageRecord) -> tuple[str, ...]:
    if image.tags is None:
        return ("this dialect's records carry no tags: the image's tag is not verified",)
    return ()


def _when_another_was_pushed(report: Report, request: RescanRequest, image: ImageRecord) -> Report:
    """The trigger names a digest that the tag does not bear: a newer push, or Anchore is late."""
    pushed_at, detected_at = request.trigger.at, image.detected_at(request.tag)
    if pushed_at is not None and detected_at is not None and detected_at > pushed_at:
        note = (
            f"the push of {request.digest} is superseded: since {detected_at.isoformat()}"
            f" the tag is on {image.digest}, which was evaluated instead"
        )
        return replace(report, notes=(*report.notes, note))
    return replace(
        report,
        outcome=Outcome.PENDING,
        image_digest=None,
        reason=f"Anchore has not caught up: the tag is on {image.digest}, not on {request.digest}",
    )


def _when_not_analyzed(report: Report, status: str) -> Report:
    if status in ("not_analyzed", "analyzing"):
        return replace(
            report, outcome=Outcome.PENDING, reason=f"the analysis is not finished: {status}"
        )
    reason = (
        "the analysis failed: Anchore must analyze the image again"
        if status == "analysis_failed"
        else f"unknown analysis status {status!r}"
    )
    return replace(report, outcome=Outcome.NOT_EVALUATED, reason=reason)


# --- refreshVulnerabilities


def _refresh_vulnerabilities(anchore: Anchore, digest: Digest, vtype: str) -> _Refreshed:
    """The fresh list; or why it cannot be read, which does not keep the gate from running."""
    try:
        try:
            return _Refreshed(anchore.refreshed_vulnerabilities(digest, vtype))
        except AnchoreInterrupted:
            # The scan goes on in the server; its result is there for an unforced request.
            return _Refreshed(anchore.vulnerabilities(digest, vtype))
    except AnchoreError as error:
        return _Refreshed(None, str(error))


# --- regate


def _regate(
    anchore: Anchore,
    digest: Digest,
    refreshed: _Refreshed,
    request: RescanRequest,
    report: Report,
) -> Report:
    report = replace(
        report,
        vulnerabilities=refreshed.vulnerabilities,
        vulnerabilities_problem=refreshed.problem,
        notes=(*report.notes, *_suspiciously_empty(refreshed)),
    )
    try:
        evaluation = anchore.evaluate(digest, request.tag, request.policy_id)
    except ImageNotAnalyzed as error:
        return _when_not_analyzed(report, error.analysis_status)
    if evaluation is None:
        return replace(report, reason="Anchore answered an empty list of evaluations")
    outcome, reason = judge(
        evaluation,
        digest=digest,
        tag=request.tag,
        policy_id=request.policy_id,
        refresh_problem=refreshed.problem,
    )
    evaluated = outcome in (Outcome.STOP, Outcome.WARN, Outcome.GO)
    return replace(
        report,
        outcome=outcome,
        reason=reason,
        final_action=outcome.value if evaluated else None,
        policy_id=evaluation.policy_id or request.policy_id,
        evaluation=evaluation,
    )


def _suspiciously_empty(refreshed: _Refreshed) -> tuple[str, ...]:
    """A scan that failed is answered 200 with an empty list: say so, the gate decides."""
    if refreshed.vulnerabilities is not None and not refreshed.vulnerabilities.rows:
        return ("Anchore lists no vulnerability at all; a scan that failed there looks the same",)
    return ()
