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


def most_shared(
    notices: Sequence[PendingNotice], least: int
) -> Iterator[tuple[Issue, list[PendingNotice]]]:
    """What at least two have in common, and no fewer than `least`, with all that are left of it.

    A change of the policy comes before a finding, what more have before what fewer have, and then
    the more severe one. The notices stay in their order.
    """
    least = max(2, least)
    issues: dict[str, Issue] = {}
    left: defaultdict[str, set[int]] = defaultdict(set)
    for position, notice in enumerate(notices):
        for issue in notice.envelope.issues:
            issues.setdefault(issue.key, issue)
            left[issue.key].add(position)
    ranks = [_rank(issues[key], left[key]) for key in left if len(left[key]) >= least]
    heapify(ranks)
    while ranks:
        rank = heappop(ranks)
        issue = issues[rank[-1]]
        positions = left[issue.key]
        if (now := _rank(issue, positions)) != rank:
            if len(positions) >= least:
                heappush(ranks, now)
            continue
        members = sorted(positions)
        for position in members:
            for other in notices[position].envelope.issues:
                left[other.key].discard(position)
        yield issue, [notices[position] for position in members]


def _rank(issue: Issue, positions: set[int]) -> _Rank:
    """The least comes first."""
    is_finding = issue.kind is not IssueKind.POLICY
    return is_finding, -len(positions), -issue.severity, issue.key
