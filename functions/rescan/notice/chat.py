"""The notice as a chat message: a custom notification of Amazon Q Developer in chat applications.

One for one image; that of a group is `group_chat.py`'s.
"""

from rescan.kernel.safe_text import one_line
from rescan.ledger.news import ImageNews, stable_id
from rescan.notice import outage_advice, stop_advice
from rescan.notice.chat_lines import expiring_lines, outage_lines, recovered_lines, stop_lines
from rescan.notice.chat_message import (
    LONGEST_DESCRIPTION,
    Content,
    Message,
    Metadata,
    keywords,
    said,
)
from rescan.notice.expiring import Expiring
from rescan.notice.expiring_mail import expiring_headline, expiring_steps, expiring_subject
from rescan.notice.facts import policy_id
from rescan.notice.markdown import code
from rescan.notice.outage import Outage
from rescan.notice.outage_mail import outage_headline, outage_meaning, outage_subject
from rescan.notice.recovered_mail import recovered_headline, recovered_steps, recovered_subject
from rescan.notice.recovery import Recovery
from rescan.notice.stop import Stop
from rescan.notice.stop_mail import stop_headline, stop_subject
from rescan.notice.subject import resource_name
from rescan.notice.told import Told


def chat_body(told: Told) -> str:
    """The body, as JSON after docs/chat.schema.json.

    Whoever wrote a text, nothing in it formats, links or mentions. All that is said of an image
    under one policy is one thread.
    """
    news, content = told.news, _content(told)
    return Message(one_line(news.id, 128), content, _metadata(news, content.title)).encode()


def _content(told: Told) -> Content:
    match told:
        case Stop():
            return _of_stop(told)
        case Recovery():
            return _of_recovery(told)
        case Outage():
            return _of_outage(told)
        case Expiring():
            return _of_expiring(told)


def _of_stop(stop: Stop) -> Content:
    first = f"{stop_headline(stop, code)} Do not deploy it."
    steps = stop_advice.next_steps(stop, code)
    lines = stop_lines(stop, _room_below(first))
    words = keywords(stop.news.event_type, stop.worst, stop.fix_available)
    return said(stop_subject(stop, code), first, lines, steps, words)


def _of_recovery(recovery: Recovery) -> Content:
    first = recovered_headline(recovery, code)
    lines = recovered_lines(recovery, _room_below(first))
    words = keywords(recovery.news.event_type, recovery.worst)
    title = recovered_subject(recovery, code)
    return said(title, first, lines, recovered_steps(recovery, code), words)


def _of_outage(outage: Outage) -> Content:
    first = f"{outage_headline(outage, code)} {outage_meaning(outage)}"
    steps = outage_advice.next_steps(outage)
    words = keywords(outage.news.event_type)
    return said(outage_subject(outage, code), first, outage_lines(outage), steps, words)


def _of_expiring(expiring: Expiring) -> Content:
    first = expiring_headline(expiring, code)
    lines = expiring_lines(expiring, _room_below(first))
    steps = expiring_steps(expiring, code)
    words = keywords(expiring.news.event_type, expiring.worst, expiring.fix_available)
    return said(expiring_subject(expiring, code), first, lines, steps, words)


def _room_below(first: str) -> int:
    return LONGEST_DESCRIPTION - len(first) - len("\n\n")


def _metadata(news: ImageNews, summary: str) -> Metadata:
    digest = news.report.image_digest if news.report else None
    resources = [str(news.tag), *([digest] if digest else [])]
    return Metadata(
        thread_id=stable_id(news.subject or _image_and_policy(news)),
        summary=summary,
        event_type=news.event_type.value,
        related_resources=[resource_name(resource) for resource in resources],
    )


def _image_and_policy(news: ImageNews) -> list[str]:
    return [resource_name(str(news.tag)), one_line(policy_id(news) or "", 200)]
