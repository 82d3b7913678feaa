"""Why an image is stopped, and what its readers do: by cause, and by what mends the findings."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from rescan.gate.blocking_findings import BlockingFinding
from rescan.gate.report import Report
from rescan.notice.advice import ownership, update_of_many
from rescan.notice.foreign import foreign
from rescan.notice.paragraphs import share
from rescan.outbox.envelope import IssueKind
from rescan.outbox.group import Group

_MOST_RECOMMENDATIONS = 3


class StopCause(StrEnum):
    """Why Anchore stops the image; what to do next depends on it.

    The denylist comes first: as long as the image is on it, no fix of a finding helps.
    """

    DENYLIST = "denylisted"
    FINDINGS = "findings"
    EVALUATION_PROBLEM = "evaluation problem"
    FINDINGS_UNREADABLE = "findings not available"
    NOT_SAID = "no reason given"

    @classmethod
    def of(cls, report: Report) -> "StopCause":
        """The first that holds."""
        evaluation = report.evaluation
        if evaluation and evaluation.is_denylisted:
            return cls.DENYLIST
        if report.blocking:
            return cls.FINDINGS
        if evaluation and evaluation.errors:
            return cls.EVALUATION_PROBLEM
        if evaluation and evaluation.findings_problem:
            return cls.FINDINGS_UNREADABLE
        return cls.NOT_SAID


REASONS = {
    StopCause.DENYLIST: "{} is on the policy's denylist",
    StopCause.EVALUATION_PROBLEM: "Anchore could not evaluate the policy on {}",
    StopCause.FINDINGS_UNREADABLE: "Anchore stops {}; its findings are not available",
    StopCause.NOT_SAID: "Anchore stops {} and names no finding",
}
_STEPS = {
    StopCause.DENYLIST: "Take another image, or ask the owner of the policy why this one is on the"
    " denylist. While it is there, no fix of a package changes the verdict.",
    StopCause.EVALUATION_PROBLEM: "Show the evaluation problem to whoever runs Anchore: the policy"
    " must be evaluated without it before anybody knows whether the image is good.",
    StopCause.FINDINGS_UNREADABLE: "Look the digest up in Anchore: why it stops the image is"
    " there.",
    StopCause.NOT_SAID: "Look the digest up in Anchore, under policy compliance: its answer gives"
    " no reason.",
}


def step_for_cause(cause: StopCause) -> list[str]:
    """What to do where findings are not, or not alone, what stops the image."""
    return [_STEPS[cause]] if cause in _STEPS else []


def steps_for_findings(findings: Sequence[BlockingFinding], noun: str) -> Iterator[str]:
    """One sentence or two each, the most useful first."""
    yield from _by_fix(findings, noun)
    yield from ownership(findings, noun)
    # What the policy's authors wrote on their rules; one rule, and so one text, has many findings.
    written = dict.fromkeys(f.recommendation for f in findings if f.recommendation)
    for recommendation in list(written)[:_MOST_RECOMMENDATIONS]:
        yield f"The policy says: {foreign(recommendation, 240)}"


def _by_fix(findings: Sequence[BlockingFinding], noun: str) -> Iterator[str]:
    def share_of(some: list[BlockingFinding], one: str, several: str) -> str:
        return share(len(some), len(findings), noun, one, several)

    packages = [finding for finding in findings if finding.vulnerability]
    fixable = [finding for finding in packages if finding.fixed_in]
    if fixable:
        inherited = sum(bool(finding.inherited_from_base) for finding in fixable)
        yield f"{share_of(fixable, 'has', 'have')} {_fix(len(fixable), inherited)}"
    if unfixable := [finding for finding in packages if finding.listed and not finding.fixed_in]:
        lack = share_of(unfixable, "lacks", "lack")
        yield (
            f"{lack} a fix: remove the package, or ask the owner of the policy for an allowlist"
            " entry."
        )
    if unknown := [finding for finding in packages if not finding.listed]:
        lack = share_of(unknown, "lacks", "lack")
        yield f"{lack} details here: look the digest up in Anchore for versions and fixes."
    if others := [f for f in findings if not f.vulnerability]:
        are = share_of(others, "is", "are")
        yield f"{are} not about a vulnerability: change the image as the list says."


def _fix(fixable: int, inherited: int) -> str:
    if not inherited:
        return "a fix: update, rebuild and push the image."
    if inherited == fixable:
        return "a fix in the base image: take a newer one, rebuild and push."
    return f"a fix, {inherited:,} of them in the base image: update both, rebuild and push."


def step_for_many(group: Group) -> str:
    """What mends all images of the group, or most of them."""
    if group.issue is None:
        return _look_at_each(group)
    if group.issue.kind is IssueKind.POLICY:
        return (
            "They are what they were: if the policy was not meant to change so, have its owner take"
            " the change back."
        )
    if (update := update_of_many(group)) is not None:
        return f"{update}; one newer base image may mend many."
    if not group.packages():
        return "Change them as the finding says."
    if group.fix_available is None:
        return "Look the finding up in Anchore: nothing is known here of a fix."
    return (
        "No fix is known: remove the package, or ask the owner of the policy for an allowlist"
        " entry."
    )


def _look_at_each(group: Group) -> str:
    fixable = sum(bool(envelope.fix_available) for envelope in group.envelopes)
    if not fixable:
        return "No fix is known here: look each of them up in Anchore."
    have = share(fixable, len(group.members), "image", "has", "have")
    return f"{have} a finding with a fix: update, rebuild and push."
