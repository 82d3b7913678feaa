"""What SNS says is at fault when it does not take a message."""

from enum import StrEnum


class PublishFault(StrEnum):
    """MOMENT: SNS could not take it, and may later. UNHEARD: no answer, so it may have been taken.

    MESSAGE: it will never be taken. TOPIC: no message gets through, because the topic, its key or a
    permission is missing. IN_DOUBT: message or topic, SNS does not say which.
    """

    MOMENT = "moment"
    UNHEARD = "unheard"
    MESSAGE = "message"
    TOPIC = "topic"
    IN_DOUBT = "in doubt"
