"""Everything that can go wrong, as one tree, and what becomes of the event that met it.

    RescanError
    ├── SettingsError              stop     the deployment is wrong; nothing runs until it is mended
    ├── EventRefused               stop     no event of a known shape; repeating cannot help
    ├── SecretUnusable             alarm    the credentials of Anchore cannot be read or used
    ├── OutOfTime                  requeue  the invocation's time ended before the work began
    ├── ImagePending               requeue  Anchore is not done with an image that a queue asked for
    ├── SweepIncomplete            alarm    a sweep ended before every tag was evaluated
    ├── NoticeInvalid              alarm    a notice that SNS would refuse (a defect of ours)
    ├── LedgerConflict             retry    another invocation wrote the entry first: read it again
    ├── LedgerUnavailable          retry    DynamoDB refused or did not answer; no STOP waits for it
    ├── NotThePublisher            retry    another publisher has claimed the outbox meanwhile
    ├── QueueUnavailable           retry    SQS did not take a message
    ├── PublishFailed              retry    SNS did not take a notice
    │   └── PublishedInPart                 one channel has the STOP, or may have it
    └── AnchoreError
        ├── AnchoreUnreachable     retry    no connection: DNS, refused, connect timeout, proxy
        ├── AnchoreCertificateError alarm   TLS: the certificate is not one that we trust
        ├── AnchoreInterrupted     retry    the request was sent, no whole answer came back
        │   ├── AnchoreTimeout              no byte within the read timeout, or the deadline passed
        │   ├── AnchoreServerError          5xx
        │   └── AnchoreAnswerCut            connection reset, or the body ended early
        ├── AnchoreThrottled       requeue  429, again and again or for longer than we wait
        ├── AnchoreUnauthorized    alarm    401 after the secret was read again
        ├── AnchoreForbidden       alarm    403
        ├── AnchoreRefused         alarm    any other 4xx, or a redirect
        │   ├── ImageUnknown       stop     404 "image data not found in DB": no image bears the tag
        │   └── ImageNotAnalyzed   requeue  404 "image is not analyzed - analysis_status: ..."
        └── AnchoreAnswerUnreadable alarm   HTML, broken JSON, a wrong shape
            └── AnchoreAnswerTooLarge       longer than MAX_BODY_MB, or too many values

Fates: `retry`: the same event may succeed at once or when it is delivered again; `requeue`: later;
`stop`: repeating it cannot help; `alarm`: a person must act first. Whatever its fate, an error ends
the invocation, or is a batch's failed record: none is swallowed, and none is a GO.
"""

from typing import ClassVar

from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.fate import Fate
from rescan.kernel.publish_fault import PublishFault


class RescanError(Exception):
    """The root: `str()` says what happened, where, what was expected and what to do.

    `cause` decides who must act when an image could not be evaluated because of it.
    """

    fate: ClassVar[Fate] = Fate.ALARM
    cause: ClassVar[FailureCause] = FailureCause.OTHER


class SettingsError(RescanError):
    """An environment variable is missing or wrong."""

    fate = Fate.STOP

    def __init__(self, variable: str, value: str | None, expected: str, example: str) -> None:
        found = "is not set" if value is None else f"is {value!r}"
        super().__init__(f"{variable} {found}. Expected {expected}. Example: {variable}={example}")
        self.variable = variable


class EventRefused(RescanError):
    """The event has no known shape; nothing was requested."""

    fate = Fate.STOP

    def __init__(self, problem: str, expected: str) -> None:
        super().__init__(f"The event was refused: {problem}. Expected {expected}.")


class SecretUnusable(RescanError):
    """The secret cannot be read, or does not hold credentials; its content is never quoted."""

    cause = FailureCause.CREDENTIALS


class OutOfTime(RescanError):
    """The invocation's time ended before this image's turn."""

    fate = Fate.REQUEUE


class ImagePending(RescanError):
    """Anchore is not done with an image that a queue asked for: the queue brings it back."""

    fate = Fate.REQUEUE


class SweepIncomplete(RescanError):
    """Some of a sweep's images were not evaluated in this invocation."""


class NoticeInvalid(RescanError):
    """A notice breaks a limit of SNS, or its facts contradict its kind."""


class PublishFailed(RescanError):
    """SNS did not confirm a notice; `fault` says why, and whether it may have been delivered."""

    fate = Fate.RETRY

    def __init__(self, problem: str, fault: PublishFault = PublishFault.MOMENT) -> None:
        super().__init__(problem)
        self.fault = fault


class PublishedInPart(PublishFailed):
    """One channel has the STOP, or may have it, and SNS did not confirm it for all of them."""


class LedgerConflict(RescanError):
    """The entry has changed since it was read: decide again on what it is now."""

    fate = Fate.RETRY


class LedgerUnavailable(RescanError):
    """The ledger cannot be read or written; a STOP does not wait for it."""

    fate = Fate.RETRY


class NotThePublisher(RescanError):
    """The claim on the outbox has ended, and another publisher has taken it."""

    fate = Fate.RETRY


class QueueUnavailable(RescanError):
    """A message was not taken; the original stays where it is."""

    fate = Fate.RETRY


class AnchoreError(RescanError):
    """A request to Anchore did not give a usable answer.

    `step` is the workflow's name of the step, `request` the method, path and query, `status`
    the HTTP status where one arrived, `retry_after` the seconds that the server asked for.
    """

    def __init__(
        self,
        problem: str,
        *,
        step: str,
        request: str,
        advice: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{step}: {problem} ({request})." + (f" {advice}" if advice else ""))
        self.problem = problem
        self.step = step
        self.request = request
        self.status = status
        self.retry_after = retry_after


class AnchoreUnreachable(AnchoreError):
    """No connection was made, so Anchore has not begun any work."""

    fate = Fate.RETRY
    cause = FailureCause.DOWN


class AnchoreCertificateError(AnchoreError):
    """The TLS handshake failed; verification is never switched off."""

    cause = FailureCause.CERTIFICATE


class AnchoreInterrupted(AnchoreError):
    """The request was sent, and no whole answer came back: Anchore may go on working on it."""

    fate = Fate.RETRY
    cause = FailureCause.DOWN


class AnchoreTimeout(AnchoreInterrupted):
    """No byte came within the read timeout, or the deadline passed."""


class AnchoreServerError(AnchoreInterrupted):
    """Anchore, or the load balancer before it, answered 5xx."""


class AnchoreAnswerCut(AnchoreInterrupted):
    """The connection was reset, or the body ended before its announced end."""


class AnchoreThrottled(AnchoreError):
    """429, and its Retry-After was longer than we may wait or came again and again."""

    fate = Fate.REQUEUE
    cause = FailureCause.THROTTLED


class AnchoreUnauthorized(AnchoreError):
    """401, also with the credentials that the secret holds now."""

    cause = FailureCause.CREDENTIALS


class AnchoreForbidden(AnchoreError):
    """403: the account or the role does not reach this."""

    cause = FailureCause.FORBIDDEN


class AnchoreRefused(AnchoreError):
    """Another 4xx, or a redirect (never followed: it could carry the credentials elsewhere)."""

    cause = FailureCause.WRONG_ANSWER


class ImageUnknown(AnchoreRefused):
    """404 "image data not found in DB": how real servers say that no image bears the tag."""

    fate = Fate.STOP
    cause = FailureCause.NOT_FOUND


class ImageNotAnalyzed(AnchoreRefused):
    """404 "image is not analyzed"; `analysis_status` as the server names it."""

    fate = Fate.REQUEUE
    cause = FailureCause.NOT_ANALYZED

    def __init__(
        self, problem: str, *, step: str, request: str, status: int, analysis_status: str
    ) -> None:
        super().__init__(problem, step=step, request=request, status=status)
        self.analysis_status = analysis_status


class AnchoreAnswerUnreadable(AnchoreError):
    """A 200 whose body is not the JSON that this operation answers."""

    cause = FailureCause.WRONG_ANSWER


class AnchoreAnswerTooLarge(AnchoreAnswerUnreadable):
    """A body longer than MAX_BODY_MB (reading stopped there), or of more values than real ones."""

    cause = FailureCause.OTHER
