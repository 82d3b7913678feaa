"""Whatever the order of evaluations, flips, moves and failures: days, and news of exploitation.

Each property sees 60 lives of up to 8 moments, the same ones at each run; PROPERTY_EXAMPLES=5000
looks at so many new ones.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from rescan.aws.ledger_items import entry_of, item_of
from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome
from rescan.gate.report import Report
from rescan.kernel.due_days import DueDays
from rescan.kernel.failure_cause import FailureCause
from rescan.ledger.announced_findings import Reported
from rescan.ledger.due_dates import due_dates, earliest_first_days
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan.ledger.news import News, StopNews, StoppedNews
from rescan.ledger.transitions import Remembered, after_failure, after_not_found, after_verdict
from tests.support import life_properties
from tests.support.entries import FRESH, NEW, OLD, PACE, TRIGGER, finding, report
from tests.support.fakes import NOON

CVES = ("CVE-1", "CVE-2")
TERMS = DueDays.parse("exploited=3,critical=15,low=60")
FAILED, GONE = "failed", "gone"

# What is said of a finding: its severity, and whether it is known to be exploited; None: it is not
# there. Without a severity there is no row that could say more.
Said = tuple[str | None, bool | None] | None
SAID: list[Said] = [None, (None, None), *product(["Low", "Critical"], [None, False, True])]


class Moment(Struct, frozen=True):
    """What becomes of the image so many days later; it is stopped by what is said of findings.

    `forgets`: an older version, which keeps no days, writes the entry once more.
    """

    answer: tuple[Said, Said] | str
    days: int = 1
    moved: bool = False
    unread: bool = False
    forgets: bool = False
    terms: DueDays = TERMS


class Lived(Struct, frozen=True):
    """The entry before and behind a moment, and its news."""

    today: date
    before: Entry
    after: Entry
    news: News | None
    terms: DueDays

    def reported_twice(self) -> list[tuple[Reported, Reported]]:
        """What is remembered, before and behind it, of what stops the image at both."""
        before, after = self.before.stopping.reported, self.after.stopping.reported
        return [(before[name], after[name]) for name in before.keys() & after.keys()]

    def turned(self) -> frozenset[FindingKey]:
        """What was never known to be exploited, and is: known not to be the last time."""
        before, after = self.before.stopping.reported, self.after.stopping.reported
        return frozenset(
            name
            for name in before.keys() & after.keys()
            if before[name].exploited is False
            and before[name].exploited_day is None
            and after[name].exploited
        )


def lived(moments: list[Moment]) -> list[Lived]:
    """Each entry is written to the ledger and read from it."""
    entry, now, every = FRESH, NOON, []
    for moment in moments:
        now += timedelta(days=moment.days)
        after, news = _after(entry, moment, now)
        after = replace(after, version=entry.version + 1)
        every.append(Lived(now.date(), entry, after, news, moment.terms))
        entry = entry_of(item_of(after))
        assert entry == after
        if moment.forgets:
            entry = replace(entry, stopping=replace(entry.stopping, reported={}))
    return every


def _after(entry: Entry, moment: Moment, now: datetime) -> Remembered:
    policy = replace(PACE, due_days=moment.terms)
    if moment.answer == FAILED:
        return after_failure(entry, Failing(now, "regate", "down"), TRIGGER, now, policy)
    if moment.answer == GONE:
        missing = replace(report(Outcome.NOT_FOUND), evaluation=None, cause=FailureCause.NOT_FOUND)
        return after_not_found(entry, missing, now, policy, watched=False)
    return after_verdict(entry, _report(moment), now, policy)


def _report(moment: Moment) -> Report:
    said = {cve: facts for cve, facts in zip(CVES, moment.answer, strict=True) if facts}
    rows = {cve: facts[0] for cve, facts in said.items() if isinstance(facts[0], str)}
    return report(
        Outcome.STOP if said else Outcome.GO,
        *map(finding, said),
        digest=NEW if moment.moved else OLD,
        severities=rows or None,
        exploited={cve: facts[1] for cve, facts in said.items() if isinstance(facts, tuple)},
        findings_problem="1 of 2 not readable" if moment.unread and said else None,
    )


FACTS = {
    "answer": st.sampled_from([*product(SAID, repeat=2), *[FAILED] * 8, *[GONE] * 4]),
    "days": st.integers(0, 3),
    "moved": st.booleans(),
    "unread": st.booleans(),
}
FORGETFUL = FACTS | {"forgets": st.booleans()}
NOT_KNOWN, KNOWN = (("Low", False), None), (("Low", True), None)
FLAPS = [
    Moment(NOT_KNOWN),
    Moment(KNOWN),
    Moment(NOT_KNOWN),
    Moment(FAILED),
    Moment(KNOWN, moved=True),
]

for_any = partial(life_properties.for_any, Moment, examples=60, shortest=2)


@for_any(FORGETFUL, FLAPS)
def test_a_first_day_never_moves_later(moments: list[Moment]) -> None:
    for moment in lived(moments):
        for before, after in moment.reported_twice():
            assert after.first_day == before.first_day
            assert before.exploited_day in (None, after.exploited_day)


@for_any(FORGETFUL, FLAPS)
def test_a_day_lies_between_the_beginning_of_the_stop_and_today(moments: list[Moment]) -> None:
    for moment in lived(moments):
        stop = moment.after.first_stop_at
        for reported in moment.after.stopping.reported.values():
            assert stop is not None
            exploited_day = reported.exploited_day or reported.first_day
            assert stop.date() <= reported.first_day <= exploited_day <= moment.today


@for_any(FACTS, FLAPS)
def test_whatever_stops_an_image_has_a_day(moments: list[Moment]) -> None:
    for moment in lived(moments):
        assert moment.after.stopping.reported.keys() == moment.after.stopping.findings.keys()


@for_any(FORGETFUL, FLAPS)
def test_what_turns_out_to_be_exploited_is_a_stop_and_nothing_else_is_called_so(
    moments: list[Moment],
) -> None:
    for moment in lived(moments):
        called = moment.news.exploited if isinstance(moment.news, StopNews) else frozenset()
        assert called == moment.turned()


@for_any(FACTS, FLAPS)
def test_of_one_stop_it_is_news_once_for_each_finding(moments: list[Moment]) -> None:
    told: Counter[FindingKey] = Counter()
    for moment in lived(moments):
        for gone in told.keys() - moment.after.stopping.findings.keys():
            del told[gone]
        told.update(moment.turned())
        assert set(told.values()) <= {1}


@for_any(FORGETFUL | {"terms": st.just(DueDays())}, [Moment(KNOWN, terms=DueDays())])
def test_without_terms_nothing_is_due(moments: list[Moment]) -> None:
    for moment in lived(moments):
        due = moment.news.due if isinstance(moment.news, StoppedNews) else {}
        assert due == due_dates(moment.after, DueDays()) == {}


@for_any(FORGETFUL | {"terms": st.sampled_from([TERMS, DueDays.parse("low=0")])}, FLAPS)
def test_the_image_is_due_when_the_first_of_its_findings_is(moments: list[Moment]) -> None:
    for moment in lived(moments):
        dates = due_dates(moment.after, moment.terms)
        earliest = moment.terms.due(earliest_first_days(moment.after))
        assert earliest == min(dates.values(), default=None)
        assert dates.keys() <= moment.after.stopping.findings.keys()
