"""One image through the workflow, as a direct invocation of the function would take it."""

from rescan.events.commands import Gate
from rescan.gate.model import RescanRequest, Trigger, TriggerKind
from rescan.gate.report import Report
from rescan.gate.workflow import rescan
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.settings import Settings
from rescan_cli.connection import Connection
from rescan_cli.progress import watched


def gate(connection: Connection, tag: ImageTag, digest: Digest | None = None) -> Report:
    """The report on the image; AnchoreError. Nothing is published."""
    with watched(connection.client()) as anchore:
        return rescan(anchore, request_of(connection.settings, tag, digest))


def request_of(settings: Settings, tag: ImageTag, digest: Digest | None = None) -> RescanRequest:
    """The workflow's inputs."""
    return Gate(tag, Trigger(TriggerKind.DIRECT), digest).request(settings)
