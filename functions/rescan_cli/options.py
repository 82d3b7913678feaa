"""The options that several commands share, and the types of their values."""

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click
from msgspec import Struct

from rescan.kernel.image_tag import Digest, ImageTag, is_digest
from rescan.settings import VulnerabilityType

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Chosen(Struct, frozen=True, kw_only=True):
    """The options' values; None leaves the choice to the environment."""

    url: str | None = None
    account: str | None = None
    ca_bundle: str | None = None
    policy: str | None = None
    vtype: str | None = None
    timeout: float = 300.0


class _ImageTag(click.ParamType):
    name = "tag"

    def convert(self, value: Any, param: Any, ctx: Any) -> ImageTag:
        try:
            return ImageTag.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Digest(click.ParamType):
    name = "digest"

    def convert(self, value: Any, param: Any, ctx: Any) -> Digest:
        if not is_digest(value):
            self.fail(f"{value!r} is no digest; expected sha256: and 64 hex digits", param, ctx)
        return Digest(value)


IMAGE_TAG = _ImageTag()
DIGEST = _Digest()

_ANCHORE = (
    click.option("--url", metavar="URL", help="Anchore's URL. [ANCHORE_URL, ANCHORECTL_URL]"),
    click.option(
        "--account", metavar="NAME", help="Whose images. [ANCHORE_ACCOUNT, ANCHORECTL_ACCOUNT]"
    ),
    click.option(
        "--ca-bundle",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=str),
        help="PEM file with the CA to trust; TLS is always verified. [CA_BUNDLE]",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=300.0,
        show_default=True,
        help="How long one image may take.",
    ),
)
_GATE = (
    click.option("--policy", metavar="ID", help="Policy; else the active one. [POLICY_ID]"),
    click.option(
        "--vtype",
        type=click.Choice(get_args(VulnerabilityType)),
        help="Which vulnerabilities. [VULNERABILITY_TYPE, all]",
    ),
)

_LEDGER = (
    click.option("--stack", metavar="NAME", help="The CloudFormation stack with the ledger."),
    click.option("--table", metavar="NAME", help="The ledger's table. [LEDGER_TABLE]"),
    click.option(
        "--region", metavar="NAME", help="Its region. [AWS_REGION, else your AWS configuration]"
    ),
    click.option(
        "--due-days",
        metavar="TERMS",
        help="Such as exploited=3,critical=15. [the stack's DueDays, else DUE_DAYS]",
    ),
)


def output_option(json_help: str) -> Callable[[_Command], _Command]:
    """`--output`: a table, or JSON, of which the help says what it holds."""
    return click.option(
        "--output",
        "-o",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help=f"json: {json_help}",
    )


def ledger_options(command: _Command) -> _Command:
    """Which ledger: the fields of `Asked`, by their names."""
    return _with(_LEDGER, command)


def anchore_options(command: _Command) -> _Command:
    """Where Anchore is, and how long it may take: the fields of `Chosen`, by their names."""
    return _with(_ANCHORE, command)


def gate_options(command: _Command) -> _Command:
    """The same, and how an image is gated."""
    return _with((*_GATE, *_ANCHORE), command)


def _with(options: tuple[Callable[[_Command], _Command], ...], command: _Command) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command
