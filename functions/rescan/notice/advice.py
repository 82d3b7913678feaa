"""What readers can do about findings, of one image and of many: who acts, and what to update.

Anchore tells base image and own layers apart when it is asked to (BASE_IMAGE); where it does not,
nothing is said of them.
"""

from collections.abc import Iterator, Sequence

from rescan.gate.blocking_findings import BlockingFinding
from rescan.notice.foreign import foreign
from rescan.notice.paragraphs import counted
from rescan.outbox.group import Group

_BASE = "whoever maintains it acts"
_OWN = "the image's own team"


def ownership(findings: Sequence[BlockingFinding], noun: str) -> Iterator[str]:
    """E.g. "11 of 12 findings come from the base image: whoever maintains it acts, ..."."""
    inherited = [finding.inherited_from_base for finding in findings]
    base, own, unreported = (inherited.count(value) for value in (True, False, None))
    if not base + own:
        return
    doubt = f" For {unreported:,}, Anchore does not say." if unreported else ""
    yield f"{_from_the_base(base, len(findings), noun)}: {_who(base, own)}.{doubt}"


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


def update_of_many(group: Group) -> str | None:
    """E.g. "Update nss-tools to 3.53.2, rebuild and push"; None where no fix is known."""
    packages, fixes = group.packages(), group.fixes()
    if not packages or not fixes:
        return None
    what = "the packages" if packages[1:] else foreign(packages[0])
    to = "the versions with the fix" if fixes[1:] else foreign(fixes[0])
    return f"Update {what} to {to}, rebuild and push"
