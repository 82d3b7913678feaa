"""What a summary says of dates: how many images are overdue, and of which teams."""

from collections.abc import Iterable, Iterator

from rescan.notice.foreign import foreign
from rescan.notice.summary import TeamDue
from rescan.notice.wording import counted


def overdue(teams: Iterable[TeamDue]) -> Iterator[str]:
    """E.g. "2 overdue"; nothing for none."""
    if number := sum(team.overdue for team in teams):
        yield f"{number:,} overdue"


def team_due(team: TeamDue) -> str:
    """E.g. "payments: 2 images overdue, 3 due within a week"."""
    late = [f"{counted(team.overdue, 'image')} overdue"] if team.overdue else []
    number = f"{team.this_week:,}" if late else counted(team.this_week, "image")
    this_week = [f"{number} due within a week"] if team.this_week else []
    return f"{foreign(team.team)}: {', '.join(late + this_week)}"
