"""Works through the messages of a sweep, one after the other; no image's failure ends the others.

A sweep fails, so that Lambda's Errors metric shows it, only after all images had their turn:

    an Anchore error on some images   their results are not_evaluated; the sweep succeeds
    the same on every image           SweepIncomplete
    any other error, or a crash       SweepIncomplete
    no time left                      SweepIncomplete, which says for how many images
"""

from aws_lambda_powertools import Logger
from msgspec import Struct, field

from rescan.events.commands import Gate
from rescan.events.gate_log import GateImage
from rescan.events.gate_result import GateResult
from rescan.gate.model import Outcome
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, RescanError, SweepIncomplete

_MOST_FAILURES = 20


class Consumed(Struct):
    """The results, of so many `messages`, and what failed otherwise."""

    messages: int
    results: list[GateResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise SweepIncomplete, naming the failures, unless the sweep succeeded."""
        failures = [*self.failures]
        if self.results and len(self._not_evaluated()) == self.messages:
            failures.append(
                f"no image was evaluated, the first because: {_reason(self.results[0])}"
            )
        if failures:
            done = f"{len(self.results)} of {self.messages} images were answered"
            problems = "; ".join(failures[:_MOST_FAILURES])
            raise SweepIncomplete(f"The sweep is incomplete: {done}. {problems}")

    def log(self, logger: Logger) -> None:
        """How many images were watched, answered, and not evaluated."""
        logger.info(
            "sweep ended",
            watched=self.messages,
            answered=len(self.results),
            not_evaluated=len(self._not_evaluated()),
        )

    def _not_evaluated(self) -> list[GateResult]:
        return [result for result in self.results if result.outcome is Outcome.NOT_EVALUATED]


def consume(gates: list[Gate], gate_now: GateImage, deadline: Deadline, logger: Logger) -> Consumed:
    """Gate each image; one that others follow gets half of the time that is left."""
    consumed = Consumed(len(gates))
    for turn, gate in enumerate(gates, start=1):
        if deadline.passed:
            consumed.failures.append(f"no time was left for {len(gates) - turn + 1} images")
            break
        own = deadline if turn == len(gates) else deadline.half()
        try:
            consumed.results.append(gate_now(gate, own))
        except AnchoreError as error:
            consumed.results.append(GateResult(gate.tag, why=str(error), failed=True))
        except RescanError as error:
            consumed.failures.append(f"{gate.tag}: {error}")
        except Exception as error:
            logger.exception("image failed", tag=str(gate.tag))
            consumed.failures.append(f"{gate.tag}: {error}")
    consumed.log(logger)
    return consumed


def _reason(result: GateResult) -> str:
    return result.report.reason if result.report else result.why
