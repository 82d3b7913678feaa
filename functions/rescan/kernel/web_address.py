"""Addresses of pages that others wrote, as far as a reader may be asked to open them."""

import re

_LONGEST = 300
# The characters of RFC 3986 but for those that end or format a link somewhere, mention somebody in
# a chat, or end an entity of HTML. No user name: what stands before an @ looks like the host.
HOST = r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?"
PATH = r"[A-Za-z0-9/?#&=%+:,._~-]"
_ADDRESS = re.compile(rf"{HOST}(?:[/?#]{PATH}*)?")


def web_address(text: str | None) -> str | None:
    """The text when it is an address of http or https that is safe to show and open, else None.

    At most 300 characters of ASCII, none of which ends or formats a link.
    """
    if text is None or len(text) > _LONGEST or not _ADDRESS.fullmatch(text):
        return None
    return text
