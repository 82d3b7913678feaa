"""The findings that a policy's allowlists suppress, and until when: read from a check's answer.

Source: Enterprise v2, PolicyEvaluationFinding (`allowlist_match`), MappingRule (`allowlist_ids`)
and Policy (`allowlists`, whose items have `expires_on`). The verdict does not depend on any of it,
so what cannot be read is left out.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Raw, Struct

from rescan.gate.evaluation import Allowlisted, Finding
from rescan.kernel.clock import utc_moment_of
from rescan.kernel.json_decoding import NULL, lenient, preload_decoders


class _Matched(Struct, frozen=True):
    allowlist_match: Raw = NULL


class _Match(Struct, frozen=True):
    id: str = ""
    name: str = ""
    matched_rule_id: str = ""


class _Item(Struct, frozen=True):
    id: str = ""
    gate: str = ""
    trigger_id: str = ""
    expires_on: Raw = NULL
    description: Raw = NULL


class _Allowlist(Struct, frozen=True):
    id: str = ""
    name: str = ""
    items: list[Raw] = []


class _Policy(Struct, frozen=True):
    allowlists: list[Raw] = []


class _Mapping(Struct, frozen=True):
    allowlist_ids: list[str] = []


class AllowlistItems:
    """The allowlist items of a policy; the image is subject to the lists that `mapping` names."""

    def __init__(self, policy: Raw, mapping: Raw = NULL) -> None:
        # An item's id is unique within its list only.
        self._by_id: dict[tuple[str, str], _Item] = {}
        self._by_trigger: dict[tuple[str, str], list[tuple[_Match, _Item]]] = {}
        applied = (lenient(mapping, _Mapping) or _Mapping()).allowlist_ids
        for allowlist, item in _items(policy):
            self._by_id[allowlist.id, item.id] = item
            if allowlist.id in applied:
                match = _Match(allowlist.id, allowlist.name, item.id)
                key = (item.gate.lower(), item.trigger_id)
                self._by_trigger.setdefault(key, []).append((match, item))

    def holding(self, finding: Finding, raw: Raw) -> Iterator[Allowlisted]:
        """The item that the answer names (`raw` is the finding), then each other one that matches.

        At least one: an item that cannot be found suppresses the finding, end date unknown.
        """
        named = (lenient(raw, _Matched) or _Matched()).allowlist_match
        match = lenient(named, _Match) or _Match()
        yield _allowlisted(finding, match, self._by_id.get((match.id, match.matched_rule_id)))
        for other, item in self._matching(finding):
            if (other.id, other.matched_rule_id) != (match.id, match.matched_rule_id):
                yield _allowlisted(finding, other, item)

    def _matching(self, finding: Finding) -> Iterator[tuple[_Match, _Item]]:
        gate, (vulnerability, plus, _) = finding.gate.lower(), finding.trigger_id.partition("+")
        yield from self._by_trigger.get((gate, finding.trigger_id), ())
        if plus:  # for any package
            yield from self._by_trigger.get((gate, f"{vulnerability}+*"), ())


def _items(policy: Raw) -> Iterator[tuple[_Allowlist, _Item]]:
    for raw_list in (lenient(policy, _Policy) or _Policy()).allowlists:
        allowlist = lenient(raw_list, _Allowlist) or _Allowlist()
        items: Iterable[_Item | None] = (lenient(raw, _Item) for raw in allowlist.items)
        yield from ((allowlist, item) for item in items if item is not None)


def _allowlisted(finding: Finding, match: _Match, item: _Item | None) -> Allowlisted:
    ends, until = _end(item) if item else (None, None)
    return Allowlisted(
        finding=finding,
        allowlist=match.name or match.id,
        ends=ends,
        until=until,
        why=(lenient(item.description, str) or "") if item else "",
    )


def _end(item: _Item) -> tuple[bool | None, datetime | None]:
    """Whether the item ends, and when; (None, None) for an end that cannot be read."""
    if bytes(item.expires_on) == b"null":
        return False, None
    until = utc_moment_of(lenient(item.expires_on, str))
    return (True, until) if until else (None, None)


preload_decoders(_Matched, _Match, _Item, _Allowlist, _Policy, _Mapping)
