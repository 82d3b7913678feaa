"""What the most notices are about: the largest groups first, each notice in one of them. Pure.

A storm is thousands of notices with dozens of findings each, so each finding is counted once, and
counted down as its notices are taken.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

from rescan.outbox.envelope import Matter, MatterKind
from rescan.outbox.items import Waiting

_Rank = tuple[bool, int, int, str]


def most_shared(those: Sequence[Waiting]) -> Iterator[tuple[Matter, list[Waiting]]]:
    """What at least two have in common, with all that are still left of it, in their order.

    A change of the policy comes before a finding, what more have before what fewer have, and then
    the more severe one.
    """
    matters: dict[str, Matter] = {}
    left: defaultdict[str, set[int]] = defaultdict(set)
    for position, it in enumerate(those):
        for matter in it.gist.matters:
            matters.setdefault(matter.key, matter)
            left[matter.key].add(position)
    ranks = [_rank(matters[key], left[key]) for key in left if len(left[key]) > 1]
    heapify(ranks)
    while ranks:
        rank = heappop(ranks)
        matter = matters[rank[-1]]
        positions = left[matter.key]
        if (now := _rank(matter, positions)) != rank:
            if len(positions) > 1:
                heappush(ranks, now)
            continue
        members = sorted(positions)
        for position in members:
            for other in those[position].gist.matters:
                left[other.key].discard(position)
        yield matter, [those[position] for position in members]


def _rank(matter: Matter, positions: set[int]) -> _Rank:
    """The least comes first."""
    is_finding = matter.kind is not MatterKind.POLICY
    return is_finding, -len(positions), -matter.severity, matter.key
