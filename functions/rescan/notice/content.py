"""The content of a notice of any kind, before it becomes a mail, a chat message and a result."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group

Paragraph: TypeAlias = list[str]


class NoticeContent(ABC):
    """One class a kind of notice derives from it; the renderers know nothing else.

    Texts of others are marked (`foreign.py`), except in the result.
    """

    @property
    @abstractmethod
    def labels(self) -> Envelope | Group:
        """What subscriptions filter by."""

    @abstractmethod
    def subject(self) -> str:
        """One line: what has happened, and to what."""

    @abstractmethod
    def headline(self) -> str:
        """The first sentence of the body: the same, and how bad it is."""

    def where(self) -> str:
        """Where what it is about runs, without a full stop; empty when that is not known."""
        return ""

    @abstractmethod
    def steps(self) -> Sequence[str]:
        """What the reader does next, the most useful first; never empty."""

    @abstractmethod
    def result(self) -> str:
        """JSON for machines, after docs/notice.schema.json."""

    def mail_step(self, step: str) -> str:
        """What stands right below the headline of a mail: the first step."""
        return step

    @abstractmethod
    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterable[Paragraph]:
        """The paragraphs below that; those without a line are left out."""

    def chat_lead(self) -> str:
        """The first paragraph of a chat message."""
        return self.headline()

    @abstractmethod
    def chat_lines(self) -> Iterable[str]:
        """The list below that."""

    def chat_findings(self) -> tuple[Sequence[str], int]:
        """The end of that list, as far as there is room, and how many findings there are."""
        return (), 0

    @abstractmethod
    def thread(self) -> str:
        """Messages with the same one stand in one thread of a channel."""

    @abstractmethod
    def resources(self) -> Sequence[str]:
        """The full names and digests that a chat message is about."""
