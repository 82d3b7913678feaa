"""The exit status, on which pipelines branch."""

from enum import IntEnum

from rescan.gate.model import Outcome
from rescan.kernel.errors import (
    AnchoreCertificateError,
    AnchoreError,
    AnchoreForbidden,
    AnchoreUnauthorized,
    EventRefused,
    LedgerUnavailable,
    SecretUnusable,
    SettingsError,
)


class ExitStatus(IntEnum):
    """0 to 3 are outcomes; no failure is a 0 or a 1."""

    PASSED = 0
    STOPPED = 1
    NOT_EVALUATED = 2
    NOT_FOUND = 3
    REFUSED = 4
    UNEXPECTED = 5
    INTERRUPTED = 130


_OF_OUTCOME = {
    Outcome.GO: ExitStatus.PASSED,
    Outcome.WARN: ExitStatus.PASSED,
    Outcome.STOP: ExitStatus.STOPPED,
    Outcome.PENDING: ExitStatus.NOT_EVALUATED,
    Outcome.NOT_EVALUATED: ExitStatus.NOT_EVALUATED,
    Outcome.NOT_FOUND: ExitStatus.NOT_FOUND,
}
# Only the caller can fix these: repeating the same call cannot help.
_OF_THE_CALLER = (
    EventRefused,
    SettingsError,
    SecretUnusable,
    AnchoreUnauthorized,
    AnchoreForbidden,
    AnchoreCertificateError,
)


def of_outcome(outcome: Outcome) -> ExitStatus:
    """The status of a workflow that ended with a report."""
    return _OF_OUTCOME[outcome]


def of_error(error: Exception) -> ExitStatus:
    """The status of an error: a failed request leaves the image not evaluated, or not known."""
    if isinstance(error, _OF_THE_CALLER):
        return ExitStatus.REFUSED
    if isinstance(error, AnchoreError | LedgerUnavailable):
        return ExitStatus.NOT_EVALUATED
    return ExitStatus.UNEXPECTED
