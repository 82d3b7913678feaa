"""Reads which data Anchore judges by: one small request for the feeds, one for the policies.

Source: Enterprise v2 `GET /v2/system/feeds`, a plain list that takes no permission. Each feed has
the checksum of its dataset since API 2.7.2; before it only `last_full_sync`, deprecated since.
`GET /v2/policies` (permission listPolicies) has when each policy was last edited; its allowlists
are a part of it.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from msgspec import Struct, json

from rescan.anchore.policies import deciding, policies_of
from rescan.anchore.transport import Query, Transport
from rescan.gate.data_version import DataVersion
from rescan.gate.model import Step
from rescan.kernel.clock import utc_moment_of
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError
from rescan.kernel.json_decoding import preload_decoders

_FEEDS = Query(Step.LIST_FEEDS, "/system/feeds")
_POLICIES = Query(Step.LIST_POLICIES, "/policies")
# A feed of malware changes no finding of a vulnerability.
_NOT_DECIDING = ("malware", "clamav")


class _Feed(Struct, frozen=True):
    name: str | None = None
    dataset_name: str | None = None
    dataset_checksum: str | None = None
    last_full_sync: str | None = None
    enterprise_received_at: str | None = None

    @property
    def decides(self) -> bool:
        called = f"{self.name} {self.dataset_name}".lower()
        return not any(word in called for word in _NOT_DECIDING)

    @property
    def version(self) -> str:
        return f"{self.name} {self.dataset_checksum or self.last_full_sync}"

    @property
    def received_at(self) -> datetime | None:
        return utc_moment_of(self.enterprise_received_at or self.last_full_sync)


class _Policy(Struct, frozen=True):
    policy_id: str | None = None
    active: bool | None = None
    last_updated: str | None = None


def read_data_version(
    transport: Transport, policy_id: str | None, deadline: Deadline
) -> DataVersion:
    """The version of what decides under this policy (None: the active one).

    AnchoreError when the feeds cannot be read; policies that cannot be are not known.
    """
    read = transport.ask(_FEEDS, lambda body: json.decode(body, type=list[_Feed]), deadline)
    feeds = [feed for feed in read if feed.decides]
    return DataVersion(
        feeds=_fingerprint(feed.version for feed in feeds),
        policy=_policy(transport, policy_id, deadline),
        received_at=max((at for feed in feeds if (at := feed.received_at)), default=None),
        has_checksums=bool(feeds) and all(feed.dataset_checksum for feed in feeds),
    )


def _policy(transport: Transport, policy_id: str | None, deadline: Deadline) -> str | None:
    try:
        policies = transport.ask(_POLICIES, lambda body: policies_of(body, _Policy), deadline)
    except AnchoreError:
        return None
    found = deciding(policies, policy_id)
    return f"{found.policy_id} {found.last_updated}" if found else None


def _fingerprint(versions: Iterable[str]) -> str:
    return sha256("\n".join(sorted(versions)).encode(errors="replace")).hexdigest()[:16]


preload_decoders(list[_Feed], _Policy)
