"""Pushes and sweeps have a lane each, whatever sends their work back."""

from datetime import timedelta

import pytest

from rescan.events.commands import Gate, SweepPage
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.image_tag import ImageTag
from rescan.memory.queue import MemoryQueue
from rescan.work.lanes import Lanes
from tests.support.fakes import NOON

LATER = timedelta(seconds=30)


def gate(kind: TriggerKind, name: str) -> Gate:
    return Gate(ImageTag("reg.io", name, "1"), Trigger(kind))


@pytest.fixture
def queues() -> tuple[MemoryQueue, MemoryQueue]:
    return MemoryQueue(), MemoryQueue()


@pytest.fixture
def lanes(queues: tuple[MemoryQueue, MemoryQueue]) -> Lanes:
    return Lanes(*queues)


@pytest.mark.parametrize(
    ("kind", "lane"),
    [(TriggerKind.ECR_PUSH, 1), (TriggerKind.SCHEDULE, 0), (TriggerKind.DIRECT, 0)],
)
def test_work_goes_back_into_its_own_lane(
    kind: TriggerKind, lane: int, lanes: Lanes, queues: tuple[MemoryQueue, MemoryQueue]
) -> None:
    lanes.send(gate(kind, "app"), LATER)
    assert queues[lane].sent == [(gate(kind, "app"), LATER)]
    assert queues[1 - lane].sent == []


def test_a_page_of_a_sweep_goes_into_the_lane_of_sweeps(
    lanes: Lanes, queues: tuple[MemoryQueue, MemoryQueue]
) -> None:
    page = SweepPage(NOON, 3, "one")
    lanes.send_page(page, LATER)
    assert [queue.pages for queue in queues] == [[(page, LATER)], []]
    assert lanes.is_busy()


def test_deferred_work_of_both_lanes_is_sent_to_both(
    lanes: Lanes, queues: tuple[MemoryQueue, MemoryQueue]
) -> None:
    push, swept = TriggerKind.ECR_PUSH, TriggerKind.SCHEDULE
    mixed = [gate(push, "a"), gate(swept, "b"), gate(swept, "c"), gate(push, "d")]
    assert lanes.send_all(iter(mixed)) == 4
    sweeps, pushes = (queue.take() for queue in queues)
    assert (sweeps, pushes) == (mixed[1:3], [mixed[0], mixed[3]])
