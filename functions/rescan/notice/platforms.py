"""The platforms of an image that has several, in words and as JSON; of one, nothing."""

from collections.abc import Iterator, Sequence

from rescan.gate.model import Outcome
from rescan.gate.platforms import in_short, outcome_of, worst_first
from rescan.gate.report import Report
from rescan.kernel.safe_text import one_line
from rescan.notice import result_shapes as shapes
from rescan.notice.content import Paragraph
from rescan.notice.foreign import foreign
from rescan.notice.mail import paragraph
from rescan.notice.wording import named

# An index has seldom more than eight.
MOST_PLATFORMS = 20
_MOST_SHOWN = 8
_LONGEST = 60


def on_platforms(names: Sequence[str]) -> str:
    """E.g. "on linux/arm64"; empty without a name."""
    return f"on {named(names, lambda name: foreign(name, _LONGEST))}" if names else ""


def where_it_stops(report: Report) -> str:
    """E.g. " on linux/arm64"; empty where all platforms stop, as of one."""
    stops = [each.platform or "" for each in report.platforms if each.outcome is Outcome.STOP]
    return f" {on_platforms(stops)}" if len(stops) < len(report.platforms) else ""


def platform_lines(report: Report | None) -> Iterator[tuple[str, str]]:
    """E.g. "linux/arm64: 3 findings", with the digest; the worst first."""
    shown = worst_first(report.platforms)[:_MOST_SHOWN] if report else ()
    for each in shown:
        name = foreign(each.platform or "", _LONGEST)
        yield f"{name}: {foreign(in_short(each), 200)}", foreign(each.image_digest or "", 80)
    if report and (more := len(report.platforms) - len(shown)):
        yield f"{more:,} further platforms", ""


def digest_facts(report: Report | None, digest: str | None) -> list[str]:
    """A line for each platform, or for the digest of the only one, if it is known."""
    one = [f"Digest {foreign(digest, 80)}"] if digest is not None else []
    return [f"{said} {each}" for said, each in platform_lines(report)] or one


def platform_digests(report: Report | None) -> Paragraph:
    """The same for a mail, each digest on a line of its own."""
    pairs = ((paragraph(said), digest) for said, digest in platform_lines(report))
    return [line for said, digest in pairs for line in (*said, *([digest] if digest else []))]


def decided_by(report: Report) -> str:
    """The platform whose vulnerabilities the report lists; empty of one."""
    return foreign(worst_first(report.platforms)[0].platform or "") if report.platforms else ""


def platform_results(report: Report) -> list[shapes.Platform]:
    """The worst first."""
    return [
        shapes.Platform(
            platform=one_line(each.platform or "", _LONGEST),
            digest=each.image_digest or "",
            outcome=outcome_of(each),
        )
        for each in worst_first(report.platforms)[:MOST_PLATFORMS]
    ]
