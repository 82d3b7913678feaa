"""What the reader of a notice does next, by cause and by what can be done about the findings."""

from collections.abc import Iterator

from rescan.notice.stop import Cause, Stop
from rescan.notice.stopping import StoppingFinding
from rescan.plain_text import one_line

__all__ = ["next_steps"]

_MOST_RECOMMENDATIONS = 3

_BY_CAUSE = {
    Cause.DENYLIST: "Take another image, or ask the owner of the policy why this one is on the"
    " denylist. While it is there, no fix of a package changes the verdict.",
    Cause.EVALUATION_PROBLEM: "Show the problem below to whoever runs Anchore: the policy must be"
    " evaluated without it before anybody knows whether the image is good.",
    Cause.FINDINGS_UNREADABLE: "Look the digest up in Anchore: why it stops the image is there.",
    Cause.NOT_SAID: "Look the digest up in Anchore, under policy compliance: its answer gives no"
    " reason.",
}


def next_steps(stop: Stop) -> list[str]:
    """One sentence or two each, the most useful first."""
    steps = [] if stop.cause is Cause.FINDINGS else [_BY_CAUSE[stop.cause]]
    steps += _for_findings(stop.findings)
    steps += _recommendations(stop.findings)
    return [*steps, "This notice changes nothing by itself: what runs already goes on running."]


def _for_findings(findings: tuple[StoppingFinding, ...]) -> Iterator[str]:
    packages = [finding for finding in findings if finding.vulnerability]
    fixable = [finding for finding in packages if finding.fixed_in]
    if fixable:
        have = _that("has", "have", fixable, findings)
        yield f"{have} a fix: update, rebuild and push the image."
    if inherited := [finding for finding in fixable if finding.inherited_from_base]:
        are = _that("is", "are", inherited, findings)
        yield f"{are} fixable in the base image: take a newer one."
    if unfixable := [finding for finding in packages if finding.listed and not finding.fixed_in]:
        lack = _that("lacks", "lack", unfixable, findings)
        yield (
            f"{lack} a fix: remove the package, or ask the owner of the policy for an allowlist"
            " entry."
        )
    if unknown := [finding for finding in packages if not finding.listed]:
        lack = _that("lacks", "lack", unknown, findings)
        yield f"{lack} details here: look the digest up in Anchore for versions and fixes."
    if others := [f for f in findings if not f.vulnerability]:
        are = _that("is", "are", others, findings)
        yield f"{are} not about a vulnerability: change the image as the list says."


def _that(
    one: str, several: str, some: list[StoppingFinding], findings: tuple[StoppingFinding, ...]
) -> str:
    """How many of the findings, and the verb: "2 of 6 findings have", "The finding has"."""
    if len(findings) == 1:
        return f"The finding {one}"
    if len(some) == len(findings):
        return f"Every finding {one}"
    return f"{len(some):,} of {len(findings):,} findings {one if len(some) == 1 else several}"


def _recommendations(findings: tuple[StoppingFinding, ...]) -> Iterator[str]:
    """What the policy's authors wrote on their rules; one rule, and so one text, has many."""
    written = dict.fromkeys(f.recommendation for f in findings if f.recommendation)
    for recommendation in list(written)[:_MOST_RECOMMENDATIONS]:
        yield f"The policy says: {one_line(recommendation, 240)}"
