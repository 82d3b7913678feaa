"""What is told of an image that runs under a tag which has moved on."""

from msgspec import Struct

from rescan.gate.model import Outcome
from rescan.kernel.image_tag import Digest


class OldImage(Struct, frozen=True):
    """An image that runs under a tag which has moved on.

    `moved_to` is what the tag is on, `outcome` the verdict of that; None: not known.
    """

    digest: Digest
    moved_to: Digest | None = None
    outcome: Outcome | None = None
