"""The mail of a RECOVERED: subject and body.

What is gone from the verdict need not be gone from the image, so each cause says what it means.
"""

from collections.abc import Iterator

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome
from rescan.kernel.safe_text import one_line
from rescan.ledger.changes import ClearedBy, ClearedFinding
from rescan.notice.ahead import ahead
from rescan.notice.changed import changed
from rescan.notice.facts import (
    all_vulnerabilities,
    digests,
    evaluation_facts,
    image_facts,
    remarks,
    row,
)
from rescan.notice.markdown import Quote
from rescan.notice.paragraphs import items, joined, paragraph, share
from rescan.notice.recovery import Recovery
from rescan.notice.subject import name_in_text, subject
from rescan.notice.times import age, moment

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
    """Paragraphs: what and what to do, what is still there, the findings by cause, the facts."""
    news, report = recovery.news, recovery.report
    first, *still_there = recovered_steps(recovery)
    return joined(
        [
            [*paragraph(recovered_headline(recovery)), *paragraph(first)],
            items(still_there),
            *_findings(recovery),
            changed(news),
            list(_numbers(recovery)),
            items(remarks(report)),
            [*image_facts(news), *_stopped(recovery), *evaluation_facts(news, report)],
            list(digests(news)),
        ]
    )


def _is_now(recovery: Recovery) -> str:
    is_go = recovery.report.outcome is Outcome.GO
    return " is GO again" if is_go else " is WARN, no longer STOP"


def recovered_headline(recovery: Recovery, quote: Quote = str) -> str:
    """What the verdict is now, and how long it was a STOP."""
    news = recovery.news
    name = quote(name_in_text(news.tag))
    since = news.first_stop_at
    after = f", after {age(since, news.at)} of STOP" if since else ""
    return f"RECOVERED: {name}{_is_now(recovery)}{after}."


def recovered_steps(recovery: Recovery, quote: Quote = str) -> list[str]:
    """What the reader does next, what is still in the image, and what will stop it again."""
    return [_next_step(recovery), *_still_there(recovery), *_ahead(recovery, quote)]


def _next_step(recovery: Recovery) -> str:
    if recovery.report.outcome is Outcome.GO:
        return "Nothing to do: the policy lets the image through."
    return "Nothing to do at once: the policy lets the image through, and warns about it."


def _still_there(recovery: Recovery) -> Iterator[str]:
    counts = recovery.by_cause()
    for by, meaning in _STILL_THERE.items():
        if number := counts.get(by):
            yield f"{_share(recovery, number)} {meaning}"


def _ahead(recovery: Recovery, quote: Quote) -> Iterator[str]:
    look = recovery.report.expiry(recovery.news.at)
    return ahead(look, f"{recovery.report.outcome.name} only until", quote)


def _stopped(recovery: Recovery) -> list[str]:
    since = recovery.news.first_stop_at
    return row("Stopped", f"{moment(since)} to {moment(recovery.news.at)}") if since else []


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
