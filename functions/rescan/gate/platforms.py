"""The platforms of one image: which records are of it, and what their reports come to. Pure.

All records that bear the tag and have the newest one's parent, the digest of the index that was
pushed, are one image. The worst outcome is the image's:

    one platform stops                     STOP, whatever became of the others
    one ended with an error                the error, as if the image had one platform alone
    one has no verdict                     not_evaluated or pending: never a WARN or a GO
    one is not analyzed, and does not run  it is named, and the others decide

Source: docs/anchore-rules.md; docs/decisions/platforms.md says what else there was.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from rescan.gate.evaluation import Evaluation
from rescan.gate.model import ImageRecord, Outcome, RescanRequest
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import UNROUTED

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_WORST_FIRST = (
    Outcome.STOP,
    Outcome.NOT_EVALUATED,
    Outcome.PENDING,
    Outcome.WARN,
    Outcome.GO,
)


# --- which records are of the image


def newest_that_bears(tag: ImageTag, listed: Iterable[ImageRecord]) -> ImageRecord | None:
    """Never trust the server's filter: a parameter that it does not know, it ignores.

    Among equals the first one, which is Anchore's own order (newest first), and the document's
    rule for records that carry no tags.
    """
    bearing = [image for image in listed if image.bears(tag)]
    return max(bearing, key=lambda image: _detected(image, tag), default=None)


def of_one_image(tag: ImageTag, listed: Iterable[ImageRecord]) -> list[ImageRecord]:
    """The newest record and those of the other platforms of its index, newest first."""
    newest = newest_that_bears(tag, every := {image.digest: image for image in listed}.values())
    if newest is None or not newest.is_of_index:
        return [newest] if newest else []
    same = [i for i in every if i.bears(tag) and i.parent_digest == newest.parent_digest]
    return sorted(same, key=lambda image: _detected(image, tag), reverse=True)


def _detected(image: ImageRecord, tag: ImageTag) -> datetime:
    return image.detected_at(tag) or _LONG_AGO


def platform_names(records: Sequence[ImageRecord]) -> list[str]:
    """E.g. "linux/arm64"; where two have one name, or none is known, the digest's beginning too."""
    numbers = Counter(record.platform for record in records)
    return [
        record.platform
        if record.platform and numbers[record.platform] == 1
        else f"{record.platform or 'unknown'} ({record.digest[:19]})"
        for record in records
    ]


# --- what their reports come to


def is_needed(report: Report, request: RescanRequest) -> bool:
    """Whether the image has no verdict without this platform's.

    One that Anchore has not analyzed is needed while it runs, and while the analysis is awaited.
    """
    if report.outcome.is_verdict or report.image_digest in request.running:
        return True
    if report.cause is FailureCause.ANALYSIS_FAILED:
        return False
    return report.outcome is not Outcome.PENDING or request.awaits_analysis


def worst_first(reports: Iterable[Report]) -> list[Report]:
    """The first one decides; those that are as bad stay in their order."""
    return sorted(reports, key=lambda each: (not each.needed, _WORST_FIRST.index(each.outcome)))


def together(platforms: Sequence[Report]) -> Report:
    """The report on the image: the worst one, with what the others add to it.

    Digest, vulnerabilities and final action are those of the platform that decides.
    """
    worst = worst_first(platforms)[0]
    notes = (note for platform in platforms for note in platform.notes)
    return replace(
        worst,
        reason="; ".join(f"{each.platform}: {in_short(each)}" for each in platforms),
        evaluation=_evaluation(worst, platforms),
        notes=tuple(dict.fromkeys(notes)),
        team=next((each.team for each in platforms if each.team != UNROUTED), UNROUTED),
        platform=None,
        platforms=tuple(platforms),
    )


def in_short(platform: Report) -> str:
    """E.g. "3 findings", "go", or why it has no verdict."""
    evaluation = platform.evaluation
    if platform.outcome is Outcome.STOP and evaluation is not None and evaluation.stopping:
        number = evaluation.stopping
        return "1 finding" if number == 1 else f"{number:,} findings"
    if platform.outcome in (Outcome.WARN, Outcome.GO):
        return platform.outcome.value
    return one_line(platform.reason, 300)


def outcome_of(platform: Report) -> str:
    """Its outcome; one that Anchore has not analyzed, and that is not needed, has none."""
    return platform.outcome.value if platform.needed else "not_analyzed"


def _evaluation(worst: Report, platforms: Sequence[Report]) -> Evaluation | None:
    """That of the platform that decides, with the findings of all that have a verdict."""
    if worst.evaluation is None or not worst.outcome.is_verdict:
        return worst.evaluation
    judged = [each.evaluation for each in platforms if each.outcome.is_verdict and each.evaluation]
    as_bad = [e.evaluation for e in platforms if e.outcome is worst.outcome and e.evaluation]
    return replace(
        worst.evaluation,
        final_action_reason=_reason(worst, judged, as_bad),
        problems=tuple(problem for each in as_bad for problem in each.problems or ()),
        findings=tuple(finding for each in judged for finding in each.findings),
        findings_problem=next((e.findings_problem for e in as_bad if e.findings_problem), None),
        allowlisted=tuple(one for each in judged for one in each.allowlisted),
    )


def _reason(worst: Report, judged: list[Evaluation], as_bad: list[Evaluation]) -> str | None:
    """One denylist stops the image; only allowlists of every platform let the image pass."""
    if worst.outcome is Outcome.STOP:
        deciding = (each for each in as_bad if each.is_denylisted)
    else:
        deciding = (each for each in judged if not each.is_allowlisted)
    return next(deciding, as_bad[0]).final_action_reason
