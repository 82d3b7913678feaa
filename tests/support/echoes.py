"""How a server may write what it echoes."""

import base64
import html
import json
import quopri
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

Encode = Callable[[str], str]


def in_base64(text: str, characters: str = "utf-8") -> str:
    """As everybody writes it."""
    return base64.b64encode(text.encode(characters)).decode()


def _for_urls(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _units(text: str) -> list[str]:
    """The hex of what UTF-16 is made of: two for the rarer characters."""
    return re.findall("....", text.encode("utf-16-be").hex())


def _each(template: str) -> Encode:
    """Every byte as the template has it."""
    return lambda text: "".join(template.format(byte) for byte in text.encode())


ENCODINGS: dict[str, Encode] = {
    "nothing": str,
    "percent": lambda text: quote(text, safe=""),
    "percent but slashes": quote,
    "percent of a form": quote_plus,
    "percent, every byte": _each("%{:02X}"),
    "percent, small letters": _each("%{:02x}"),
    "percent of JavaScript's escape": lambda text: "".join(f"%u{u.upper()}" for u in _units(text)),
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON, slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON, every character": lambda text: "".join(f"\\u{u}" for u in _units(text)),
    "backslash x": _each("\\x{:02x}"),
    "octal": _each("\\{:03o}"),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "HTML": html.escape,
    "HTML, decimal": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "HTML, hex": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "HTML, by name": lambda text: html.escape(text).replace("ö", "&ouml;").replace("/", "&sol;"),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "base64": in_base64,
    "base64 without padding": lambda text: in_base64(text).rstrip("="),
    "base64 for URLs": _for_urls,
    "base64 for URLs without padding": lambda text: _for_urls(text).rstrip("="),
    "base64 in lines": lambda text: base64.encodebytes(f"{'-' * 50}{text}".encode()).decode(),
    "base64 from a second byte": lambda text: in_base64(f"a{text}b"),
    "base64 from a third byte": lambda text: in_base64(f"ab{text}c"),
    "base64 of UTF-16": lambda text: in_base64(text, "utf-16-le"),
    "base64 behind a user": lambda text: f"Basic {in_base64(f'watcher:{text}')}",
}
