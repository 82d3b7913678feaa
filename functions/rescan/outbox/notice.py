"""A message for an SNS topic, and the limits that SNS sets for it.

Source: the API reference of Publish and MessageAttributeValue, and the developer guide's page
on message attributes; section 2.2 of XML 1.0 for the characters, since a message travels in
XML. Emulators take what SNS refuses, so the limits are checked here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from rescan.kernel.errors import NoticeInvalid

AttributeValue: TypeAlias = str | tuple[str, ...]

_LONGEST_SUBJECT = 99
_MOST_ATTRIBUTES = 10
_LONGEST_NAME = 256
_TOO_MANY_BYTES = 256 * 1024

_SUBJECT = re.compile(r"[!-~][ -~]*")
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_RESERVED = ("aws.", "amazon.")
# The few that it forbids: a class of all the others takes milliseconds to compile.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Notice(Struct, frozen=True):
    """Subject and body are for people, the attributes for machines.

    A filter policy matches an attribute of several values when it matches one of them.
    """

    subject: str
    body: str
    attributes: Mapping[str, AttributeValue]

    @property
    def result(self) -> str:
        """The attribute `result`: JSON, after docs/notice.schema.json."""
        return string_value(self.attributes["result"])

    def check(self) -> None:
        """Raise NoticeInvalid, naming the limit, when SNS would refuse the message."""
        if problems := self.problems():
            said = "; ".join(problems)
            raise NoticeInvalid(f"SNS would refuse the notice {self.subject[:120]!r}: {said}")

    def problems(self) -> list[str]:
        """What is beyond which limit; empty when SNS takes the message."""
        return list(self._problems())

    def size(self) -> int:
        """Everything that is sent, in UTF-8 bytes: subject, body, names, types and values."""
        texts = [self.subject, self.body, *self.attributes]
        for value in self.attributes.values():
            texts += [data_type(value), string_value(value)]
        return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)

    def _problems(self) -> Iterator[str]:
        yield from self._problems_of_the_subject()
        if not self.body.strip():
            yield "the body is empty"
        yield from _problems_of_text("the body", self.body)
        if (count := len(self.attributes)) > _MOST_ATTRIBUTES:
            yield f"{count} attributes, at most {_MOST_ATTRIBUTES} are delivered"
        for name, value in self.attributes.items():
            yield from _problems_of_attribute(name, value)
        if (size := self.size()) >= _TOO_MANY_BYTES:
            yield f"{size:,} bytes, fewer than {_TOO_MANY_BYTES:,} (256 KiB) are allowed"

    def _problems_of_the_subject(self) -> Iterator[str]:
        if not 1 <= (length := len(self.subject)) <= _LONGEST_SUBJECT:
            yield f"the subject has {length} characters, expected 1 to {_LONGEST_SUBJECT}"
        elif not _SUBJECT.fullmatch(self.subject):
            yield "the subject is not printable ASCII that begins with a visible character"


def data_type(value: AttributeValue) -> str:
    """The DataType that the value is sent as."""
    return "String" if isinstance(value, str) else "String.Array"


def string_value(value: AttributeValue) -> str:
    """The StringValue: the text itself, or the JSON array of several."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _problems_of_attribute(name: str, value: AttributeValue) -> Iterator[str]:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        yield (
            f"the attribute name {name[:80]!r} is not letters, digits, _, - and single inner"
            f" periods, 1 to {_LONGEST_NAME} characters"
        )
    if name.lower().startswith(_RESERVED):
        yield f"the attribute name {name[:80]!r} has a prefix that AWS reserves"
    values = (value,) if isinstance(value, str) else value
    if not values or not all(values):
        yield f"the attribute {name} is empty; a missing value is the word none"
    for text in values:
        yield from _problems_of_text(f"the attribute {name}", text)


def _problems_of_text(where: str, text: str) -> Iterator[str]:
    if found := _NOT_XML.search(text):
        yield f"{where} holds U+{ord(found[0]):04X} at {found.start()}, which XML 1.0 forbids"
