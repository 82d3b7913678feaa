"""An SQS batch: handles its records side by side, and answers `batchItemFailures` alone.

Source: AWS Lambda, "Using Lambda with Amazon SQS", ReportBatchItemFailures. An exception would
return every record to the queue, so a record that raises fails alone. Powertools' processors take
records one after the other, or as coroutines; these wait for Anchore in threads.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from rescan.kernel.arenas import share_arenas
from rescan.kernel.errors import EventRefused, RescanError
from rescan.kernel.json_decoding import MALFORMED

# As many threads as there are arenas with two cores.
_MANY = 16


def answer_batch(
    batch: Mapping[str, Any],
    handle: Callable[[object], None],
    logger: Logger,
    threads: Callable[[int], Executor] = ThreadPoolExecutor,
) -> dict[str, Any]:
    """`{"batchItemFailures": [{"itemIdentifier"}]}`: the records on which `handle` raised.

    `threads` is an argument for the tests' sake.
    """
    records = batch["Records"]
    if len(records) > _MANY:
        share_arenas()

    def succeeds(record: Mapping[str, Any]) -> bool:
        logger.thread_safe_append_keys(sqs_message_id=record["messageId"])
        try:
            handle(_event_of(record))
        except RescanError as error:
            logger.error("record failed", fate=error.fate.value, reason=str(error))
        except Exception:
            logger.exception("record failed unexpectedly")
        else:
            return True
        finally:
            logger.thread_safe_remove_keys(["sqs_message_id"])
        return False

    succeeded = _side_by_side(succeeds, records, threads)
    failed = [r["messageId"] for r, done in zip(records, succeeded, strict=True) if not done]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _side_by_side(
    succeeds: Callable[[Mapping[str, Any]], bool],
    records: Sequence[Mapping[str, Any]],
    threads: Callable[[int], Executor],
) -> list[bool]:
    """In a thread each; one record alone needs none of its own."""
    if len(records) == 1:
        return [succeeds(records[0])]
    with threads(len(records)) as each:
        return list(each.map(succeeds, records))


def _event_of(record: Mapping[str, Any]) -> object:
    try:
        return msgspec.json.decode(record["body"])
    except (KeyError, *MALFORMED) as error:
        raise EventRefused(f"its body is no JSON: {error}", "one event as JSON") from error
