"""What SNS says is at fault when it does not take a message."""

from enum import StrEnum


class PublishFault(StrEnum):
    """MOMENT: nothing is said, and the message may have been taken; after the others it was not.

    MESSAGE: it will never be taken. TOPIC: no message gets through, because the topic, its key or a
    permission is missing. IN_DOUBT: message or topic, SNS does not say which.
    """

    MOMENT = "moment"
    MESSAGE = "message"
    TOPIC = "topic"
    IN_DOUBT = "in doubt"
