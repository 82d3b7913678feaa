"""Everything that the function asks of a recording, in every setting, and what it was answered."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import requests
from msgspec import Struct

from rescan.anchore.active_tags import list_active_tags
from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.data_version import read_data_version
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Transport
from rescan.gate.model import RescanRequest, Trigger, TriggerKind
from rescan.gate.workflow import rescan
from rescan.kernel.clock import utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import RescanError
from rescan.kernel.image_tag import Digest, ImageTag
from rescan_cli.replay.mount import RouterAdapter
from rescan_cli.replay.router import NotRecorded, Replay
from tests.recordings import recording
from tests.recordings.facts import POLICY_ID
from tests.recordings.situations import BATCH, OLD, ORDERS, STOPPED, UNKNOWN

_TARGETS = [
    *((ImageTag.parse(image.full_tag), None) for image in (STOPPED, ORDERS, BATCH)),
    *((ImageTag.parse(image.full_tag), Digest(image.digest)) for image in (OLD, UNKNOWN)),
]
_DIALECTS = [
    EnterpriseDialect(),
    EnterpriseDialect(vendor_only=False),
    EnterpriseDialect(base_image=True),
]


class Exchange(Struct, frozen=True):
    """A request as it was sent, and its answer; None: the recording does not hold it."""

    request: requests.PreparedRequest
    response: requests.Response | None


class _Listening(RouterAdapter):
    """A replay on the session; each different request is kept once."""

    def __init__(self, replay: Replay) -> None:
        super().__init__(replay.answer)
        self.exchanges: dict[tuple[object, ...], Exchange] = {}

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        key = (request.method, request.url, request.body)
        self.exchanges.setdefault(key, Exchange(request, None))
        response = super().send(request, *args, **kwargs)
        assert response.content is not None  # read here, it can be read again
        self.exchanges[key] = Exchange(request, response)
        return response


def exchanges(name: str) -> list[Exchange]:
    """What was asked of the recording and answered from it."""
    listening = _Listening(Replay(recording(name)))
    with requests.Session() as session:
        session.mount("https://", listening)
        auth = AnchoreAuth(lambda: '{"username": "u", "password": "p"}')
        transport = Transport(session, "https://h/v2", auth, account="platform")
        with suppress(RescanError, NotRecorded):
            read_data_version(transport, None, Deadline.after(60))
        with suppress(RescanError, NotRecorded):
            read_inventory(transport, Deadline.after(60), utc_now(), timedelta(days=1))
        with suppress(RescanError, NotRecorded):
            list_active_tags(transport, Deadline.after(60))
        for client in _clients(transport):
            _ask_everything(client)
    return list(listening.exchanges.values())


def _clients(transport: Transport) -> Iterator[AnchoreClient]:
    for dialect in _DIALECTS:
        yield AnchoreClient(transport, dialect, Deadline.after(60))


def _ask_everything(client: AnchoreClient) -> None:
    for tag, old in _TARGETS:
        with suppress(NotRecorded):
            client.submit(tag, old, utc_now() if old else None)
        for policy_id in (None, POLICY_ID):
            request = RescanRequest(
                tag,
                Trigger(TriggerKind.DIRECT),
                policy_id=policy_id,
                old_digest=old,
                stopped=True,  # so that the list is read behind the verdict, too
            )
            with suppress(RescanError, NotRecorded):
                rescan(client, request)
