"""The shapes of the part `summary` of a result, as docs/notice.schema.json describes them."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from rescan.notice.running_shapes import Running

_Image = TypeVar("_Image")


class Coverage(Struct, frozen=True):
    """What the tags of one sweep came to; `not_tags` names the first of the `unwatched` rows."""

    started: str
    expected: int
    evaluated: int
    absent: int
    missing: int
    unwatched: int
    not_tags: Sequence[str]


class Dated(Struct, frozen=True):
    """An image of a summary, and since or until when."""

    full_tag: str
    at: str | None
    running: Running | UnsetType = UNSET
    old: bool | UnsetType = UNSET


class Failed(Struct, frozen=True):
    """An image of a summary that is not evaluated."""

    full_tag: str
    at: str
    step: str
    reason: str
    running: Running | UnsetType = UNSET
    old: bool | UnsetType = UNSET


class Images(Struct, Generic[_Image], frozen=True):
    """One list of a summary."""

    total: int
    shown: int
    images: Sequence[_Image]


class TeamDue(Struct, frozen=True):
    """How many images of a team are overdue, and due within a week."""

    team: str
    overdue: int
    this_week: int


class Summary(Struct, frozen=True, kw_only=True):
    """How the watcher and its images are."""

    quiet: bool
    sweep: Coverage | None
    under_way: Coverage | None
    next_sweep: str | None
    overdue: bool
    next_summary: str | None
    new_pushes: int
    set_aside: int
    stopped: Images[Dated]
    not_evaluated: Images[Failed]
    unknown_pushes: Images[Dated]
    ending: Images[Dated]
    data_received_at: str | UnsetType = UNSET
    verdict_lag_seconds: int | UnsetType = UNSET
    notice_lag_seconds: int | UnsetType = UNSET
    due: Sequence[TeamDue] | UnsetType = UNSET
    running_unknown: str | UnsetType = UNSET
