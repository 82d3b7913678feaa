"""Whether an empty vulnerability list is believed.

A scan that fails in Anchore is answered like an image without any vulnerability: 200 and an empty
list. The policy is then evaluated on nothing, and says go. So an empty list is no evidence for a
digest of which vulnerabilities were listed before, and ends no STOP, whatever the digest. A later
evaluation that agrees is, if Anchore's scanner works: the feed was corrected, or the image that the
tag has moved to really has none. That it works is seen by any other scan that has found some since:

    one has                               30 minutes after the doubt began
    none has, nor has any scan of an      3 days after that: where no other image has any
    image of another tag for 30 days      vulnerability, nobody can see whether scans work

Source: `scan_image_for_vulnerabilities` of anchore-engine, which answers `results=[]` when there is
no vulnerability database, no SBOM, or when its scanner fails.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from rescan.gate.model import Outcome, Step
from rescan.gate.report import Report, Scan
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.entry import Entry

# Longer than any repetition of the same message: SQS delays one for 15 minutes at most.
_AGREES_AFTER = timedelta(minutes=30)
# Longer than a weekend, in which nobody mends a scanner.
_AGREES_ALONE_AFTER = timedelta(days=3)
# Those of whom nothing was listed for so long are gone.
_ARE_THERE = timedelta(days=30)


def believed(
    report: Report,
    entry: Entry,
    now: datetime,
    scans: tuple[Scan, ...] | None,
    *,
    ends_stop: bool = False,
) -> Report:
    """The report, or not_evaluated when its empty list contradicts what the entry remembers.

    `scans` are the last ones that listed vulnerabilities, of whatever image; None: not known.
    `ends_stop`: a STOP would end by it. An empty list alone then does not count either. A note says
    why one is believed in the end.
    """
    if report.outcome is Outcome.STOP or not (why := _doubt(report, entry, ends_stop=ends_stop)):
        return report
    if basis := _agreement(report.tag, entry.empty_list_at, now, scans):
        return replace(report, notes=(*report.notes, basis))
    return replace(
        report,
        outcome=Outcome.NOT_EVALUATED,
        final_action=None,
        reason=f"Anchore answered {report.outcome}, which does not count: {why}",
        cause=FailureCause.SCAN_FAILED,
        failed_step=Step.REFRESH_VULNERABILITIES,
    )


def _agreement(
    tag: ImageTag, since: datetime | None, now: datetime, scans: tuple[Scan, ...] | None
) -> str | None:
    """On what it rests that the list is empty, as it is `since` then; None: it is doubted still."""
    if scans is None or since is None or now - since < _AGREES_AFTER:
        return None
    lists = f"It has listed none of this image since {since:%Y-%m-%d %H:%M} UTC"
    if any(scan.at > since for scan in scans):
        return f"{lists}, and other scans have found some in the meantime"
    others = (scan for scan in scans if scan.tag != str(tag) and now - scan.at < _ARE_THERE)
    if now - since >= _AGREES_ALONE_AFTER and not any(others):
        return f"{lists}, nor has any other scan found one: see that scans work in Anchore"
    return None


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
    kinds = {report.vtype} if report.lists_some else set()
    if report.evaluation is not None and report.evaluation.names_vulnerabilities:
        kinds.add("all")
    is_kept = report.outcome is Outcome.STOP or not report.lists_nothing
    if entry.digest == report.image_digest and is_kept:
        kinds.update(entry.listed)
    return tuple(sorted(kinds))
