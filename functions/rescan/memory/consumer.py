"""Works through the messages of a sweep, one after the other; no image's failure ends the others.

A sweep fails, so that Lambda's Errors metric shows it, only after every image had its turn:

    an Anchore error on some images   their results are not_evaluated; the sweep succeeds
    the same on every image           SweepIncomplete
    any other error, or a crash       SweepIncomplete
    no time left                      SweepIncomplete, which says for how many images
"""

from typing import Any

from aws_lambda_powertools import Logger
from msgspec import Struct, field

from rescan.events import responses
from rescan.events.commands import Gate
from rescan.events.gate_log import GateImage
from rescan.events.gate_result import GateResult
from rescan.gate.model import Outcome
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, RescanError, SweepIncomplete

_MOST_FAILURES = 20


class Consumed(Struct):
    """The results as they are answered, of so many `messages`, and what failed.

    The reports behind them are not kept: one may hold megabytes of vulnerabilities.
    """

    messages: int
    results: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, gated: GateResult) -> None:
        """One image more."""
        self.results.append(responses.result(gated))

    @property
    def not_evaluated(self) -> int:
        """How many images were answered, but not evaluated."""
        return sum(1 for result in self.results if result["outcome"] == Outcome.NOT_EVALUATED.value)

    def check(self) -> None:
        """SweepIncomplete, which names the failures, unless there are none."""
        failures = self.failures[:_MOST_FAILURES]
        if self.messages and self.not_evaluated == self.messages:
            first = self.results[0]["reason"]
            failures.append(f"no image was evaluated, the first because: {first}")
        if failures:
            done = f"{len(self.results)} of {self.messages} images were answered"
            raise SweepIncomplete(f"The sweep is incomplete: {done}. " + "; ".join(failures))


def consume(gates: list[Gate], gate_now: GateImage, deadline: Deadline, logger: Logger) -> Consumed:
    """Gate each image; one that others follow gets half of the time that is left."""
    consumed = Consumed(len(gates))
    for turn, gate in enumerate(gates, start=1):
        if deadline.passed:
            consumed.failures.append(f"no time was left for {len(gates) - turn + 1} images")
            break
        own = deadline if turn == len(gates) else deadline.half()
        try:
            consumed.add(gate_now(gate, own))
        except AnchoreError as error:
            consumed.add(GateResult(gate.tag, why=str(error), failed=True))
        except RescanError as error:
            consumed.failures.append(f"{gate.tag}: {error}")
        except Exception as error:
            logger.exception("image failed", tag=str(gate.tag))
            consumed.failures.append(f"{gate.tag}: {error}")
    answered, not_evaluated = len(consumed.results), consumed.not_evaluated
    logger.info("sweep ended", watched=len(gates), answered=answered, not_evaluated=not_evaluated)
    return consumed
