"""A message for an SNS topic, and the limits that SNS sets for it.

Source: the API reference of Publish and MessageAttributeValue, and the developer guide's page
on message attributes; section 2.2 of XML 1.0 for the characters, since a message travels in
XML. Emulators take what SNS refuses, so the limits are checked here.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from rescan.errors import NoticeInvalid

__all__ = ["ATTRIBUTE_TYPE", "Notice"]

ATTRIBUTE_TYPE = "String"

_LONGEST_SUBJECT = 99
_MOST_ATTRIBUTES = 10
_LONGEST_NAME = 256
_TOO_MANY_BYTES = 256 * 1024

_SUBJECT = re.compile(r"[!-~][ -~]*")
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_RESERVED = ("aws.", "amazon.")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Notice(Struct, frozen=True):
    """Subject and body are for people, the attributes (all of type String) for machines."""

    subject: str
    body: str
    attributes: Mapping[str, str]

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
        texts = [self.subject, self.body, *self.attributes, *self.attributes.values()]
        types = len(ATTRIBUTE_TYPE) * len(self.attributes)
        return types + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)

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


def _problems_of_attribute(name: str, value: str) -> Iterator[str]:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        yield (
            f"the attribute name {name[:80]!r} is not letters, digits, _, - and single inner"
            f" periods, 1 to {_LONGEST_NAME} characters"
        )
    if name.lower().startswith(_RESERVED):
        yield f"the attribute name {name[:80]!r} has a prefix that AWS reserves"
    if not value:
        yield f"the attribute {name} is empty; a missing value is the word none"
    yield from _problems_of_text(f"the attribute {name}", value)


def _problems_of_text(where: str, text: str) -> Iterator[str]:
    if found := _NOT_XML.search(text):
        yield f"{where} holds U+{ord(found[0]):04X} at {found.start()}, which XML 1.0 forbids"
