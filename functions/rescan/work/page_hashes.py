"""Names as hashes of 8 bytes, of which an item of the ledger holds very many.

Among a million names two have the same hash once in 37 million sweeps.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from rescan.kernel.image_tag import Digest, ImageTag
from rescan.kernel.watch_list import ListedTags
from rescan.work.what_runs import Target

_SIZE = 8
_NONE = array("Q")


def hash_of(tag: ImageTag | None, digest: Digest | None) -> bytes:
    """Of a tag, of a digest, or of both together: of what is to be gated."""
    name = f"{tag or ''}@{digest or ''}"
    return blake2b(name.encode(errors="replace"), digest_size=_SIZE).digest()


def hashes_of(targets: Iterable[Target]) -> bytes:
    """Those of all targets."""
    return b"".join(hash_of(*target) for target in targets)


def each_hash(hashes: bytes | bytearray) -> Iterator[bytes]:
    """They, one by one."""
    return (bytes(hashes[at : at + _SIZE]) for at in range(0, len(hashes), _SIZE))


class HashSet:
    """Very many hashes, in their 8 bytes each: a set of Python takes 100.

    They lie in boxes by their first byte, each in order, so that one is found in few steps.
    """

    def __init__(self, parts: Iterable[bytes]) -> None:
        boxes: defaultdict[int, bytearray] = defaultdict(bytearray)
        for part in parts:
            for each in each_hash(part):
                boxes[each[0]] += each
        self._boxes = {first: _in_order(box) for first, box in boxes.items()}

    def __contains__(self, hashed: object) -> bool:
        if not isinstance(hashed, bytes):
            return False
        box, number = self._boxes.get(hashed[0], _NONE), int.from_bytes(hashed, "big")
        at = bisect_left(box, number)
        return at < len(box) and box[at] == number

    def __len__(self) -> int:
        """How many different ones there are."""
        return sum(map(len, self._boxes.values()))


def _in_order(box: bytearray) -> "array[int]":
    return array("Q", sorted({int.from_bytes(each, "big") for each in each_hash(box)}))


def hashes_of_listed(listed: ListedTags, asked: Iterable[ImageTag]) -> bytes:
    """Those of the tags that are asked about, of digests that run, and of the tags on these."""
    tags = {*listed.tags}.intersection(asked)
    digests = {digest for found in listed.running.values() for digest in found}
    pairs = ((tag, digest) for tag, found in listed.running.items() for digest in found)
    return b"".join(
        (
            *(hash_of(tag, None) for tag in tags),
            *(hash_of(None, digest) for digest in digests),
            hashes_of(pairs),
        )
    )
