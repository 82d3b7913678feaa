"""What the function answers: the shapes that callers of the Lambda read."""

import json
from typing import Any

import msgspec

from rescan.events.gate_result import GateResult
from rescan.gate.model import VulnerabilityList
from rescan.gate.platforms import outcome_of, worst_first
from rescan.gate.report import Report
from rescan.kernel.json_decoding import MALFORMED

# Lambda refuses a synchronous answer above 6 MB; the rest of the answer is below 100 kB.
LARGEST_LIST_BYTES = 5_500_000


def result(gated: GateResult) -> dict[str, Any]:
    """One image of an event's answer; vulnerabilities are counts by severity, worst first.

    Without a report the reason says how the work ended.
    """
    report, rows = gated.report, gated.report and gated.report.vulnerabilities
    return {
        "tag": str(gated.tag),
        "outcome": gated.outcome and gated.outcome.value,
        "imageDigest": report and report.image_digest,
        "finalAction": report and report.final_action,
        "policyId": report and report.policy_id,
        "vulnerabilities": rows and rows.by_severity(),
        "notification": gated.notification.value,
        "reason": "; ".join((report.reason, *report.notes)) if report else gated.why,
        **_platforms(report),
    }


def in_full(gated: GateResult) -> dict[str, Any]:
    """A direct invocation's answer: the workflow's outputs by their names, and what they mean.

    `vulnerabilities` are Anchore's rows as it sent them, as many as fit into Lambda's answer;
    `vulnerabilitiesTotal` says how many there are. Of several platforms, the outputs are those of
    the one that decides.
    """
    report = gated.report
    if report is None:
        raise ValueError("work that a caller waits for always ends with a report")
    rows, total = _rows_that_fit(report.vulnerabilities)
    remarks = [report.reason, *report.notes]
    if rows is None and total:
        remarks.append(f"{total:,} vulnerabilities cannot be shown: their JSON is malformed")
    elif rows is not None and len(rows) < total:
        remarks.append(f"{len(rows):,} of {total:,} vulnerabilities fit into this answer")
    return {
        "imageDigest": report.image_digest,
        "vulnerabilities": rows,
        "finalAction": report.final_action,
        "outcome": report.outcome.value,
        "notification": gated.notification.value,
        "reason": "; ".join(remarks),
        "policyId": report.policy_id,
        "vulnerabilitiesTotal": total,
        **_platforms(report),
    }


def _platforms(report: Report | None) -> dict[str, Any]:
    """Only of an image that has several, the worst first."""
    if report is None or not report.platforms:
        return {}
    platforms = [
        {"platform": each.platform, "digest": each.image_digest, "outcome": outcome_of(each)}
        for each in worst_first(report.platforms)
    ]
    return {"platforms": platforms}


def _rows_that_fit(listed: VulnerabilityList | None) -> tuple[list[Any] | None, int]:
    if listed is None:
        return None, 0
    try:
        rows = msgspec.json.decode(listed.document)
    except MALFORMED:  # in a field that nothing else here reads
        return None, len(listed.rows)
    room = LARGEST_LIST_BYTES
    for number, row in enumerate(rows):
        # Lambda's runtime encodes the answer with the standard library's encoder.
        room -= len(json.dumps(row)) + 2
        if room < 0:
            return rows[:number], len(rows)
    return rows, len(rows)
