"""The Anchore that the options and the environment name, asked as the function asks it.

Nothing here knows AWS: what only asks Anchore cannot publish.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import click

from rescan.anchore.build import dialect_of, transport_of
from rescan.anchore.client import AnchoreClient
from rescan.anchore.dialect import Dialect
from rescan.anchore.http_deadlines import TimedAdapter
from rescan.anchore.transport import Transport, new_session
from rescan.kernel.deadline import Deadline
from rescan.settings import Settings
from rescan_cli.credentials import secret_of
from rescan_cli.options import Chosen

# What Settings requires of the function: the command reads no secret, has no topic, sweeps nothing.
_OF_THE_FUNCTION = {
    "ANCHORE_SECRET_ARN": "arn:aws:secretsmanager:::none",
    "STOP_TOPIC_ARN": "arn:aws:sns:::none",
    "WATCHED_TAGS": "none",
}
_SHARED = (
    "ANCHORE_URL",
    "ANCHORE_DIALECT",
    "ANCHORE_ACCOUNT",
    "POLICY_ID",
    "VULNERABILITY_TYPE",
    "VENDOR_ONLY",
    "BASE_IMAGE",
    "WATCH",
    "RUNNING_WITHIN_HOURS",
    "TEAM_ANNOTATION",
    "TEAMS",
    "CA_BUNDLE",
    "MAX_BODY_MB",
    "READ_TIMEOUT_SECONDS",
)
_OF_ANCHORECTL = {"ANCHORE_URL": "ANCHORECTL_URL", "ANCHORE_ACCOUNT": "ANCHORECTL_ACCOUNT"}


@dataclass(frozen=True)
class Connection:
    """What asks Anchore; `secret` is the JSON that holds the credentials."""

    settings: Settings
    secret: str
    transport: Transport
    dialect: Dialect
    seconds: float

    def client(self) -> AnchoreClient:
        """The workflow's view of it, for one image from now on."""
        return AnchoreClient(self.transport, self.dialect, Deadline.after(self.seconds))


def connect(
    chosen: Chosen, environment: Mapping[str, str], adapter: TimedAdapter | None = None
) -> Connection:
    """SettingsError or SecretUnusable when it cannot be; nothing is sent yet."""
    settings = settings_of(chosen, environment)
    secret = secret_of(environment)
    if not settings.encrypted:
        click.echo("ANCHORE_URL is no https URL: the credentials travel unencrypted.", err=True)
    transport = transport_of(settings, lambda: secret, new_session(adapter))
    return Connection(settings, secret, transport, dialect_of(settings), chosen.timeout)


def settings_of(chosen: Chosen, environment: Mapping[str, str]) -> Settings:
    """The options, else the function's own variables, else anchorectl's."""
    said = {name: environment.get(name, "") for name in _SHARED}
    for ours, theirs in _OF_ANCHORECTL.items():
        said[ours] = said[ours] or environment.get(theirs, "")
    options = {
        "ANCHORE_URL": chosen.url,
        "ANCHORE_ACCOUNT": chosen.account,
        "CA_BUNDLE": chosen.ca_bundle,
        "POLICY_ID": chosen.policy,
        "VULNERABILITY_TYPE": chosen.vtype,
    }
    given = {name: value for name, value in options.items() if value is not None}
    return Settings.parse({**_OF_THE_FUNCTION, **said, **given})
