"""Facts in which every text of others is markup, whatever field it stands in."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any

from hypothesis import strategies as st
from msgspec import Raw, Struct, json
from msgspec.structs import replace

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.ui_link import UiLink
from tests.support.notices.chat import FOREIGN

FOREIGN_TEXTS = st.lists(FOREIGN, min_size=7, max_size=7, unique=True)

# The address that a notice has of the image in Anchore's UI: names of others are encoded in it.
_ADDRESS = UiLink.parse("https://a.example/{tag}")
_FACT = re.compile(r"^Anchore    https://a\.example/[\w.~%-]+$", re.MULTILINE)

# Words of Anchore's that decide which facts a notice has.
_KEPT = {"vulnerabilities", "stop", "denylisted", "critical", "high", "low", "medium"}


def without_address(mail: str) -> str:
    """The mail without the one address that is a link on purpose."""
    return _FACT.sub("", mail)


def in_foreign_texts(facts: Any, texts: Sequence[str]) -> Any:
    """The same facts; a field that is added to them one day is replaced, too."""
    return _Replacement(texts).of(facts)


class _Replacement:
    """Replaces a text by the same one wherever it stands: findings still name their rows."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._replaced: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        match value:
            case Enum():
                return value
            case str():
                return "+".join(map(self._text, value.split("+")))
            case Struct():
                names = value.__struct_fields__
                return replace(value, **{name: self._field(name, value) for name in names})
            case Raw():
                return Raw(json.encode(self.of(json.decode(value))))
            case dict():
                return {name: self.of(item) for name, item in value.items()}
            case tuple() | list() | frozenset():
                return type(value)(map(self.of, value))
        return value

    def _field(self, name: str, facts: Struct) -> Any:
        """An address is one already when it comes to a notice; its names are of others."""
        value = getattr(facts, name)
        if name != "anchore_url" or value is None:
            return self.of(value)
        return _ADDRESS.of(ImageTag("", "", self._text(value)), None)

    def _text(self, text: str) -> str:
        if text.lower() in _KEPT:
            return text
        if text not in self._replaced:
            # Different texts stay different: two findings that become one are another case.
            again = len(self._replaced) // len(self._texts)
            self._replaced[text] = "§" * again + self._texts[len(self._replaced) % len(self._texts)]
        return self._replaced[text]
