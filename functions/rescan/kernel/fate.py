"""What becomes of an event that met an error; `errors.py` explains the words."""

from enum import StrEnum


class Fate(StrEnum):
    """The fates by name."""

    RETRY = "retry"
    REQUEUE = "requeue"
    STOP = "stop"
    ALARM = "alarm"

    @property
    def passes(self) -> bool:
        """Whether the same may succeed later, without anybody's help."""
        return self in (Fate.RETRY, Fate.REQUEUE)
