"""Gates one image without a memory: the workflow, then a notice of every STOP."""

from collections.abc import Callable

from rescan.events.commands import Gate
from rescan.events.gate_result import GateResult
from rescan.gate.model import Notification, Outcome, outcome_metric
from rescan.gate.workflow import Anchore, rescan
from rescan.kernel.clock import Clock, utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import ImagePending, OutOfTime
from rescan.kernel.metrics import Metric, Tally
from rescan.ledger.news import StopNews
from rescan.settings import Settings
from rescan.work.topics import Topics


class Gatekeeper:
    """What the topics do not take is raised as PublishFailed: a STOP is never swallowed."""

    def __init__(
        self,
        settings: Settings,
        anchore_until: Callable[[Deadline], Anchore],
        topics: Topics,
        tally: Tally,
        clock: Clock = utc_now,
    ) -> None:
        self._settings = settings
        self._anchore_until = anchore_until
        self._topics = topics
        self._tally = tally
        self._clock = clock

    def gate_now(self, gate: Gate, deadline: Deadline) -> GateResult:
        """What the image came to; AnchoreError, OutOfTime, PublishFailed."""
        if deadline.passed:
            raise OutOfTime(f"No time was left to gate {gate.tag}: Anchore was not asked.")
        report = rescan(self._anchore_until(deadline), gate.request(self._settings))
        self._tally.add(outcome_metric(report.outcome))
        self._tally.add(Metric.EVALUATED, report.outcome.is_verdict)
        if report.outcome is not Outcome.STOP:
            return GateResult(gate.tag, report)
        self._topics.say(StopNews.unremembered(report, self._clock()))
        return GateResult(gate.tag, report, Notification.PUBLISHED)

    def work(self, gate: Gate, deadline: Deadline) -> GateResult:
        """The same for a queue's record, which comes back while Anchore is not done."""
        gated = self.gate_now(gate, deadline)
        if gated.report is not None and gated.report.outcome is Outcome.PENDING:
            raise ImagePending(f"{gate.tag}: {gated.report.reason}; the queue tries again.")
        return gated
