"""An SQS batch: records independent of each other, answered as `batchItemFailures` alone.

Source: AWS Lambda, "Using Lambda with Amazon SQS", ReportBatchItemFailures. An exception would
bring every record back, so all that one record can do is fail itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from rescan.deadline import Deadline
from rescan.errors import EventRefused, RescanError

__all__ = ["answer_batch"]


def answer_batch(
    batch: Mapping[str, Any],
    handle: Callable[[object, Deadline], None],
    deadline: Deadline,
    logger: Logger,
) -> dict[str, Any]:
    """`{"batchItemFailures": [{"itemIdentifier"}]}`: the records that `handle` raised on."""
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    left = len(batch["Records"])

    def handle_record(record: SQSRecord) -> None:
        nonlocal left
        left -= 1
        # A record that others follow gets half of the time: a slow one cannot starve them.
        own = deadline.half() if left else deadline
        with logger.append_context_keys(sqs_message_id=record.message_id):
            try:
                handle(_event_of(record), own)
            except RescanError as error:
                logger.error("record failed", fate=error.fate.value, reason=str(error))
                raise
            except Exception:
                logger.exception("record failed unexpectedly")
                raise

    answer = process_partial_response(
        event=dict(batch), record_handler=handle_record, processor=processor
    )
    return dict(answer)


def _event_of(record: SQSRecord) -> object:
    try:
        return msgspec.json.decode(record.body)
    except msgspec.DecodeError as error:
        raise EventRefused(f"its body is no JSON: {error}", "one event as JSON") from error
