"""What becomes of an event that met an error; `errors.py` explains the words."""

from enum import StrEnum


class Fate(StrEnum):
    """The fates by name."""

    RETRY = "retry"
    REQUEUE = "requeue"
    STOP = "stop"
    ALARM = "alarm"
