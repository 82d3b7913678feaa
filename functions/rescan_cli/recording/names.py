"""Which accounts and users there are to hide: those that we use, and those that answers name."""

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
    """Each once, in the order in which they were met."""

    accounts: tuple[str, ...]
    users: tuple[str, ...]


def names_in(bodies: Iterable[str], account: str | None, secret: str) -> Names:
    """What the bodies call an account or a user, and what the connection itself uses."""
    accounts = dict.fromkeys([account] if account else [])
    username = json.decode(secret, type=dict[str, str]).get("username")
    # The name of an API key's user is Anchore's own word.
    users = dict.fromkeys([username] if username and username != "_api_key" else [])
    for body in bodies:
        for field, value in members(body):
            if field.lower() in _ACCOUNT_FIELDS and value:
                accounts[value] = None
            elif field.lower() in _USER_FIELDS and value:
                users[value] = None
    return Names(tuple(accounts), tuple(users))
