"""The mail of a RECOVERED: subject and body.

What is gone from the verdict need not be gone from the image, so each cause says what it means.
"""

from collections.abc import Iterator

from rescan.model import FindingKey, Outcome
from rescan.news import ClearedBy, ClearedFinding
from rescan.notice.facts import all_vulnerabilities, evaluation_facts, image_facts, remarks
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import items, joined, paragraph, share
from rescan.notice.recovery import Recovery
from rescan.notice.subject import short_name, subject
from rescan.notice.times import age, moment
from rescan.plain_text import one_line

__all__ = [
    "CLEARED",
    "recovered_body",
    "recovered_headline",
    "recovered_steps",
    "recovered_subject",
]

_MOST_FINDINGS = 40

CLEARED = {
    ClearedBy.FIXED: "fixed",
    ClearedBy.ALLOWLISTED: "allowlisted",
    ClearedBy.POLICY_CHANGED: "by a policy change",
    ClearedBy.NEW_DIGEST: "by a new digest",
}
_STILL_THERE = {
    ClearedBy.ALLOWLISTED: "allowlisted, not fixed: still in the image, held back by the allowlist"
    " alone.",
    ClearedBy.POLICY_CHANGED: "cleared by a change of the policy, not fixed: still in the image.",
    ClearedBy.NEW_DIGEST: "cleared by a new digest: still in whatever runs on the old one.",
}


def recovered_subject(recovery: Recovery, quote: Quote = str) -> str:
    """E.g. "RECOVERED: payments/api:2.4.1 is GO again"."""
    return subject("RECOVERED: ", recovery.news.tag, _is_now(recovery), quote)


def recovered_body(recovery: Recovery) -> str:
    """Paragraphs: what, what next, the facts, notes, the numbers, the findings by cause."""
    return joined(
        [
            paragraph(recovered_headline(recovery)),
            ["WHAT TO DO", *items(recovered_steps(recovery))],
            [*image_facts(recovery.news), *evaluation_facts(recovery.news, recovery.report)],
            items(remarks(recovery.report)),
            list(_numbers(recovery)),
            *_findings(recovery),
        ]
    )


def _is_now(recovery: Recovery) -> str:
    is_go = recovery.report.outcome is Outcome.GO
    return " is GO again" if is_go else " is WARN, no longer STOP"


def recovered_headline(recovery: Recovery, quote: Quote = str) -> str:
    """What the verdict is now, and how long it was a STOP."""
    news = recovery.news
    name = quote(one_line(short_name(news.tag), 400))
    is_now = f"RECOVERED: {name}{_is_now(recovery)}."
    if (since := news.first_stop_at) is None:
        return is_now
    until = f"from {moment(since)} to {moment(news.at)}"
    return f"{is_now} It was stopped for {age(since, news.at)}, {until}."


def recovered_steps(recovery: Recovery) -> Iterator[str]:
    """What the reader does next, and what is still in the image."""
    if recovery.report.outcome is Outcome.GO:
        yield "Nothing: the policy lets the image through."
    else:
        yield "Nothing at once: the policy lets the image through, and warns about it."
    counts = recovery.by_cause()
    for by, meaning in _STILL_THERE.items():
        if number := counts.get(by):
            yield f"{_share(recovery, number)} {meaning}"


def _share(recovery: Recovery, number: int) -> str:
    if recovery.is_whole:
        return share(number, recovery.total, "finding", "is", "are")
    return f"{number:,} or more of {recovery.total:,} findings are"


def _numbers(recovery: Recovery) -> Iterator[str]:
    if not recovery.cleared:
        yield from paragraph("No finding is on record for that STOP.")
    else:
        counts = ", ".join(f"{n:,} {CLEARED[by]}" for by, n in recovery.by_cause().items())
        of = "" if recovery.is_whole else f"{recovery.total:,}; {_on_record(recovery)}: "
        yield from paragraph(f"Cleared findings: {of}{counts}", hanging=2)
    yield from all_vulnerabilities(recovery.report)


def _on_record(recovery: Recovery) -> str:
    return f"the worst {len(recovery.cleared):,} are on record"


def _findings(recovery: Recovery) -> Iterator[list[str]]:
    """A paragraph for each cause that has a finding among the worst ones."""
    shown = recovery.cleared[:_MOST_FINDINGS]
    if not shown:
        return
    how_many = f"{len(shown):,} of {recovery.total:,} shown"
    yield [f"FINDINGS THAT NO LONGER STOP THE IMAGE ({how_many})"]
    for by in recovery.by_cause():
        if of_this := [finding for finding in shown if finding.by is by]:
            listed = [line for finding in of_this for line in _finding(finding)]
            yield [CLEARED[by].upper(), *listed]
    if len(shown) < recovery.total:
        yield [f"{how_many}, the worst ones."]


def _finding(finding: ClearedFinding) -> list[str]:
    key = finding.key
    rule = f"{one_line(key.gate, 40)}/{one_line(key.trigger, 40)}"
    return paragraph(f"- {_name(finding, key)}; {rule}", hanging=2)


def _name(finding: ClearedFinding, key: FindingKey) -> str:
    what = one_line(key.what, 240) or "not named"
    if key.gate.lower() != "vulnerabilities":
        return f"POLICY  {what}"
    vulnerability, _, package = what.partition("+")
    severity = "UNKNOWN" if finding.severity is None else finding.severity.name
    return f"{severity}  {vulnerability}  {package}".rstrip()
