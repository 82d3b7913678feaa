"""Makes types known to msgspec before threads decode them.

msgspec 0.22 learns a type when it first meets it; two threads that meet it at once end the process
with a segmentation fault. So each module names what it decodes when it is imported.
"""

from typing import Any

from msgspec import json

__all__ = ["known"]


def known(*shapes: Any) -> None:
    """Learn these types now."""
    for shape in shapes:
        json.Decoder(shape)
