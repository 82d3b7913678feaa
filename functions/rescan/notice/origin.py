"""Who can act on findings: whoever maintains the base image, or the image's own team.

Anchore tells the two apart when it is asked to (BASE_IMAGE); where it does not, nothing is said.
"""

from collections.abc import Iterator

from rescan.gate.blocking_findings import BlockingFinding
from rescan.notice.paragraphs import counted

_BASE = "whoever maintains it acts"
_OWN = "the image's own team"


def who_acts(findings: tuple[BlockingFinding, ...], noun: str) -> Iterator[str]:
    """E.g. "11 of 12 findings come from the base image: whoever maintains it acts, ..."."""
    said = [finding.inherited_from_base for finding in findings]
    base, own, unreported = said.count(True), said.count(False), said.count(None)
    if not base + own:
        return
    doubt = f" Of {unreported:,} Anchore does not say." if unreported else ""
    yield f"{_from_the_base(base, len(said), noun)}: {_who(base, own)}.{doubt}"


def _from_the_base(base: int, of: int, noun: str) -> str:
    if of == 1:
        return f"The {noun} {'comes' if base else 'does not come'} from the base image"
    if base == of:
        return f"All {counted(of, noun)} come from the base image"
    if not base:
        return f"None of {counted(of, noun)} comes from the base image"
    return f"{base:,} of {counted(of, noun)} {'comes' if base == 1 else 'come'} from the base image"


def _who(base: int, own: int) -> str:
    if not base:
        return f"{_OWN} acts"
    return f"{_BASE}, {_OWN} on the own layers" if own else f"{_BASE}, then a rebuild"
