"""How old the data are that images are judged by, and how soon they had their effect, in words."""

from datetime import datetime, timedelta

from msgspec import Struct

from rescan.notice.times import age

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class DataAge(Struct, frozen=True):
    """When Anchore received the data that the last sweep began with (aware).

    The lags are from then to the last verdict of the sweep and to the last notice of its STOPs.
    None: not known, or not yet, or there were no newer data than those of the sweep before.
    """

    received_at: datetime
    verdict_lag: timedelta | None = None
    notice_lag: timedelta | None = None

    def told(self, now: datetime) -> str:
        """E.g. "received 3 h ago, the last verdict after 12 min, the last notice after 14 min"."""
        told = f"received {age(self.received_at, now)} ago"
        if self.verdict_lag is not None:
            told += f", the last verdict after {_span(self.verdict_lag)}"
        if self.notice_lag is not None:
            told += f", the last notice after {_span(self.notice_lag)}"
        return told


def _span(lag: timedelta) -> str:
    """Whole minutes below two hours, at least one; then whole hours."""
    return f"{max(1, lag // _MINUTE)} min" if lag < 2 * _HOUR else f"{lag // _HOUR:,} h"
