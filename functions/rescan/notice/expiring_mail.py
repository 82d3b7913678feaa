"""The mail of an EXPIRING: subject and body."""

from collections.abc import Iterator

from rescan.kernel.safe_text import one_line
from rescan.notice.ahead import end_of, on, unsure
from rescan.notice.expiring import Expiring
from rescan.notice.facts import digests, evaluation_facts, image_facts, remarks
from rescan.notice.findings_list import MOST_FINDINGS, listed, named
from rescan.notice.markdown import Quote
from rescan.notice.origin import who_acts
from rescan.notice.paragraphs import counted, items, joined, paragraph, share
from rescan.notice.subject import name_in_text, subject
from rescan.notice.times import age, moment


def expiring_subject(expiring: Expiring, quote: Quote = str) -> str:
    """E.g. "EXPIRING: GO until 2026-12-01, then STOP (critical): payments/api:2.4.1"."""
    first = expiring.look.soon[0]
    severity = f" ({worst})" if (worst := first.findings[0].severity) else ""
    until = f"{expiring.report.outcome.name} until {first.until.date().isoformat()}"
    return subject(f"EXPIRING: {until}, then STOP{severity}: ", expiring.news.tag, quote=quote)


def expiring_body(expiring: Expiring) -> str:
    """Paragraphs: what and what to do, the findings by their end, what else to do, the facts."""
    first, *others = expiring_steps(expiring)
    return joined(
        [
            [*paragraph(expiring_headline(expiring)), *paragraph(first)],
            *_findings(expiring),
            ["WHAT ELSE TO DO", *items(others)],
            items([*later(expiring), *unsure(expiring.look), *remarks(expiring.report)]),
            [*image_facts(expiring.news), *evaluation_facts(expiring.news, expiring.report)],
            list(digests(expiring.news)),
        ]
    )


def expiring_headline(expiring: Expiring, quote: Quote = str) -> str:
    """How bad, until when the image is good, and what stops it then."""
    first = expiring.look.soon[0]
    severity = f", {worst}" if (worst := first.findings[0].severity) else ""
    name = quote(name_in_text(expiring.news.tag))
    until = f"{expiring.report.outcome.name} until {moment(first.until)}"
    return f"EXPIRING{severity}: {name} is {until}, then STOP on {on(first.findings, quote)}."


def expiring_steps(expiring: Expiring, quote: Quote = str) -> Iterator[str]:
    """What the reader does next, the most useful first."""
    findings = expiring.findings
    fixable = [finding for finding in findings if finding.fixed_in]
    if fixable:
        have = share(len(fixable), len(findings), "finding", "has", "have")
        yield f"{have} a fix: update, rebuild and push the image before then."
    if len(fixable) < len(findings):
        lack = share(len(findings) - len(fixable), len(findings), "finding", "lacks", "lack")
        yield f"{lack} a known fix: take what is found out of the image before then."
    lists = dict.fromkeys(name for end in expiring.look.soon for name in end.allowlists if name)
    of = f" of {named([quote(one_line(name, 80)) for name in lists])}" if lists else ""
    yield (
        "If the risk is accepted for longer, have the owner of the policy give the allowlist item"
        f"{of} a later end."
    )
    yield from who_acts(findings, "finding")
    yield "This notice changes nothing by itself; it comes once a day while it holds."


def _findings(expiring: Expiring) -> Iterator[list[str]]:
    """A paragraph for each near end, of the findings that still find room."""
    number = 0
    for ending in expiring.look.soon:
        shown = ending.findings[: MOST_FINDINGS - number]
        if not shown:
            break
        how_long = age(expiring.look.now, ending.until)
        how_many = f"{how_long}; {len(shown):,} of {len(ending.findings):,} shown"
        yield [
            f"ALLOWLISTED UNTIL {moment(ending.until)} ({how_many})",
            *listed(shown, number + 1),
        ]
        number += len(shown)
    if number < len(expiring.findings):
        yield [f"{number:,} of {len(expiring.findings):,} shown, those that end first."]


def later(expiring: Expiring) -> Iterator[str]:
    """How many findings end after the near ones, and when the first of them."""
    further = expiring.look.endings[len(expiring.look.soon) :]
    if further:
        number = sum(len(ending.findings) for ending in further)
        are = f"{counted(number, 'further finding')} {'is' if number == 1 else 'are'}"
        yield f"{are} allowlisted until {end_of(further[0], expiring.look)} at least"
