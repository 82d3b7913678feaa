"""Whether an empty vulnerability list is believed.

A scan that fails in Anchore is answered like an image without any vulnerability: 200 and an empty
list. The policy is then evaluated on nothing, and says go. So an empty list is no evidence for a
digest of which vulnerabilities were listed before. A later evaluation that agrees is: the feed was
corrected, or the findings were annotated.

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


def believed(report: Report, entry: Entry, now: datetime) -> Report:
    """The report, or not_evaluated when its empty list contradicts what the entry remembers."""
    if report.outcome is Outcome.STOP or not contradicts(report, entry):
        return report
    if entry.empty_list_at is not None and now - entry.empty_list_at >= _AGREES_AFTER:
        return report
    return replace(
        report,
        outcome=Outcome.NOT_EVALUATED,
        final_action=None,
        reason=f"Anchore answered {report.outcome}, which does not count: it lists no vulnerability"
        " of an image that had some, as after a failed scan",
        cause=FailureCause.SCAN_FAILED,
        failed_step=Step.REFRESH_VULNERABILITIES,
    )


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
