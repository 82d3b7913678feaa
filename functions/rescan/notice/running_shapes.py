"""The shapes of the part `running` of a result, as docs/notice.schema.json describes them."""

from collections.abc import Sequence

from msgspec import Struct


class Place(Struct, frozen=True):
    """A namespace of a cluster, or a cluster of ECS."""

    type: str
    context: str
    last_seen: str | None


class Running(Struct, frozen=True, kw_only=True):
    """Where an image runs; without a total nowhere, if that is known."""

    known: bool
    places: Sequence[Place] = ()
    total: int = 0


class Old(Struct, frozen=True):
    """What runs under a tag that has moved on, and what the tag is on."""

    digest: str
    moved_to: str | None
    outcome: str | None
