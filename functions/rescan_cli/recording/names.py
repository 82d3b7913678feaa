"""Which accounts and users to hide: those of the connection, and those that answers name."""

from collections.abc import Iterable

from msgspec import Struct, json

from rescan_cli.recording.json_text import members

# Source: the schemas of Anchore's OpenAPI 2.13.0, and the engine's v1 bodies (userId, user_id).
_ACCOUNT_FIELDS = {"account_name", "account", "accountname", "default_account", "for_account"}
_USER_FIELDS = {
    "username", "user_name", "userid", "user_id", "created_by", "updated_by", "sent_as_user",
    "registry_user", "owner", "email",
}  # fmt: skip


class Names(Struct, frozen=True):
    """Each once, in the order of appearance."""

    accounts: tuple[str, ...]
    users: tuple[str, ...]


def names_in(bodies: Iterable[str], account: str | None, secret: str) -> Names:
    """The accounts and users that the bodies name, and those that the connection uses."""
    accounts = dict.fromkeys([account] if account else [])
    username = json.decode(secret, type=dict[str, str]).get("username")
    # The user of an API key has a name of Anchore's own.
    users = dict.fromkeys([username] if username and username != "_api_key" else [])
    for body in bodies:
        for field, value in members(body):
            if field.lower() in _ACCOUNT_FIELDS and value:
                accounts[value] = None
            elif field.lower() in _USER_FIELDS and value:
                users[value] = None
    return Names(tuple(accounts), tuple(users))
