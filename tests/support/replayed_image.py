"""The image of the recordings, served as the command asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rescan_cli.replay.server import ReplayServer
from tests.recordings import recording
from tests.support.run_command import CREDENTIALS

TAG = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/api:2.4.1"
DIGEST = "sha256:6201b80463787cac0cd3b55ea5180ea588e188bc5ff2da74832cac8e4d4573f4"


def variables(url: str, **more: str) -> dict[str, str]:
    """The environment for the Anchore at this URL."""
    return {**CREDENTIALS, "ANCHORE_URL": url, **more}


@contextmanager
def replayed(name: str) -> Iterator[dict[str, str]]:
    """The environment for a loopback Anchore that plays the recording."""
    dialect = "arazzo" if name.startswith("arazzo_") else "enterprise"
    with ReplayServer(recording(name)) as server:
        yield variables(server.url, ANCHORE_DIALECT=dialect)
