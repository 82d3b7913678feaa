"""One run of the workflow, whoever runs it: what was asked on the wire, and what came out."""

from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace

from rescan_cli.replay.har import Entry, Pairs, Recording
from rescan_cli.replay.router import Replay
from tests.recordings import recording
from tests.recordings.facts import POLICY_ID

TAG = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/api:2.4.1"
SECRET = '{"username": "demo", "password": "demo-only"}'
AUTHORIZATION = "Basic ZGVtbzpkZW1vLW9ubHk="
# Ours alone: the workflow does not know them.
_OPTIONAL = {"vendor_only", "base_digest"}


class Asked(Struct, frozen=True):
    """A request on the wire; the query in no order, without the optional parameters of ours."""

    method: str
    path: str
    query: Pairs
    authorization: str | None

    @classmethod
    def of(cls, request: httpx.Request) -> "Asked":
        """The request, as far as two runs must agree on it."""
        query = [p for p in request.url.params.multi_items() if p[0] not in _OPTIONAL]
        authorization = request.headers.get("Authorization")
        return cls(request.method, request.url.path, tuple(sorted(query)), authorization)

    def __str__(self) -> str:
        return f"{self.method} {self.path}?" + "&".join("=".join(pair) for pair in self.query)


class Outputs(Struct, frozen=True, rename="camel"):
    """The workflow's three outputs; None: it ended without that one."""

    image_digest: str | None = None
    vulnerabilities: list[Any] | None = None
    final_action: str | None = None


class Run(Struct, frozen=True):
    """What two runs must agree on."""

    asked: tuple[Asked, ...]
    outputs: Outputs


class ListeningReplay(Replay):
    """A replay that keeps what was asked, credentials included."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording)
        self.asked: list[Asked] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(Asked.of(request))
        return super().answer(request)


def replayed(name: str) -> Recording:
    """The recording, as it also answers without our parameters, and with the policy named."""
    recorded = recording(name)
    policy = ("policyId" if name.startswith("arazzo_") else "policy_id", POLICY_ID)
    plain = [
        _asked(e, tuple(p for p in e.query if p[0] not in _OPTIONAL)) for e in recorded.entries
    ]
    checks = [e for e in (*recorded.entries, *plain) if e.path.endswith("/check")]
    named = [_asked(e, (*e.query, policy)) for e in checks if policy not in e.query]
    return replace(recorded, entries=(*recorded.entries, *plain, *named))


def _asked(entry: Entry, query: Pairs) -> Entry:
    return replace(entry, query=query)
