"""What a notice of any kind says, before it becomes a mail, a chat message and a result."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from msgspec import Struct

from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group


class ShortList(Struct, frozen=True):
    """The first lines of a list that has `total`."""

    lines: Sequence[str] = ()
    total: int = 0


class NoticeContent(ABC):
    """One class a kind of notice derives from it; the renderers know nothing else.

    Texts of others in all of it are marked (`foreign.py`), but for the result.
    """

    @property
    @abstractmethod
    def labels(self) -> Envelope | Group:
        """By what subscriptions filter."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """One line: what has happened, and to what."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """The first sentence of the body: the same, and how bad it is."""

    @property
    @abstractmethod
    def steps(self) -> Sequence[str]:
        """What the reader does next, the most useful first; never empty."""

    @abstractmethod
    def result(self) -> str:
        """JSON for machines, after docs/notice.schema.json."""

    # --- the mail

    @property
    def mail_step(self) -> str:
        """What stands right below the headline."""
        return self.steps[0]

    @abstractmethod
    def mail_paragraphs(self) -> Iterable[Sequence[str]]:
        """The paragraphs below the first, as lines; those without a line are left out."""

    # --- the chat message

    @property
    def chat_lead(self) -> str:
        """Its first paragraph."""
        return self.headline

    @abstractmethod
    def chat_lines(self) -> Iterable[str]:
        """The list below that."""

    def chat_findings(self) -> ShortList:
        """The end of that list, as far as there is room."""
        return ShortList()

    @property
    @abstractmethod
    def thread(self) -> str:
        """Messages with the same one stand in one thread of the channel."""

    @property
    @abstractmethod
    def resources(self) -> Sequence[str]:
        """The full names and digests that the message is about."""
