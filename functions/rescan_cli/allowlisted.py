"""What a policy's allowlists let pass, and until when, read from the answer of a check.

Source: Enterprise v2, PolicyEvaluationFinding (`allowlist_match`) and Policy (`allowlists`, whose
items have `expires_on`). The verdict does not hang on any of it, so what cannot be read is left
out.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Raw, Struct, json

from rescan.malformed import MALFORMED

__all__ = ["Allowlisted", "allowlisted"]

_Type = TypeVar("_Type")
_NULL = Raw(b"null")


class Allowlisted(Struct, frozen=True, kw_only=True):
    """A finding that would count, and the entry that keeps it from counting.

    `entry_found`: only then does `until` None mean that the entry has no end.
    """

    rule: str
    what: str
    action: str
    allowlist: str
    entry_found: bool
    until: datetime | None = None
    why: str = ""


class _Match(Struct, frozen=True):
    id: str = ""
    name: str = ""
    matched_rule_id: str = ""


class _Finding(Struct, frozen=True):
    gate: str = ""
    trigger: str = ""
    trigger_id: str = ""
    message: str = ""
    action: str = ""
    allowlisted: bool = False
    allowlist_match: Raw = _NULL


class _Item(Struct, frozen=True):
    id: str = ""
    expires_on: datetime | None = None
    description: str | None = None


class _Allowlist(Struct, frozen=True):
    id: str = ""
    items: list[Raw] = []


class _Policy(Struct, frozen=True):
    allowlists: list[Raw] = []


class _Details(Struct, frozen=True):
    findings: list[Raw] = []
    policy: Raw = _NULL


class _Evaluation(Struct, frozen=True):
    details: Raw = _NULL


class _Check(Struct, frozen=True):
    evaluations: list[_Evaluation]


def allowlisted(check: bytes) -> tuple[Allowlisted, ...]:
    """The allowlisted findings of the newest evaluation, those that end first at the front."""
    answer = _read(check, _Check)
    if answer is None or not answer.evaluations:
        return ()
    details = _read(answer.evaluations[0].details, _Details) or _Details()
    entries = dict(_entries(details.policy))
    found = (_read(finding, _Finding) for finding in details.findings)
    passed = {_passed(one, entries): None for one in found if one is not None and one.allowlisted}
    return tuple(sorted(passed, key=lambda one: (one.until is None, one.until, one.what)))


def _passed(finding: _Finding, entries: dict[tuple[str, str], _Item]) -> Allowlisted:
    match = _read(finding.allowlist_match, _Match) or _Match()
    entry = entries.get((match.id, match.matched_rule_id))
    is_vulnerability = finding.gate.lower() == "vulnerabilities"
    return Allowlisted(
        rule=f"{finding.gate}/{finding.trigger}",
        what=finding.trigger_id if is_vulnerability else finding.message,
        action=finding.action,
        allowlist=match.name or match.id,
        entry_found=entry is not None,
        until=_aware(entry.expires_on) if entry else None,
        why=(entry.description or "") if entry else "",
    )


def _entries(policy: Raw) -> Iterator[tuple[tuple[str, str], _Item]]:
    """The items by the ids of their list and their own: an item's is unique in its list alone."""
    for raw_list in (_read(policy, _Policy) or _Policy()).allowlists:
        allowlist = _read(raw_list, _Allowlist) or _Allowlist()
        for raw_item in allowlist.items:
            if (item := _read(raw_item, _Item)) is not None:
                yield (allowlist.id, item.id), item


def _aware(moment: datetime | None) -> datetime | None:
    """Servers that name no zone mean UTC."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(raw: Raw | bytes, wanted: type[_Type]) -> _Type | None:
    try:
        return json.decode(raw, type=wanted)
    except MALFORMED:
        return None
