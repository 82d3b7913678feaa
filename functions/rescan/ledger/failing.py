"""Since when an image has no evaluation, at which step, and why. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Step
from rescan.gate.report import Report
from rescan.kernel.errors import AnchoreError, RescanError
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest


class Failing(Struct, frozen=True):
    """Since when no real evaluation has come about, at which step it fails, and why.

    The cause of an entry that was stored without one is OTHER. `pushed` is the image whose push
    failed, if one did: it is evaluated only with that one, or a later one.
    """

    since: datetime
    step: str
    reason: str
    cause: FailureCause = FailureCause.OTHER
    pushed: Digest | None = None

    @classmethod
    def of_report(cls, report: Report, since: datetime) -> Self:
        """What keeps the report from being a verdict."""
        step, cause = report.failed_step or Step.FIND_ACTIVE_IMAGE, report.cause
        return cls(since, step, report.reason, cause or FailureCause.OTHER)

    @classmethod
    def of_platforms(cls, missing: Sequence[Report], since: datetime) -> Self:
        """What keeps some platforms of an image from a verdict that others have."""
        reasons = "; ".join(f"{each.platform}: {each.reason}" for each in missing)
        error = missing[0].error
        first = cls.of_error(error, since) if error else cls.of_report(missing[0], since)
        return replace(first, reason=reasons)

    @classmethod
    def of_error(cls, error: RescanError, since: datetime) -> Self:
        """An attempt that ended with the error; before the first request its step is the first."""
        step = error.step if isinstance(error, AnchoreError) else Step.FIND_ACTIVE_IMAGE
        return cls(since, step, str(error), error.cause)
