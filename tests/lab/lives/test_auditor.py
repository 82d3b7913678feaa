"""The auditor on traces that were made by hand: one that breaks nothing, and for each rule one that
breaks it."""

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.lab.lives.auditor import RULES, judge
from tests.lab.lives.case import EMPTY
from tests.lab.lives.trace import (
    Asked,
    Calm,
    Covered,
    Crashed,
    Ended,
    Estate,
    Fault,
    Image,
    Inventoried,
    Left,
    Measured,
    Published,
    Pushed,
    Ran,
    Refused,
    Rest,
    Seen,
    Sent,
    Started,
    Summed,
    Trace,
    Truth,
    Wrote,
)
from tests.support.paths import ROOT

HERE = ROOT / "tests" / "lab" / "lives"
AUDITOR = (
    "allowlist_rules",
    "auditor",
    "batch_rules",
    "case",
    "images",
    "platform_rules",
    "summary_rules",
    "sweep_rules",
    "sweeps",
    "trace",
)
TAG, D1, D2 = "reg.io/web/app:1", "sha256:" + "1" * 64, "sha256:" + "2" * 64
CVE = (("CVE-1", "High"),)
HOUR = 3600.0
CALM = 20 * HOUR
ESTATE = Estate(
    {TAG: "web"},
    frozenset({TAG}),
    frozenset({"stops"}),
    6 * HOUR,
    24 * HOUR,
    6 * HOUR,
    running_within_seconds=HOUR,
    indexes={f"sha256:{letter * 64}": "sha256:" + "a" * 64 for letter in "bc"},
)
OLD = f"{TAG}@{D2}"
STOP = Published(
    at=2000.0,
    who="p1",
    container="c",
    channel="stops",
    id="n1",
    kind="STOP",
    team="web",
    images=(Image("n1", TAG, D1, (("CVE-1", "high"),)),),
    answered=True,
    moment="at 1000",
    decided=1000.0,
)
RECOVERED = replace(
    STOP,
    at=6000.0,
    who="p2",
    id="n2",
    kind="RECOVERED",
    images=(Image("n2", TAG, D1, ()),),
    moment="at 5000",
    decided=5000.0,
)


def run(number: int, at: float, action: str, subject: str = TAG, digest: str = D1) -> list[Seen]:
    """A message of a sweep that is worked on, with this evaluation."""
    who, found = f"work-{number}", CVE if action == "stop" else ()
    return [
        Sent(at - 1, f"sweep-{number}", "work", who, subject, 0, at - 5),
        Started(at - 0.5, who, "c", "work", who),
        Asked(at - 0.4, who, "images", TAG, digest, "analyzed"),
        Asked(at - 0.2, who, "vuln", None, digest, "2 rows"),
        Asked(at, who, "check", TAG, digest, action, found, moment=f"at {at:.0f}"),
        Wrote(at + 0.1, who, f"own|{subject}|active", "written"),
        Ended(at + 0.2, who, "answered", "c"),
        Left(at + 0.2, "work", who, "done"),
    ]


def publishing(message: Published) -> list[Seen]:
    """The run of the publisher that it is of."""
    return [
        Started(message.at - 1, message.who, "c", "publish"),
        message,
        Ended(message.at + 1, message.who, "answered", "c"),
    ]


REST = Rest(40 * HOUR, "world", 0, 0, 0, is_claimed=False, queued=0, dead=0, deferred=0)
# Stopped at first, and a GO from 4,500 s on.
WELL: list[Seen] = [
    Truth(0.0, "anchore", TAG, D1, "stop", CVE),
    *run(1, 1000, "stop"),
    *publishing(STOP),
    Truth(4500.0, "anchore", TAG, D1, "go", ()),
    *run(2, 5000, "go"),
    *publishing(RECOVERED),
    Calm(CALM, "world"),
    *run(3, CALM + HOUR, "go"),
    REST,
]


def broken(seen: list[Seen]) -> set[str]:
    return {each.rule for each in judge(Trace(1, ESTATE, sorted(seen, key=lambda one: one.at)))}


def test_a_life_that_is_well_breaks_nothing() -> None:
    assert broken(WELL) == set()


def inventoried(at: float, context: str, digest: str, who: str = "sweep-1") -> list[Seen]:
    """A sweep sees the tag run there, on this digest alone."""
    return [
        Started(at - 1, who, "c", "sweep"),
        Inventoried(at, who, (Ran(TAG, digest, context, 0.0, at),)),
    ]


def an_old_digest(ended_in: str) -> list[Seen]:
    """It is stopped, and ends when that context is all that the inventory tells of."""
    stop = replace(STOP, images=(Image("n1", TAG, D2, (("CVE-1", "high"),), old=True),))
    ended = replace(
        RECOVERED,
        kind="ENDED",
        images=(Image("n2", TAG, D2, (), old=True),),
        moment=None,
        reason="no longer seen running",
    )
    return [
        Truth(0.0, "anchore", TAG, D1, "go", ()),
        Truth(0.0, "anchore", OLD, D2, "stop", CVE),
        *inventoried(998.0, "prod", D2),
        *run(1, 1000, "stop", OLD, D2),
        *publishing(stop),
        *inventoried(4900.0, ended_in, D1, "sweep-2"),
        *publishing(ended),
        Calm(CALM, "world"),
        *run(3, CALM + HOUR, "go"),
        REST,
    ]


def test_an_old_digest_ends_when_its_context_no_longer_has_it() -> None:
    assert broken(an_old_digest("prod")) == set()


@pytest.mark.parametrize(
    ("reported", "rules"),
    [
        pytest.param(1301.0, set(), id="stale-a-moment-later"),
        pytest.param(1299.0, set(), id="stale-a-moment-before-by-another-clock"),
        pytest.param(1290.0, {"an_old_digest_ends_only_unseen"}, id="stale"),
    ],
)
def test_an_old_digest_may_end_unless_its_context_is_stale_by_all_clocks(
    reported: float, rules: set[str]
) -> None:
    rows = (Ran(TAG, D2, "prod", 0.0, 998.0), Ran(TAG, D1, "prod", 0.0, reported))
    life = [
        replace(one, rows=rows) if isinstance(one, Inventoried) and one.who == "sweep-2" else one
        for one in an_old_digest("prod")
    ]
    assert broken(life) == rules


def without(*left_out: Seen) -> list[Seen]:
    return [seen for seen in WELL if seen not in left_out]


def instead(**changed: object) -> Callable[[Seen], list[Seen]]:
    return lambda seen: [replace(one, **changed) if one == seen else one for one in WELL]  # type: ignore[arg-type]


def where(test: Callable[[Seen], bool], **changed: object) -> list[Seen]:
    return [replace(one, **changed) if test(one) else one for one in WELL]  # type: ignore[arg-type]


def again(message: Published, at: float, **changed: object) -> list[Seen]:
    repeated = replace(message, at=at, who=f"p{at:.0f}", **changed)  # type: ignore[arg-type]
    return [*WELL, *publishing(repeated)]


STILL_STOPPED = [*WELL[:12], Calm(CALM, "world"), *run(3, CALM + HOUR, "stop"), REST]
REMINDER = {"kind": "REMINDER", "id": "n3", "images": (Image("n3", TAG, D1, (("CVE-1", "high"),)),)}

INDEX, ARM, AMD = (f"sha256:{letter * 64}" for letter in "abc")


def of_platforms(
    *second: Seen, told: tuple[tuple[str, str], ...] = ((ARM, "stop"), (AMD, "go"))
) -> list[Seen]:
    """An index stops on one platform, is told to, and recovers after the second run."""
    stop = replace(STOP, images=(Image("n1", TAG, ARM, (("CVE-1", "high"),)),), platforms=told)
    good = replace(RECOVERED, images=(Image("n2", TAG, ARM, ()),))
    return [
        Truth(0.0, "anchore", TAG, INDEX, "stop", CVE),
        *of_index(1, 1000, {ARM: "stop", AMD: "go"}),
        *publishing(stop),
        Truth(4500.0, "anchore", TAG, INDEX, "go", ()),
        *second,
        *publishing(good),
        Calm(CALM, "world"),
        *of_index(3, CALM + HOUR, {ARM: "go", AMD: "go"}),
        REST,
    ]


def of_index(number: int, at: float, said: dict[str, str], amd64: str = "analyzed") -> list[Seen]:
    """A run that evaluates these platforms of two."""
    sent, started, images, vuln, check, *rest = run(number, at, "go", digest=INDEX)
    assert isinstance(images, Asked)
    assert isinstance(vuln, Asked)
    assert isinstance(check, Asked)
    every = [
        replace(one, digest=digest, **(_said(each, at) if one is check else {}))
        for digest, each in said.items()
        for one in (vuln, check)
    ]
    records = (ARM, "analyzed"), (AMD, amd64)
    return [sent, started, replace(images, records=records), *every, *rest]


def _said(action: str, at: float) -> dict[str, Any]:
    return {"said": action, "findings": CVE if action == "stop" else (), "moment": f"at {at:.0f}"}


BOTH_GO = of_index(2, 5000, {ARM: "go", AMD: "go"})


def test_platforms_that_are_well_break_nothing() -> None:
    assert broken(of_platforms(*BOTH_GO)) == set()
    assert "no_recovery_is_invented" in broken(of_platforms(*of_index(2, 5000, {ARM: "go"})))


FURTHER = (Image("n4", TAG, D1, ()),)
ENDS = (("CVE-9", CALM + 9 * HOUR),)
EXPIRING = replace(
    RECOVERED,
    at=CALM + 3 * HOUR,
    who="p3",
    id="n3",
    kind="EXPIRING",
    images=(Image("n3", TAG, D1, ()),),
    moment=f"at {CALM + HOUR:.0f}",
    decided=CALM + HOUR,
    held=ENDS,
)


def held(*notices: Published, ends: tuple[tuple[str, float], ...] = ENDS) -> list[Seen]:
    """The last evaluation is a GO for as long as an allowlist holds."""

    def is_last(one: Seen) -> bool:
        return isinstance(one, Asked) and (one.step, one.who) == ("check", "work-3")

    published = (seen for notice in notices for seen in publishing(notice))
    return [*where(is_last, held=ends), *published]


def test_an_end_that_is_announced_breaks_nothing() -> None:
    assert broken(held(EXPIRING)) == set()


@pytest.mark.parametrize(("seconds", "rules"), [(1.0, set()), (60.0, {"no_end_is_invented"})])
def test_only_an_end_that_is_over_when_it_is_decided_may_be_left_out(
    seconds: float, rules: set[str]
) -> None:
    other = ("CVE-8", EXPIRING.decided + seconds)
    assert broken(held(EXPIRING, ends=(*ENDS, other))) == rules


ASKED_AT = CALM + 2 * HOUR
SUMMED = Summed((), 0, (), Covered(CALM + HOUR - 5, 1, 1, 0, 0))


def summed(summary: Summed | None) -> list[Seen]:
    """A summary is asked for, and published with these figures, if at all."""
    told = replace(
        RECOVERED,
        at=ASKED_AT + 60,
        who="p3",
        id="n3",
        kind="SUMMARY",
        images=(),
        moment=None,
        decided=ASKED_AT,
        summed=summary,
    )
    asked: list[Seen] = [
        Started(CALM + HOUR - 5, "sweep-3", "c", "sweep"),
        Started(ASKED_AT, "s", "c", "summary"),
        Wrote(ASKED_AT + 0.5, "s", "notice#stops#n3", "written"),
        Ended(ASKED_AT + 1, "s", "answered", "c"),
    ]
    return [*WELL, *asked, *(publishing(told) if summary else ())]


def test_a_summary_that_tells_the_truth_breaks_nothing() -> None:
    assert broken(summed(SUMMED)) == set()


OTHER = "reg.io/web/other:1"
# The first page sends the next one, which is the last.
END: list[Seen] = [
    Started(CALM + HOUR - 5, "sweep-3", "c", "sweep"),
    Sent(CALM + HOUR - 2, "sweep-3", "work", "page-1", None, 0, CALM + HOUR - 5, page=1),
    Started(CALM + HOUR + 1, "page-1", "c", "work", "page-1"),
    Ended(CALM + HOUR + 2, "page-1", "answered", "c"),
    Measured(CALM + HOUR + 2, "page-1", {"Expected": 1.0, "UnwatchedRows": 0.0}),
]


def page_of(number: int, tag: str) -> list[Seen]:
    """One more message for the page behind the first, which asks for the tag."""
    who, at = f"another-{number}", CALM + HOUR + 3 * number
    return [
        Sent(at - 2, f"sweep-3~{number}", "work", who, None, 0, CALM + HOUR - 5, page=1),
        Started(at, who, "c", "work", who),
        Sent(at + 1, who, "work", f"{who}-image", tag, 0, CALM + HOUR - 5),
        Ended(at + 2, who, "answered", "c"),
    ]


def by_pages(chain: list[Seen]) -> list[Seen]:
    """The last sweep is this chain."""
    return [*WELL, *chain]


def test_a_sweep_by_pages_that_comes_to_its_end_breaks_nothing() -> None:
    assert broken(by_pages(END)) == set()


def test_a_sweep_by_pages_that_tells_that_it_is_given_up_breaks_nothing() -> None:
    given_up = Measured(CALM + HOUR + 2, "page-1", {"GivenUp": 1.0})
    assert broken(by_pages([*END[:-1], given_up])) == set()


def test_the_metrics_of_a_sweep_by_pages_are_those_of_all_its_pages() -> None:
    two = Measured(CALM + HOUR + 2, "page-1", {"Expected": 2.0, "UnwatchedRows": 0.0})
    assert broken(by_pages([*END[:-1], two])) == {"sweeps_count_what_they_ask_for"}


BREAKING: dict[str, list[Seen]] = {
    "every_stop_is_told": [one for one in STILL_STOPPED if one != STOP],
    "every_finished_stop_is_told": without(STOP, RECOVERED),
    "every_pushed_stop_is_told": [
        Pushed(0.0, "push", TAG, D1, 1),
        *(one for one in STILL_STOPPED if one != STOP),
    ],
    "no_news_waits_for_long": instead(at=1000.0 + 2 * HOUR)(STOP),
    "no_work_vanishes": [
        one for one in WELL if one.who != "work-3" or isinstance(one, Started | Ended | Left)
    ],
    "every_running_digest_is_judged_or_doubted": [
        *WELL,
        *inventoried(CALM + HOUR - 10, "prod", D2),
    ],
    "deferred_work_is_sent_first": [*WELL, Wrote(3000.0, "p1", "work#1", "deleted")],
    "no_stop_is_invented": instead(images=(Image("n1", TAG, D2, CVE),))(STOP),
    "no_recovery_is_invented": where(
        lambda one: isinstance(one, Asked) and one.step == "vuln" and one.who == "work-2",
        sound=False,
    ),
    "no_recovery_rests_on_an_empty_list": where(
        lambda one: isinstance(one, Asked) and one.step == "vuln" and one.who == "work-2",
        said="0 rows",
    ),
    "an_old_digest_ends_only_unseen": an_old_digest("another"),
    "the_last_message_is_true": without(RECOVERED),
    "a_recovery_follows_a_stop": without(STOP),
    "no_other_image_is_judged": instead(images=(Image("n1", TAG, D2, CVE),))(STOP),
    "no_push_is_judged_by_the_image_before": [
        *where(lambda one: isinstance(one, Sent) and one.message == "work-3", digest=D2),
        Pushed(0.0, "push-1", TAG, D1, 0),
        Pushed(CALM, "push-2", TAG, D2, 0),
    ],
    "no_older_verdict_follows": again(STOP, 7000.0, id="n6", images=(Image("n6", TAG, D1, CVE),)),
    "no_message_reaches_another_team": instead(team="payments")(STOP),
    "not_evaluated_is_true": again(
        RECOVERED, 7000.0, kind="NOT_EVALUATED", reason="no answer", decided=6900.0, id="n4"
    ),
    "nothing_is_repeated": again(STOP, 2060.0),
    "a_repetition_is_the_same_message": again(STOP, 2060.0, id="group"),
    "a_stop_says_something_new": again(
        STOP, 2060.0, id="n5", images=(Image("n5", TAG, D1, (("CVE-1", "high"),)),)
    ),
    "a_reminder_waits": again(STOP, 3000.0, decided=2900.0, **REMINDER),
    "nobody_gets_too_much_at_once": [
        *WELL,
        *(replace(STOP, at=2000 + n / 10, answered=False) for n in range(1, 5)),
    ],
    "all_comes_to_rest": instead(queued=1)(REST),
    "only_what_is_refused_is_set_aside": [
        *WELL,
        Refused(2500.0, "p1", "stops", (Image("n1", TAG, D1, CVE),)),
    ],
    "sweeps_count_what_they_ask_for": [
        *WELL,
        Started(CALM + HOUR - 2, "sweep-3", "c", "sweep"),
        Measured(CALM + HOUR, "sweep-3", {"Expected": 7.0, "UnwatchedRows": 0.0}),
    ],
    "every_sweep_comes_to_its_end": by_pages(END[:-1]),
    "a_page_is_done_by_one_message": by_pages([*END, *page_of(1, OTHER), *page_of(2, OTHER)]),
    "a_sweep_asks_for_all": [
        *where(lambda one: isinstance(one, Sent) and one.message == "work-3", tag=OTHER),
        *by_pages(END)[len(WELL) :],
    ],
    "nothing_crashes": [*WELL, Crashed(1.0, "", "KeyError()")],
    "nothing_fails_by_itself": where(
        lambda one: isinstance(one, Ended) and one.who == "work-3", how="failed"
    ),
    "every_platform_is_gated": of_platforms(*of_index(2, 5000, {ARM: "go"})),
    "a_stop_names_each_platform": of_platforms(*BOTH_GO, told=((ARM, "stop"),)),
    "every_summary_is_published": summed(None),
    "a_summary_names_what_is_stopped": summed(replace(SUMMED, stopped=((TAG, False),))),
    "a_summary_counts_what_a_sweep_came_to": summed(
        replace(SUMMED, sweep=Covered(CALM + HOUR - 5, 2, 1, 0, 1))
    ),
    "a_message_fails_alone": where(
        lambda one: isinstance(one, Ended) and one.who == "work-2", how="failed"
    ),
    "every_end_is_announced": held(),
    "no_end_is_invented": held(replace(EXPIRING, held=(("CVE-9", CALM + 2 * HOUR),))),
    "an_end_is_announced_once_a_day": held(
        EXPIRING, replace(EXPIRING, at=CALM + 4 * HOUR, id="n4", who="p4", images=FURTHER)
    ),
    "no_platform_is_forgotten": of_platforms(*of_index(2, 5000, {ARM: "go"}, "analyzing")),
}


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_each_rule_can_be_broken(rule: str) -> None:
    assert rule in broken(BREAKING[rule])


def test_no_scan_that_failed_ends_a_stop_though_it_is_another_image_s_first() -> None:
    """Of one that was not stopped nobody could tell."""

    def first_of_another(said: str, *, sound: bool) -> list[Seen]:
        moved = [
            replace(one, digest=D2) if isinstance(one, Asked | Truth) and one.at > 4000 else one
            for one in instead(images=(Image("n2", TAG, D2, ()),))(RECOVERED)
        ]
        return [
            replace(one, said=said, sound=sound)
            if isinstance(one, Asked) and (one.step, one.who) == ("vuln", "work-2")
            else one
            for one in moved
        ]

    early = {"no_recovery_rests_on_an_empty_list"}
    assert broken(first_of_another("0 rows", sound=True)) == early
    assert broken(first_of_another(EMPTY, sound=False)) == early | {"no_recovery_is_invented"}


@pytest.mark.parametrize(
    ("behind", "rules"),
    [
        (Asked(5000.05, "work-2", "vuln", None, D1, "2 rows"), set()),
        (
            Asked(5000.05, "work-2", "vuln", None, D1, EMPTY, sound=False),
            {"no_recovery_is_invented", "no_recovery_rests_on_an_empty_list"},
        ),
        (Fault(5000.05, "work-2", "refused", "anchore vuln", 4), {"no_recovery_is_invented"}),
        (Fault(5000.05, "work-2", "lost", "anchore forced vuln", 4), set()),
    ],
)
def test_no_stop_ends_by_a_go_behind_which_the_list_is_none(behind: Seen, rules: set[str]) -> None:
    assert broken([*WELL, behind]) == rules


def test_an_empty_list_ends_a_stop_that_was_empty_before_once_other_scans_find_something() -> None:
    def is_list(one: Seen) -> bool:
        return isinstance(one, Asked) and (one.step, one.who) == ("vuln", "work-2")

    rule = {"no_recovery_rests_on_an_empty_list"}
    trace = where(is_list, said="0 rows")
    [last] = (one for one in trace if isinstance(one, Asked) and is_list(one))
    for before, elsewhere, expected in (
        (2000.0, 1000.0, set()),
        (2000.0, 3000.0, rule),
        (1000.0, 500.0, rule),
    ):
        first = replace(last, at=last.at - before, who="nobody")
        other = replace(last, at=last.at - elsewhere, who="nobody", digest=D2, said="3 rows")
        assert broken([first, other, *trace]) & rule == expected


def found_by_a_worker(*later: Seen) -> list[Seen]:
    """A STOP that the run which found it published while the ledger refused, and never its end."""
    refused = Fault(999.0, "work-1", "refused", "dynamodb put_item", 4)
    published = replace(STOP, at=1000.05, who="work-1", decided=1000.0)
    wrote = Wrote(1000.1, "work-1", f"own|{TAG}|active", "written")
    return [
        *(one for one in without(STOP, RECOVERED) if one != wrote),
        refused,
        published,
        *later,
    ]


def test_only_a_stop_that_nothing_remembers_may_stay_without_its_end() -> None:
    copy = Sent(1000.2, "work-1", "work", "work-9", TAG, 30)
    assert "the_last_message_is_true" not in broken(found_by_a_worker())
    assert "the_last_message_is_true" in broken(found_by_a_worker(copy))


def test_the_auditor_knows_nothing_of_the_product() -> None:
    files = [HERE / f"{name}.py" for name in AUDITOR]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    known = {f"tests.lab.lives.{file.stem}" for file in files}
    standard = {"collections", "collections.abc", "dataclasses", "functools", "itertools", "typing"}
    assert modules <= known | standard | {"tests.lab.lives"}
    assert not any(isinstance(node, ast.Import) for node in nodes)


def test_each_promise_is_a_rule_and_each_rule_a_promise() -> None:
    page = (ROOT / "docs" / "promises.md").read_text()
    promised = re.findall(r"^\| (.+\.) \| `(\w+)` \|$", page, re.MULTILINE)
    assert promised == [((rule.__doc__ or "").split("\n")[0], rule.__name__) for rule in RULES]
