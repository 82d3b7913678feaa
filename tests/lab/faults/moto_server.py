"""moto's server, with a quicker way from a request to the service that it is for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from tests.lab.faults.loopback import BreakingServer
from tests.support.aws_server import SESSION

_numbers = count(1)
_SECRET = {"username": "watcher", "password": "s3cr3t-pass"}


@dataclass(frozen=True)
class Aws:
    """Where it is, and the secret that it holds."""

    url: str
    secret_arn: str


class _Dispatcher(DomainDispatcherApplication):
    """moto looks through the files of all its services for each request: half of its time."""

    @cache  # noqa: B019 - it lives as long as the tests
    def get_backend_for_host(self, host: str | None) -> object:
        return super().get_backend_for_host(host)


@contextmanager
def moto_server() -> Iterator[Aws]:
    """A server of its own; what it holds, all of this process's share: names must differ."""
    with BreakingServer(_Dispatcher(create_backend_app)) as server:
        secrets = SESSION.client("secretsmanager", endpoint_url=server.url)
        name = f"faults-{next(_numbers)}"
        secret = secrets.create_secret(Name=name, SecretString=json.dumps(_SECRET))
        yield Aws(server.url, secret["ARN"])
