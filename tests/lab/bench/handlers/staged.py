"""The function, imported in stages; its answer holds when each of them ended.

It is laid beside the artifact; the clock is the machine's, the same for all processes.
"""

import time
from typing import Any

MOMENTS = [time.monotonic()]

import aws_lambda_powertools  # noqa: E402, F401 - each import is a stage
import boto3  # noqa: E402, F401
import msgspec  # noqa: E402, F401
import requests  # noqa: E402, F401

MOMENTS += [time.monotonic()]

import rescan.bootstrap  # noqa: E402, F401 - all of ours, and builds nothing

MOMENTS += [time.monotonic()]

from rescan import app  # noqa: E402 - builds the function, with its clients

MOMENTS += [time.monotonic()]


def handler(event: Any, context: Any) -> dict[str, Any]:
    """The function's answer, and the moments."""
    return app.handler(event, context) | {"moments": MOMENTS}
