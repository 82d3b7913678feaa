"""The outputs of a replayed recording and those of the live run, for comparison."""

from msgspec import Struct
from msgspec.structs import replace

from rescan.anchore.client import AnchoreClient
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.transport import Transport
from rescan.gate.model import VulnerabilityList
from rescan.gate.report import Report
from rescan.gate.workflow import rescan
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError
from rescan.kernel.image_tag import ImageTag
from rescan_cli.connection import Connection
from rescan_cli.exit_status import of_error
from rescan_cli.gating import request_of
from rescan_cli.recording.redaction import HOST, Redactor
from rescan_cli.replay.har import ReplayError, recording_in
from rescan_cli.replay.mount import replayed_session


class Outputs(Struct, frozen=True):
    """The workflow's outputs, and the outcome.

    An error counts by its exit status: a request without an answer is recorded as a 504, which is
    an error of another class.
    """

    outcome: str
    image_digest: str | None = None
    final_action: str | None = None
    vulnerabilities: str | None = None


def outputs_live(result: Report | AnchoreError, redactor: Redactor) -> Outputs:
    """Those of the live run, redacted like its recording."""
    live = _outputs(result)
    return replace(
        live,
        image_digest=live.image_digest and redactor.text(live.image_digest),
        vulnerabilities=live.vulnerabilities and redactor.body(live.vulnerabilities),
    )


def outputs_replayed(text: str, tag: str, connection: Connection, redactor: Redactor) -> Outputs:
    """Those of a replay, in this process, of the file with this text."""
    settings = connection.settings
    policy_id = settings.policy_id and redactor.text(settings.policy_id)
    try:
        session = replayed_session(recording_in(text.encode(), "the recording"))
        auth = AnchoreAuth(lambda: connection.secret)
        transport = Transport(session, f"https://{HOST}/v2", auth)
        client = AnchoreClient(transport, connection.dialect, Deadline.after(connection.seconds))
        request = request_of(settings, ImageTag.parse(tag))
        return _outputs(rescan(client, replace(request, policy_id=policy_id)))
    except AnchoreError as error:
        return _outputs(error)
    except (ReplayError, ValueError) as error:
        return Outputs(str(error))


def _outputs(result: Report | AnchoreError) -> Outputs:
    if isinstance(result, AnchoreError):
        return Outputs(f"an error with status {of_error(result)}")
    return Outputs(
        result.outcome.value,
        result.image_digest,
        result.final_action,
        _document(result.vulnerabilities),
    )


def _document(listed: VulnerabilityList | None) -> str | None:
    """The rows as they were sent; None also when they are no UTF-8 and so are redacted as bytes."""
    try:
        return None if listed is None else bytes(listed.document).decode()
    except UnicodeDecodeError:
        return None
