"""A recording whose answers have changed, and what the workflow makes of it."""

import json
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport
from rescan.gate.model import RescanRequest, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.gate.workflow import rescan
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.replay.har import Recording
from rescan_cli.replay.mount import replayed_session
from tests.recordings.situations import STOPPED

IMAGES, VULN, CHECK = "/images", "/vuln/all", "/check"


def drifted(recording: Recording, answer: str, change: Callable[[Any], Any]) -> Recording:
    """The recording with `change` made to the JSON of every answer whose path ends so."""
    entries = [
        replace(entry, body=json.dumps(change(json.loads(entry.body))).encode())
        if entry.path.endswith(answer)
        else entry
        for entry in recording.entries
    ]
    return replace(recording, entries=tuple(entries))


def reported(recording: Recording) -> Report:
    """The report of the workflow on the tag that most recordings are about."""
    auth = AnchoreAuth(lambda: '{"username": "u", "password": "p"}')
    transport = Transport(replayed_session(_with_history(recording)), "https://h/v2", auth)
    client = AnchoreClient(transport, EnterpriseDialect(), Deadline.after(60))
    tag = ImageTag.parse(STOPPED.full_tag)
    return rescan(client, RescanRequest(tag, Trigger(TriggerKind.DIRECT)))


def _with_history(recording: Recording) -> Recording:
    """A record whose parent has changed makes the workflow ask for the tag's history, too."""
    asked = ("history", "true")
    lists = [each for each in recording.entries if each.path.endswith(IMAGES)]
    history = [replace(e, query=(*e.query, asked)) for e in lists if asked not in e.query]
    return replace(recording, entries=(*recording.entries, *history))


def came_to(recording: Recording) -> str:
    """The outcome, or the name of the error."""
    try:
        return reported(recording).outcome.value
    except AnchoreError as error:
        return type(error).__name__
