"""What the reader of a STOP does next, by cause and by what can be done about the findings."""

from collections.abc import Iterator

from rescan.gate.blocking_findings import BlockingFinding
from rescan.kernel.safe_text import one_line
from rescan.notice.markdown import Quote
from rescan.notice.origin import who_acts
from rescan.notice.paragraphs import share
from rescan.notice.stop import Stop, StopCause

_MOST_RECOMMENDATIONS = 3

_BY_CAUSE = {
    StopCause.DENYLIST: "Take another image, or ask the owner of the policy why this one is on the"
    " denylist. While it is there, no fix of a package changes the verdict.",
    StopCause.EVALUATION_PROBLEM: "Show the evaluation problem to whoever runs Anchore: the policy"
    " must be evaluated without it before anybody knows whether the image is good.",
    StopCause.FINDINGS_UNREADABLE: "Look the digest up in Anchore: why it stops the image is"
    " there.",
    StopCause.NOT_SAID: "Look the digest up in Anchore, under policy compliance: its answer gives"
    " no reason.",
}


def next_steps(stop: Stop, quote: Quote = str) -> list[str]:
    """One sentence or two each, the most useful first."""
    steps = [] if stop.cause is StopCause.FINDINGS else [_BY_CAUSE[stop.cause]]
    steps += _for_findings(stop.told, stop.noun)
    steps += who_acts(stop.told, stop.noun)
    steps += _recommendations(stop.told, quote)
    return [*steps, "This notice changes nothing by itself: what runs already goes on running."]


def _for_findings(findings: tuple[BlockingFinding, ...], noun: str) -> Iterator[str]:
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


def _recommendations(findings: tuple[BlockingFinding, ...], quote: Quote) -> Iterator[str]:
    """What the policy's authors wrote on their rules; one rule, and so one text, has many."""
    written = dict.fromkeys(f.recommendation for f in findings if f.recommendation)
    for recommendation in list(written)[:_MOST_RECOMMENDATIONS]:
        yield f"The policy says: {quote(one_line(recommendation, 240))}"
