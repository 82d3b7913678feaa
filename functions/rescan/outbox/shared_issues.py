"""What the most notices are about: the largest groups first, each notice in one of them. Pure.

A storm is thousands of notices with dozens of findings each, so each finding is counted once, and
counted down as its notices are taken.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

from rescan.outbox.envelope import Issue, IssueKind
from rescan.outbox.items import PendingNotice

_Rank = tuple[bool, int, int, str]


def most_shared(those: Sequence[PendingNotice]) -> Iterator[tuple[Issue, list[PendingNotice]]]:
    """What at least two have in common, with all that are still left of it, in their order.

    A change of the policy comes before a finding, what more have before what fewer have, and then
    the more severe one.
    """
    issues: dict[str, Issue] = {}
    left: defaultdict[str, set[int]] = defaultdict(set)
    for position, it in enumerate(those):
        for issue in it.envelope.issues:
            issues.setdefault(issue.key, issue)
            left[issue.key].add(position)
    ranks = [_rank(issues[key], left[key]) for key in left if len(left[key]) > 1]
    heapify(ranks)
    while ranks:
        rank = heappop(ranks)
        issue = issues[rank[-1]]
        positions = left[issue.key]
        if (now := _rank(issue, positions)) != rank:
            if len(positions) > 1:
                heappush(ranks, now)
            continue
        members = sorted(positions)
        for position in members:
            for other in those[position].envelope.issues:
                left[other.key].discard(position)
        yield issue, [those[position] for position in members]


def _rank(issue: Issue, positions: set[int]) -> _Rank:
    """The least comes first."""
    is_finding = issue.kind is not IssueKind.POLICY
    return is_finding, -len(positions), -issue.severity, issue.key
