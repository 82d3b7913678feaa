"""moto's server, which breaks off its connections as told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from tests.lab.faults.loopback import BreakingServer
from tests.support.aws_server import SESSION, Moto

_numbers = count(1)
_SECRET = {"username": "watcher", "password": "s3cr3t-pass"}


@dataclass(frozen=True)
class Aws:
    """Where it is, and the secret that it holds."""

    url: str
    secret_arn: str


@contextmanager
def moto_server() -> Iterator[Aws]:
    """A server of its own; what it holds, all of this process's share: names must differ."""
    with BreakingServer(Moto()) as server:
        secrets = SESSION.client("secretsmanager", endpoint_url=server.url)
        name = f"faults-{next(_numbers)}"
        secret = secrets.create_secret(Name=name, SecretString=json.dumps(_SECRET))
        yield Aws(server.url, secret["ARN"])
