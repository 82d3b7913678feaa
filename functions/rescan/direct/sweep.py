"""A sweep in place: every watched tag in turn; no image's failure ends the others.

What is raised at the end makes the invocation fail, so that Lambda's Errors metric shows it:

    an Anchore error on some images -> their results say not_evaluated; the sweep succeeds
    the same on every image         -> SweepIncomplete
    a notice that failed, a crash   -> SweepIncomplete, after the others had their turn
    no time left                    -> SweepIncomplete, which says how many had no turn
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from rescan.events import responses as answers
from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.events.watched_tags import ActiveTags, watched_tags
from rescan.gate.model import Outcome, Trigger
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, RescanError, SweepIncomplete
from rescan.kernel.watch_list import WatchList

Result = dict[str, Any]


def run_sweep(
    watch_list: WatchList,
    trigger: Trigger,
    gate: Callable[[Gate, Deadline], GateResult],
    active_tags: ActiveTags,
    deadline: Deadline,
    logger: Logger,
) -> list[Result]:
    """One result per watched tag; SweepIncomplete, or the AnchoreError of listing the tags."""
    tags = watched_tags(watch_list, active_tags, deadline, logger)
    results: list[Result] = []
    failures: list[str] = []
    for turn, tag in enumerate(tags, start=1):
        if deadline.passed:
            failures.append(f"no time was left for {len(tags) - turn + 1} images")
            break
        # An image that others follow gets half of the time: a slow one cannot starve them.
        own = deadline if turn == len(tags) else deadline.half()
        try:
            results.append(answers.result(gate(Gate(tag, trigger), own)))
        except AnchoreError as error:
            results.append(answers.result(GateResult(tag, why=str(error), failed=True)))
        except RescanError as error:
            failures.append(f"{tag}: {error}")
        except Exception as error:
            logger.exception("image failed", tag=str(tag))
            failures.append(f"{tag}: {error}")
    not_evaluated = [r for r in results if r["outcome"] == Outcome.NOT_EVALUATED.value]
    logger.info(
        "sweep ended", watched=len(tags), answered=len(results), not_evaluated=len(not_evaluated)
    )
    if not_evaluated and len(not_evaluated) == len(tags):
        failures.append(f"no image was evaluated, the first because: {results[0]['reason']}")
    if failures:
        done = f"{len(results)} of {len(tags)} images were answered"
        raise SweepIncomplete(f"The sweep is incomplete: {done}. " + "; ".join(failures[:20]))
    return results
