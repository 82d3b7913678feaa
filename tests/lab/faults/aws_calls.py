"""What the function asks of AWS, told apart by what it is asked for."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_plus

from werkzeug import Request


class AwsCall(StrEnum):
    """What the function asks of AWS, by its purpose."""

    SECRET = "read the secret"
    READ = "read the ledger"
    WRITE = "write the ledger"
    MARK = "mark as swept"
    CLAIM = "claim the outbox"
    LIST = "list what waits"
    FETCH = "fetch a notice"
    MARK_IN_FLIGHT = "mark a message"
    CLEAR = "clear the outbox"
    DEFER = "defer"
    LIST_DEFERRED = "list what is due"
    PUT_BACK = "put back on the queue"
    REMOVE_DEFERRED = "remove what is back"
    RELEASE = "release the outbox"
    SCAN = "scan the ledger"
    LAST_SWEEP = "read the last sweep"
    BEGIN_SWEEP = "note that a sweep begins"
    RECORD_SWEEP = "record the sweep"
    KEEP_PLAN = "keep a sweep's plan"
    CLAIM_PAGE = "claim a sweep's page"
    KEEP_PAGE = "keep a sweep's page"
    READ_PAGES = "read a sweep's pages"
    AMEND_SWEEP = "amend the sweep"
    SET_ASIDE = "set a notice aside"
    PUBLISH = "publish"
    LOOK = "look at the topic"
    COPY = "send a copy"
    SEND_PAGE = "send a sweep's page"
    ENQUEUE = "enqueue a sweep"
    COUNT = "count the queue"


LEDGER = (
    AwsCall.READ,
    AwsCall.WRITE,
    AwsCall.MARK,
    AwsCall.CLAIM,
    AwsCall.LIST,
    AwsCall.FETCH,
    AwsCall.MARK_IN_FLIGHT,
    AwsCall.CLEAR,
    AwsCall.RELEASE,
    AwsCall.SCAN,
    AwsCall.LAST_SWEEP,
    AwsCall.BEGIN_SWEEP,
    AwsCall.RECORD_SWEEP,
    AwsCall.KEEP_PLAN,
    AwsCall.CLAIM_PAGE,
    AwsCall.KEEP_PAGE,
    AwsCall.READ_PAGES,
    AwsCall.AMEND_SWEEP,
    AwsCall.SET_ASIDE,
    AwsCall.DEFER,
    AwsCall.LIST_DEFERRED,
    AwsCall.REMOVE_DEFERRED,
)
TO_THE_QUEUE = (AwsCall.COPY, AwsCall.SEND_PAGE, AwsCall.ENQUEUE, AwsCall.PUT_BACK, AwsCall.COUNT)


@dataclass(frozen=True)
class Call:
    """One call: its purpose, and its body as text, a form's decoded."""

    kind: AwsCall
    text: str

    @classmethod
    def of(cls, request: Request) -> "Call":
        """The call that the request makes; KeyError for one that no test knows."""
        text = request.get_data().decode()
        target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not target:
            text = unquote_plus(text)
            target = text.partition("Action=")[2].partition("&")[0]
        return cls(_kind(target, text), text)


_KINDS = {
    "GetSecretValue": AwsCall.SECRET,
    "Scan": AwsCall.SCAN,
    "Query": AwsCall.LIST,
    "BatchGetItem": AwsCall.LIST,
    "BatchWriteItem": AwsCall.CLEAR,
    "Publish": AwsCall.PUBLISH,
    "GetTopicAttributes": AwsCall.LOOK,
    "SendMessage": AwsCall.COPY,
    "SendMessageBatch": AwsCall.ENQUEUE,
    "GetQueueAttributes": AwsCall.COUNT,
}


_UPDATES = {
    "SET sweep": AwsCall.MARK,
    "SET begun": AwsCall.BEGIN_SWEEP,
    "SET pending": AwsCall.SET_ASIDE,
    "SET claimed_until": AwsCall.CLAIM,
    "SET flight": AwsCall.MARK_IN_FLIGHT,
    "REMOVE claimed_until": AwsCall.RELEASE,
    "SET holder": AwsCall.CLAIM_PAGE,
    "SET #name = if_not_exists": AwsCall.KEEP_PAGE,
    "SET #": AwsCall.AMEND_SWEEP,
}


_OF_DEFERRED_WORK = {
    "PutItem": AwsCall.DEFER,
    "Query": AwsCall.LIST_DEFERRED,
    "BatchGetItem": AwsCall.LIST_DEFERRED,
    "BatchWriteItem": AwsCall.REMOVE_DEFERRED,
}


_OF_PAGES = {"PutItem": AwsCall.KEEP_PLAN, "BatchGetItem": AwsCall.READ_PAGES}


def _kind(operation: str, text: str) -> AwsCall:
    if '{"S": "work' in text:
        return _OF_DEFERRED_WORK[operation]
    if "sweep-page#" in text and operation in _OF_PAGES:
        return _OF_PAGES[operation]
    match operation:
        case "SendMessage" if "sweep_page" in text:
            return AwsCall.SEND_PAGE
        # What a sweep enqueues was never sent back.
        case "SendMessageBatch" if "attempt" in text:
            return AwsCall.PUT_BACK
        case "GetItem" | "PutItem":
            return _of_one_item(operation, text)
        case "TransactWriteItems":
            return AwsCall.MARK_IN_FLIGHT if "SET flight" in text else AwsCall.WRITE
        case "UpdateItem":
            return next(kind for words, kind in _UPDATES.items() if words in text)
    return _KINDS[operation]


def _of_one_item(operation: str, text: str) -> AwsCall:
    reads = operation == "GetItem"
    if '{"S": "notice#' in text and reads:
        return AwsCall.FETCH
    if '"subject": {"S": "sweep"}' in text:
        return AwsCall.LAST_SWEEP if reads else AwsCall.RECORD_SWEEP
    return AwsCall.READ if reads else AwsCall.WRITE
