"""Sets a notice aside that can never be published: it is kept and waits no longer.

Nothing here puts it back or deletes it; whoever finds the cause does: notices-set-aside, in
docs/operations.md.
"""

from aws_lambda_powertools import Logger

from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.metrics import Metric, Tally
from rescan.outbox.items import PendingNotice, Unreadable
from rescan.work.ports import Outbox
from rescan.work.publisher_run import Run

# Of what cannot be decoded, in one run: the others must not wait for it.
_MOST = 500


class SetAside:
    """What the ledger does not set aside goes on waiting, and is refused again by the next run."""

    def __init__(self, outbox: Outbox, tally: Tally, logger: Logger) -> None:
        self._outbox = outbox
        self._tally = tally
        self._logger = logger

    def notice(self, notice: PendingNotice, reason: str, run: Run) -> None:
        """Set it aside, count it, and log which it is."""
        envelope = notice.envelope
        self._count(f"{notice.channel}#{envelope.id}", f"{envelope.tag}: {reason}", run)
        self._keep(notice, reason)
        run.deleted.add(notice.key)

    def what_is_unreadable(self, run: Run) -> None:
        """The same for what this version cannot decode; what is no notice is only counted."""
        for item in self._outbox.unreadable()[:_MOST]:
            reason = f"This version cannot decode it: {item.reason}."
            self._count(item.key, reason, run)
            if item.waits:
                self._keep(item, reason)

    def _count(self, name: str, reason: str, run: Run) -> None:
        run.failed += 1
        self._tally.add(Metric.NOTICES_SET_ASIDE)
        self._logger.error("set aside", notice=name, reason=reason)

    def _keep(self, notice: PendingNotice | Unreadable, reason: str) -> None:
        try:
            self._outbox.set_aside(notice, reason)
        except LedgerUnavailable as error:
            self._tally.add(Metric.LEDGER_ERRORS)
            self._logger.error("a notice cannot be set aside", reason=str(error))
