"""The ledger, the topic and the queue, each with its faults."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rescan.gate.model import Step
from tests.lab.faults.anchore_faults import NOT_ANALYZED
from tests.lab.faults.aws_calls import LEDGER, AwsCall
from tests.lab.faults.aws_faults import (
    answer_lost,
    broken_off,
    garbled,
    half_failed,
    partly_failed,
    refused,
    silent,
    slow,
)
from tests.lab.faults.case import Case, at_anchore, at_aws, both
from tests.lab.faults.outcome import Stage
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import FIRST_DELAY, FIVE_RECEIVES, THREE_TRIES, Story

if TYPE_CHECKING:
    from tests.lab.faults.aws_proxy import Fault

_OUTBOX = (AwsCall.CLAIM, AwsCall.LIST, AwsCall.FETCH, AwsCall.CLEAR)


def ledger_cases() -> Iterator[Case]:
    """Each of its calls; a STOP waits for its memory once, and for its outbox."""
    faults: dict[str, Fault] = {
        "refused": refused("AccessDeniedException"),
        "throttled": refused("ProvisionedThroughputExceededException"),
        "no answer": silent,
        "slow": slow(1.0),
        "done, answer lost": answer_lost,
    }
    columns: dict[str, tuple[Iterable[str], tuple[AwsCall, ...]]] = {
        "read": (faults, (AwsCall.READ,)),
        "write": (faults, (AwsCall.WRITE,)),
        **{str(kind): (("refused", "no answer", "done, answer lost"), (kind,)) for kind in _OUTBOX},
        "everything": (("refused", "throttled", "no answer"), LEDGER),
    }
    for column, (rows, kinds) in columns.items():
        for row in rows:
            of_the_publisher = column in _OUTBOX
            # Four seconds pass before the ledger is given up.
            seconds = 30.0 if row == "no answer" else 8.0
            story = Story(at_aws(faults[row], *kinds), seconds=seconds)
            # While nothing can be taken from the outbox, what is in it waits.
            waits = column != AwsCall.CLEAR if of_the_publisher else row != "slow"
            sample = row == "refused" and column == "everything"
            expected = Expected(Stage.LATER if waits else Stage.FAULT)
            yield Case("Ledger", row, column, story, expected, sample)
    for column in ("read", "write", "everything"):
        # Copies come while it still refuses: each tells, the push's and the sweep's.
        begin = at_aws(faults["refused"], *columns[column][1])
        story = Story(begin, lasts=FIRST_DELAY, repeats=True)
        yield Case("Ledger", "refused again", column, story, Expected(Stage.FAULT))


def topic_cases() -> Iterator[Case]:
    """What is not published stays in the outbox."""
    faults: dict[str, tuple[Fault, Stage]] = {
        "refused": (refused("AuthorizationError", 403), Stage.LATER),
        "throttled": (refused("Throttled", 429), Stage.LATER),
        "no answer": (silent, Stage.LATER),
        "slow": (slow(1.0), Stage.FAULT),
        "connection reset": (broken_off, Stage.LATER),
        "done, answer lost": (answer_lost, Stage.FAULT),
        "garbled answer": (garbled, Stage.LATER),
    }
    for row, (fault, latest) in faults.items():
        story = Story(at_aws(fault, AwsCall.PUBLISH))
        sample = row == "done, answer lost"
        yield Case("Topic", row, "publish", story, Expected(latest), sample)


def queue_cases() -> Iterator[Case]:
    """Copies of what must wait, and what a sweep enqueues."""
    faults: dict[str, Fault] = {
        "refused": refused("AccessDenied"),
        "throttled": refused("RequestThrottled"),
        "slow": slow(1.0),
        "done, answer lost": answer_lost,
    }
    for row, fault in faults.items():
        # Three: all that one message is sent.
        times = 3 if fault is answer_lost else None
        begin = both(
            at_anchore(Step.REGATE, NOT_ANALYZED), at_aws(fault, AwsCall.COPY, times=times)
        )
        # A message that cannot go back stays where it is, and is received too often.
        stays = row in ("refused", "throttled")
        expected = Expected(Stage.REDRIVEN if stays else Stage.LATER, dead_letters=stays)
        lasts = FIVE_RECEIVES if stays else 0.0
        yield Case("Queue", row, "send a copy", Story(begin, lasts=lasts), expected)
        # The schedule's event fails three times in a row.
        story = Story(at_aws(fault, AwsCall.ENQUEUE, times=times), lasts=THREE_TRIES)
        expected = Expected(Stage.FAULT, failed_events=int(stays))
        yield Case("Queue", row, "enqueue a sweep", story, expected)
    story = Story(at_aws(partly_failed, AwsCall.ENQUEUE))
    expected = Expected(Stage.FAULT)
    yield Case("Queue", "some entries failed", "enqueue a sweep", story, expected, sample=True)
    # Four tries of the function's own, then the event fails; Lambda's next one enqueues the sweep.
    story = Story(at_aws(half_failed, AwsCall.ENQUEUE, times=4), lasts=THREE_TRIES)
    yield Case("Queue", "half failed for good", "enqueue a sweep", story, expected)
