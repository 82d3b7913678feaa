"""Reads a list of policies, and which of them decides.

Source: Enterprise v2 `GET /v2/policies` (permission listPolicies). Anchore's description has a bare
array; other lists of v2 come in `items`.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from msgspec import Raw, Struct, json

from rescan.kernel.json_decoding import preload_decoders


class _Policy(Protocol):
    """What every reader asks of a policy."""

    @property
    def policy_id(self) -> str | None: ...

    @property
    def active(self) -> bool | None: ...


_Shape = TypeVar("_Shape")
_Named = TypeVar("_Named", bound=_Policy)


class _Items(Struct, frozen=True):
    items: list[Raw] = []


def policies_of(body: bytearray, shape: type[_Shape]) -> list[_Shape]:
    """Each policy of the answer, with the fields of the shape; it raises what decoding does."""
    is_bare = body.lstrip().startswith(b"[")
    rows = json.decode(body, type=list[Raw]) if is_bare else json.decode(body, type=_Items).items
    return [json.decode(row, type=shape) for row in rows]


def deciding(policies: Iterable[_Named], policy_id: str | None) -> _Named | None:
    """The policy of this id (None: the active one); None when there is none."""
    found = (p for p in policies if (p.policy_id == policy_id if policy_id else p.active))
    return next(found, None)


preload_decoders(list[Raw], _Items)
