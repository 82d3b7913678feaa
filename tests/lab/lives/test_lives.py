"""A few lives: the same seed is the same life, and none breaks a promise."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice

import pytest

from tests.lab.lives.auditor import judge
from tests.lab.lives.plan import Plan, planned
from tests.lab.lives.planted import Hunted
from tests.lab.lives.proof import Proof, page
from tests.lab.lives.run import lived
from tests.lab.lives.scope import (
    FIRST,
    SECOND,
    Exhausted,
    Scope,
    orders,
    shared_items,
    with_faults,
)
from tests.lab.lives.shrink import shortest
from tests.lab.lives.table import rows
from tests.lab.lives.trace import Fault, Published, Trace
from tests.lab.lives.turns import Turns
from tests.lab.lives.world import live
from tests.lab.mutants.report import REPORT as MUTANTS
from tests.lab.mutants.report import total_of
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

FEW = range(1, 8)
_WHOLE_LIFE = """
import sys
from tests.lab.lives.plan import planned
from tests.lab.lives.table import rows
from tests.lab.lives.world import live
print(*rows(live(planned(int(sys.argv[1]))).seen, whole=True), sep="\\n")
"""


def test_a_few_lives_keep_all_promises() -> None:
    traces = [live(planned(seed)) for seed in FEW]
    assert {trace.seed: judge(trace) for trace in traces if judge(trace)} == {}
    seen = [one for trace in traces for one in trace.seen]
    assert {one.kind for one in seen if isinstance(one, Published)} >= {"STOP", "RECOVERED"}
    assert {one.kind for one in seen if isinstance(one, Fault)} >= {"kill before", "lost"}


def _reads_the_ledger_in_segments(plan: Plan) -> bool:
    return plan.pages is not None and any(one.what == "summary" for one in plan.happenings)


def test_the_same_seed_is_the_same_life_in_each_process() -> None:
    seed = next(s for s in count(1) if _reads_the_ledger_in_segments(planned(s)))
    here = list(rows(live(planned(seed)).seen, whole=True))
    command = [sys.executable, "-c", _WHOLE_LIFE, str(seed)]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)
    assert run.stdout.decode().splitlines() == here


def test_a_thread_of_its_own_has_no_turn() -> None:
    turns, failed = Turns(), []

    def wait() -> None:
        with pytest.raises(RuntimeError, match="it is to be done at once"):
            turns.wait(1)
        failed.append(True)

    def work() -> None:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(wait).result()
        turns.wait(1)

    turns.begin(work)
    turns.run()
    assert failed == [True]
    assert turns.passed == 1


def test_orders_of_two_runs_and_a_publisher_keep_all_promises() -> None:
    order = next(islice(orders(), 800, None))
    faults = islice(with_faults(order, {FIRST: 5, SECOND: 5}), 0, None, 6)
    worlds = [Scope(schedule) for schedule in (order, *faults)]
    traces = [world.live() for world in worlds]
    assert [judge(trace) for trace in traces if judge(trace) or shared_items(trace)] == []


def test_the_page_of_the_proof_tells_what_came_out() -> None:
    bug = Hunted("a-bug", "It is wrong.", (3, 5, 4), "nothing_is_repeated")
    never = Hunted("another", "So is that.", (3, None, 4), "nothing_is_repeated")
    proof = Proof("abc", 7, 2, lived(7), 1.0, Exhausted(10), [bug, never])
    text = page(proof)
    assert not proof.holds
    assert "| seeds | 7 to 7 |" in text
    assert "| It is wrong. | 4 | `nothing_is_repeated` |" in text
    assert "| planted bugs | 2, of which 1 were found |" in text
    assert f"\n{total_of(MUTANTS.read_text())}\n" in text


def _without_its_stops(plan: Plan) -> Trace:
    """As if SNS lost each message without saying so."""
    trace = live(plan)
    return replace(trace, seen=[one for one in trace.seen if not isinstance(one, Published)])


def test_a_failing_life_is_made_short() -> None:
    rule = "every_finished_stop_is_told"
    seed = next(s for s in FEW if _breaks(rule, _without_its_stops(planned(s))))
    found = shortest(planned(seed), rule, _without_its_stops, most=25)
    assert _breaks(rule, _without_its_stops(found))
    assert len(found.happenings) < len(planned(seed).happenings)


def _breaks(rule: str, trace: Trace) -> bool:
    return any(broken.rule == rule for broken in judge(trace))
