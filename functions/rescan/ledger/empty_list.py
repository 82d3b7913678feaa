"""Whether an empty vulnerability list is believed.

A scan that fails in Anchore is answered like an image without any vulnerability: 200 and an empty
list. The policy is then evaluated on nothing, and says go. So an empty list is no evidence for a
digest of which vulnerabilities were listed before, and ends no STOP, whatever the digest. A later
evaluation that agrees is: the feed was corrected, the findings were annotated, or the image that
the tag has moved to really has none.

Source: `scan_image_for_vulnerabilities` of anchore-engine, which answers `results=[]` when there is
no vulnerability database, no SBOM, or when its scanner fails.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from rescan.gate.model import Outcome, Step
from rescan.gate.report import Report
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.entry import Entry

# Longer than any repetition of the same message: SQS delays one for 15 minutes at most.
_AGREES_AFTER = timedelta(minutes=30)


def believed(report: Report, entry: Entry, now: datetime, *, ends_stop: bool = False) -> Report:
    """The report, or not_evaluated when its empty list contradicts what the entry remembers.

    `ends_stop`: a STOP would end by it. An empty list alone then does not count either.
    """
    if report.outcome is Outcome.STOP or not (why := _doubt(report, entry, ends_stop=ends_stop)):
        return report
    if entry.empty_list_at is not None and now - entry.empty_list_at >= _AGREES_AFTER:
        return report
    return replace(
        report,
        outcome=Outcome.NOT_EVALUATED,
        final_action=None,
        reason=f"Anchore answered {report.outcome}, which does not count: {why}",
        cause=FailureCause.SCAN_FAILED,
        failed_step=Step.REFRESH_VULNERABILITIES,
    )


def _doubt(report: Report, entry: Entry, *, ends_stop: bool) -> str | None:
    if contradicts(report, entry):
        return "it lists no vulnerability of an image that had some, as after a failed scan"
    if ends_stop and _rests_on_nothing(report):
        return "it lists no vulnerability, as after a failed scan, and would end a STOP"
    return None


def _rests_on_nothing(report: Report) -> bool:
    """Whether neither the list nor the evaluation shows that a scan has found anything."""
    names_some = report.evaluation is not None and report.evaluation.names_vulnerabilities
    return report.outcome.is_verdict and report.lists_nothing and not names_some


def contradicts(report: Report, entry: Entry) -> bool:
    """Whether a verdict rests on an empty list, and vulnerabilities of the digest were listed."""
    if not report.outcome.is_verdict or not report.lists_nothing:
        return False
    if entry.digest != report.image_digest:
        return False
    return bool(entry.listed) if report.vtype == "all" else report.vtype in entry.listed


def listed_after(entry: Entry, report: Report) -> tuple[str, ...]:
    """The kinds of vulnerabilities (`vtype`) that Anchore has listed of the digest by now."""
    has_rows = report.vulnerabilities is not None and not report.lists_nothing
    kinds = {report.vtype} if has_rows else set()
    if report.evaluation is not None and report.evaluation.names_vulnerabilities:
        kinds.add("all")
    is_kept = report.outcome is Outcome.STOP or not report.lists_nothing
    if entry.digest == report.image_digest and is_kept:
        kinds.update(entry.listed)
    return tuple(sorted(kinds))
