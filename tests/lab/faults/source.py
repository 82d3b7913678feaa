"""What Lambda takes work from: a queue with its dead letters, and the poller of it."""

from collections.abc import Callable

from tests.lab.faults.stack import SourceTemplate
from tests.support.lambda_poller import Batch, Poller
from tests.support.sqs_queue import SqsQueue


class Source:
    """`is_full`: as many batches are under way as MaximumConcurrency allows, so none is taken."""

    def __init__(
        self, now: Callable[[], float], words: SourceTemplate, *, allows_loops: bool
    ) -> None:
        self.dead = SqsQueue(now)
        self.queue = SqsQueue(now, words.visibility, words.most_receives, self.dead)
        self.poller = Poller(self.queue, words.batch_size, words.reports_failures, allows_loops)
        self.delivered: list[str] = []
        self.is_full = False

    @property
    def next_at(self) -> float | None:
        """When there is something to take next; None: nothing will be, as it is."""
        return None if self.is_full else self.queue.next_at

    def take(self) -> Batch | None:
        """The next batch to invoke the function with."""
        return None if self.is_full else self.poller.take()
