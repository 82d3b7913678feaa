"""The Lambda handler: builds the function once a container, and gives each event its time."""

# ruff: noqa: E402 - the collector rests before anything large is imported.

import gc
import os
from contextlib import suppress
from functools import cache
from typing import Any

# While modules load nothing is garbage, and to look for some takes 13 ms of a cold start.
gc.disable()

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from rescan.aws.emf import write_metrics
from rescan.bootstrap import build
from rescan.events.dispatcher import Dispatcher
from rescan.kernel.deadline import Deadline
from rescan.kernel.metrics import Tally

# Kept back of the invocation's time, to record and publish what was found before Lambda kills the
# process: three calls of the ledger (18 s), one of SNS (13 s), and some.
RESERVE_SECONDS = 35.0

logger = Logger()
tally = Tally()


@cache
def _dispatcher() -> Dispatcher:
    return build(os.environ, logger, tally)


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # The init phase, which Lambda may run ahead of an event. An error here would end the process
    # again and again: it is left to the events, each of which builds anew and fails by its name.
    with suppress(Exception):
        _dispatcher()

gc.enable()


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Answer one event; every RescanError passes through and fails the invocation.

    Importing this module needs neither an environment nor AWS; in Lambda it builds the function.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    reserve = min(RESERVE_SECONDS, seconds / 4)
    # A message that begins within the grace ends, whatever SNS does, within the reserve.
    deadline = Deadline.after(seconds - reserve, grace=reserve / 2)
    try:
        return _dispatcher().handle(event, deadline)
    finally:
        write_metrics(tally)
