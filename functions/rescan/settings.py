"""The environment variables, parsed once into one frozen object; an empty one counts as unset.

Each field's Meta holds what an error says is expected and an example; docs/parameters.md is
held against them.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from rescan.kernel.due_days import DueDays
from rescan.kernel.errors import SettingsError
from rescan.kernel.team import Teams
from rescan.kernel.ui_link import UiLink
from rescan.kernel.watch_list import Watch, WatchList
from rescan.kernel.web_address import is_service_url

VulnerabilityType = Literal["os", "non-os", "all"]
_READ_FURTHER = {
    "watched_tags": "watch_list",
    "teams": "routes",
    "due_days": "due_terms",
    "anchore_ui_link": "ui_link",
}


def _says(expected: str, example: str, **limits: Any) -> Meta:
    return Meta(description=expected, examples=[example], **limits)


class Settings(Struct, frozen=True, kw_only=True):
    """What the deployment decides. Build it with `Settings.parse`."""

    anchore_url: Annotated[
        str, _says("an http(s) URL, with or without /v2", "https://anchore.example.com")
    ]
    anchore_secret_arn: Annotated[
        str,
        _says(
            "the ARN of a Secrets Manager secret",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore-AbCdEf",
            pattern="^arn:[^:]+:secretsmanager:",
        ),
    ]
    stop_topic_arn: Annotated[
        str,
        _says(
            "the ARN of an SNS topic",
            "arn:aws:sns:eu-central-1:123456789012:stops",
            pattern="^arn:[^:]+:sns:",
        ),
    ]
    anchore_dialect: Annotated[
        Literal["enterprise", "arazzo"], _says("enterprise or arazzo", "enterprise")
    ] = "enterprise"
    anchore_account: Annotated[str | None, _says("the name of an Anchore account", "platform")] = (
        None
    )
    policy_id: Annotated[
        str | None, _says("the id of a policy of Anchore's", "anchore_secure_default")
    ] = None
    vulnerability_type: Annotated[VulnerabilityType, _says("os, non-os or all", "all")] = "all"
    vendor_only: Annotated[bool, _says("true or false", "true")] = True
    base_image: Annotated[bool, _says("true or false", "false")] = False
    watched_tags: Annotated[
        str, _says("tags or * patterns, separated by commas", "team/app:1.4,*/payments/*")
    ] = ""
    watch: Annotated[Watch, _says("active, running or all", "all")] = "all"
    running_within_hours: Annotated[
        int, _says("a whole number of hours from 1 to 720", "24", ge=1, le=720)
    ] = 24
    ca_bundle: Annotated[
        str | None, _says("the path of a PEM file in the function", "/opt/ca.pem")
    ] = None
    max_body_mb: Annotated[int, _says("a whole number from 1 to 1024", "64", ge=1, le=1024)] = 64
    read_timeout_seconds: Annotated[
        int, _says("a whole number from 1 to 900", "120", ge=1, le=900)
    ] = 120
    work_queue_url: Annotated[
        str | None,
        _says(
            "the URL of an SQS queue, together with LEDGER_TABLE",
            "https://sqs.eu-central-1.amazonaws.com/123456789012/rescan-work",
        ),
    ] = None
    push_queue_url: Annotated[
        str | None,
        _says(
            "the URL of an SQS queue for pushes, beside WORK_QUEUE_URL",
            "https://sqs.eu-central-1.amazonaws.com/123456789012/rescan-pushes",
        ),
    ] = None
    ledger_table: Annotated[
        str | None,
        _says("the name of a DynamoDB table, together with WORK_QUEUE_URL", "rescan-ledger"),
    ] = None
    max_concurrency: Annotated[int, _says("a whole number, 1 or more", "2", ge=1)] = 2
    push_concurrency: Annotated[int, _says("a whole number, 1 or more", "2", ge=1)] = 2
    sweep_hours: Annotated[int, _says("a whole number of hours, 1 or more", "6", ge=1)] = 6
    min_sweep_minutes: Annotated[int, _says("a whole number of minutes, 1 or more", "60", ge=1)] = (
        60
    )
    refresh: Annotated[Literal["always", "feed"], _says("always or feed", "always")] = "always"
    pending_hours: Annotated[float, _says("hours, 0 to 24", "2", ge=0, le=24)] = 2.0
    reminder_hours: Annotated[float, _says("hours; 0: every run", "24", ge=0)] = 24.0
    not_evaluated_hours: Annotated[float, _says("hours, 0 or more", "6", ge=0)] = 6.0
    digest_above: Annotated[int, _says("a whole number, 1 or more", "10", ge=1)] = 10
    notice_window_seconds: Annotated[int, _says("seconds, 60 or more", "60", ge=60)] = 60
    daily_summary: Annotated[
        Annotated[int, Meta(ge=0, le=23)] | None,
        _says("an hour of the day in UTC, 0 to 23", "7"),
    ] = None
    add_missing_images: Annotated[bool, _says("true or false", "false")] = False
    team_annotation: Annotated[
        str | None, _says("the name of an annotation of images in Anchore", "team")
    ] = None
    teams: Annotated[
        str, _says("patterns of repositories with their teams", "payments/*=payments")
    ] = ""
    due_days: Annotated[str, _says("terms with their days", "exploited=3,critical=15,high=30")] = ""
    chat_topic_arn: Annotated[
        Annotated[str, Meta(pattern="^arn:[^:]+:sns:")] | None,
        _says("the ARN of an SNS topic", "arn:aws:sns:eu-central-1:123456789012:chat"),
    ] = None
    anchore_ui_link: Annotated[
        str | None,
        _says(
            "an http(s) URL with {registry}, {repository}, {tag} and {digest}",
            "https://anchore.example.com/images?tag={registry}%2F{repository}%3A{tag}",
        ),
    ] = None

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables; SettingsError names the first that is missing or wrong."""
        values = {
            field.name: _value(field, environment.get(field.name.upper(), "").strip() or None)
            for field in fields(cls)
        }
        settings = cls(**{name: value for name, value in values.items() if value is not NODEFAULT})
        _check_url(settings.anchore_url)
        _check_texts(settings)
        _check_watch_list(settings)
        _check_queue_and_ledger(settings)
        return settings

    @property
    def base_url(self) -> str:
        """The URL that paths are appended to; it ends in /v2."""
        url = self.anchore_url.rstrip("/")
        return url if url.endswith("/v2") else f"{url}/v2"

    @property
    def secret_region(self) -> str | None:
        """Where the secret is: only that region's Secrets Manager has it."""
        return self.anchore_secret_arn.split(":")[3] or None

    @property
    def encrypted(self) -> bool:
        """Whether the credentials travel under TLS."""
        return self.anchore_url.lower().startswith("https:")

    @property
    def containers(self) -> int:
        """How many containers take work from the queues at the same time, at most."""
        return self.max_concurrency + (self.push_concurrency if self.push_queue_url else 0)

    @property
    def watch_list(self) -> WatchList:
        """WATCHED_TAGS, read."""
        return WatchList.parse(self.watched_tags.split(","))

    @property
    def ui_link(self) -> UiLink | None:
        """ANCHORE_UI_LINK, read."""
        return UiLink.parse(self.anchore_ui_link) if self.anchore_ui_link else None

    @property
    def routes(self) -> Teams:
        """TEAMS, read."""
        return Teams.parse(self.teams)

    @property
    def due_terms(self) -> DueDays:
        """DUE_DAYS, read."""
        return DueDays.parse(self.due_days)


def _value(field: FieldInfo, text: str | None) -> Any:
    if text is None and field.default is NODEFAULT:
        raise _wrong(field, None)
    if text is None:
        return NODEFAULT
    try:
        return convert(text, field.type, strict=False)
    except ValidationError as error:
        raise _wrong(field, text) from error


def _wrong(field: FieldInfo, text: str | None, expected: str | None = None) -> SettingsError:
    meta = next(m for m in get_args(field.type) if isinstance(m, Meta))
    example = str((meta.examples or [""])[0])
    return SettingsError(field.name.upper(), text, expected or meta.description or "", example)


def _check_url(url: str) -> None:
    field = next(f for f in fields(Settings) if f.name == "anchore_url")
    if "@" in url:  # a password with a slash is not one to urlsplit
        raise SettingsError(
            "ANCHORE_URL",
            "(hidden: it holds credentials)",
            "a URL without credentials: they belong in the secret",
            "https://anchore.example.com",
        )
    if not is_service_url(url):
        raise _wrong(field, url)


def _check_queue_and_ledger(settings: Settings) -> None:
    """Each needs the other: without a ledger the queue's work would all be news, each time.

    Pushes alone have no queue: what a sweep enqueues, and what it defers, would have none.
    """
    pair = ("work_queue_url", "ledger_table")
    missing = [name for name in pair if getattr(settings, name) is None]
    if len(missing) == 1 or (missing and settings.push_queue_url is not None):
        raise _wrong(next(f for f in fields(Settings) if f.name == missing[0]), None)


def _check_texts(settings: Settings) -> None:
    """Each variable that a property reads further; a ValueError says what that expected."""
    for field in fields(Settings):
        try:
            getattr(settings, _READ_FURTHER.get(field.name, field.name))
        except ValueError as error:
            raise _wrong(field, getattr(settings, field.name), str(error)) from error


def _check_watch_list(settings: Settings) -> None:
    if settings.anchore_dialect == "arazzo" and settings.watch_list.needs_listing:
        raise SettingsError(
            "WATCHED_TAGS",
            settings.watched_tags or None,
            "tags without *: the arazzo dialect cannot list the active tags",
            "team/app:1.4,team/web:2",
        )
