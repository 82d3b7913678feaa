"""The mail of a notice: subject and body."""

from rescan.notice.content import NoticeContent
from rescan.notice.foreign import in_mail
from rescan.notice.paragraphs import joined, paragraph
from rescan.notice.subject import plain_subject


def mail_subject(content: NoticeContent) -> str:
    """Within the limits of SNS, which chat messages have to keep too."""
    return plain_subject(in_mail(content.subject))


def mail_body(content: NoticeContent) -> str:
    """Plain text: what has happened and what to do first, then the paragraphs of its kind.

    The size is bounded, since every text of another's is cut and every list has a most.
    """
    first = [*paragraph(content.headline), *paragraph(content.mail_step)]
    return joined([first, *content.mail_paragraphs()])
