"""What keeps an image from being evaluated: who must act depends on it.

Whoever raises the error or decides the outcome knows the cause and sets it; nobody reads it out of
a sentence.
"""

from enum import StrEnum


class FailureCause(StrEnum):
    """Stored in the ledger and in the outbox; the words for each are in `notice/`."""

    GONE = "gone"
    NOT_FOUND = "not_found"
    CREDENTIALS = "credentials"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    CERTIFICATE = "certificate"
    DOWN = "down"
    ANALYSIS_FAILED = "analysis_failed"
    NOT_ANALYZED = "not_analyzed"
    SCAN_FAILED = "scan_failed"
    NOT_MAPPED = "not_mapped"
    WRONG_ANSWER = "wrong_answer"
    OTHER = "other"
