"""The credentials for Anchore: from the environment, or typed on the terminal, never an argument.

Every user of the machine could read an argument, and the shell would keep it in its history.
"""

import sys
from collections.abc import Mapping

import click
from msgspec import json

from rescan.anchore.credentials import authorization_of
from rescan.kernel.errors import SettingsError

# A user and a password belong together: never one of ours and one of anchorectl's.
_PAIRS = (
    ("ANCHORE_USERNAME", "ANCHORE_PASSWORD"),
    ("ANCHORECTL_USERNAME", "ANCHORECTL_PASSWORD"),
)


def secret_of(environment: Mapping[str, str]) -> str:
    """The credentials as the JSON of the function's secret.

    SettingsError when they are neither set nor typed, SecretUnusable when no header can carry
    them.
    """
    secret = json.encode(_credentials(environment)).decode()
    authorization_of(secret)
    return secret


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    if token := environment.get("ANCHORE_TOKEN"):
        return {"token": token}
    for username, password in _PAIRS:
        if user := environment.get(username):
            return {
                "username": user,
                "password": environment.get(password) or _typed_password(user, password),
            }
    user = _typed_user()
    return {"username": user, "password": _typed_password(user, "ANCHORE_PASSWORD")}


def _typed_user() -> str:
    if not _on_a_terminal():
        raise SettingsError(
            "ANCHORE_USERNAME",
            None,
            "a user together with ANCHORE_PASSWORD (an API key: user _api_key), or ANCHORE_TOKEN,"
            " or anchorectl's variables",
            "_api_key",
        )
    typed: str = click.prompt("Anchore user", err=True)
    return typed


def _typed_password(user: str, variable: str) -> str:
    if not _on_a_terminal():
        raise SettingsError(variable, None, "the password of the user", "(from your secret store)")
    typed: str = click.prompt(f"Password of {user}", hide_input=True, err=True)
    return typed


def _on_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
