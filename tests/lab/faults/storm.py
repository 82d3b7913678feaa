"""One storm from its beginning to its end, whatever the fault is.

A new finding stops many images of two teams at once; one of them is mended before anything was
published, and one was never stopped. Then, each time with runs of the publisher:

at once    the fault
after it   the fault has ended
           (a sweep finds more images of the one team, and one more is pushed)
later      the storm's interval has passed

Nothing depends on how fast the machine is: work that goes back is taken again before anything is
published, and a story in which AWS answered too late for the function begins anew (`matrix.py`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from itertools import count
from typing import Any

from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Messages
from tests.recordings.enterprise_image import Image

_numbers = count(1)
# DIGEST_ABOVE is 10.
_WEB, _LATE = 11, 3
MENDED, PUSHED, _CALM = "payments-mended", "payments-pushed", "payments-calm"


class Phase(IntEnum):
    """The phases of a storm, in their order; as a word: when something was published."""

    FAULT = 0
    AFTER = 1
    LATER = 2

    def __str__(self) -> str:
        return ("at once", "after it", "later")[self]


@dataclass(frozen=True)
class Announced:
    """A message as a reader of the topic has it: about one image, or (with a `total`) a group that
    gives the number of all images until then."""

    phase: Phase
    event_type: str
    team: str
    id: str
    images: tuple[str, ...]
    total: int | None


@dataclass(frozen=True)
class StormOutcome:
    """What a storm came to.

    `stopped` are the images that became a STOP and may be published, each called after its team,
    `first` those before the phase `later` that need not wait for the fault's end. `refused` are
    those that are never published, of which `aside` notices are set aside, and `one_by_one` the
    teams of which a group was refused. `disturbed`: how often a crash, a lost answer of SNS or a
    container's end gave leave to publish a message again. `waiting` counts notices that nobody
    published in the end, `deaths` the processes that died by themselves.
    """

    announced: tuple[Announced, ...]
    first: frozenset[str]
    stopped: frozenset[str]
    disturbed: int
    waiting: int
    deaths: int
    messages: Messages
    refused: frozenset[str] = frozenset()
    aside: int = 0
    one_by_one: frozenset[str] = frozenset()

    def of(self, image: str, event_type: str = "STOP") -> list[Announced]:
        """The messages of this kind about the image, in order."""
        return [
            message
            for message in self.announced
            if message.event_type == event_type and image in message.images
        ]

    @property
    def most(self) -> int:
        """How often the STOP of one image was published at most."""
        return max(len(self.of(image)) for image in self.stopped)

    @property
    def latest(self) -> Phase | None:
        """When the last of the first STOPs was published; None: one never was."""
        stops = [self.of(image) for image in self.first]
        return max(messages[0].phase for messages in stops) if all(stops) else None


@dataclass(frozen=True)
class Storm:
    """`begin` switches the fault on, for so many `runs` of so many `seconds`.

    `payments` images stop of the team of that name.

    `restarts`: the container ends with the fault. `chat`: there is a chat topic, too, which there
    is not while the fault lasts. `refused` images are never published, those that are `held` not
    before the fault's end, and the teams `one_by_one` not in a group.
    """

    begin: Callable[[Lane], None]
    payments: int = 12
    restarts: bool = False
    seconds: float = 20.0
    runs: int = 1
    chat: bool = False
    refused: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    one_by_one: frozenset[str] = frozenset()


class StormTelling:
    """A storm on a lane, told once."""

    def __init__(self, lane: Lane, storm: Storm) -> None:
        self._lane = lane
        self._storm = storm
        self._name = f"storm-{next(_numbers)}"
        self._announced: list[Announced] = []
        payments = [f"payments-{number:02}" for number in range(storm.payments)]
        self._first = [*payments, *(f"web-{number:02}" for number in range(_WEB)), MENDED]
        self._late = [f"payments-late-{number}" for number in range(_LATE)]

    def outcome(self) -> StormOutcome:
        """Tell it."""
        lane, storm = self._lane, self._storm
        lane.begin(**({"CHAT_TOPIC_ARN": lane.stack.make_chat_topic()} if storm.chat else {}))
        self._are_swept(self._first)
        self._is_pushed(MENDED, stopped=False)
        self._through_the_fault()
        self._publish(Phase.AFTER)
        self._are_swept([*self._first, *self._late], mended=True)
        self._is_pushed(PUSHED, stopped=True)
        self._publish(Phase.AFTER)
        lane.stack.let_intervals_pass()
        self._publish(Phase.LATER)
        return StormOutcome(
            announced=tuple(self._announced),
            first=frozenset(self._first) - storm.refused - storm.held,
            stopped=frozenset([*self._first, *self._late, PUSHED]) - storm.refused,
            disturbed=self._disturbed(),
            waiting=lane.stack.waiting(),
            deaths=lane.container.deaths,
            messages=lane.messages(redriven=0),
            refused=storm.refused,
            aside=lane.stack.set_aside(),
            one_by_one=storm.one_by_one,
        )

    def _image(self, name: str, *, stopped: bool) -> Image:
        dockerfile = ("port 22",) if stopped else ()
        return Image(f"{self._name}/{name}", "1.0", dockerfile=dockerfile)

    def _are_swept(self, names: list[str], *, mended: bool = False) -> None:
        """All of them stop, but for the one that is `mended`, and one that never does."""
        goes = {_CALM, MENDED} if mended else {_CALM}
        lane = self._lane
        lane.anchore.hold(self._image(name, stopped=name not in goes) for name in [*names, _CALM])
        lane.sweep()
        lane.pump.run()
        assert not lane.pump.events.destination, "a sweep failed without a fault"

    def _is_pushed(self, name: str, *, stopped: bool) -> None:
        image = self._image(name, stopped=stopped)
        self._lane.anchore.hold([image])
        self._lane.push(image)
        self._lane.pump.run()

    def _through_the_fault(self) -> None:
        lane = self._lane
        lane.seconds = self._storm.seconds
        self._storm.begin(lane)
        if self._storm.chat:
            lane.stack.delete_chat_topic()
        for _ in range(self._storm.runs):
            self._publish(Phase.FAULT)
        lane.heal()
        if self._storm.chat:
            lane.stack.make_chat_topic()
        if self._storm.restarts:
            lane.container.stop()

    def _publish(self, phase: Phase) -> None:
        self._lane.publish()
        for body in self._lane.stack.read():
            self._announced.append(_announced(phase, json.loads(body)))

    def _disturbed(self) -> int:
        lost = sum(call.kind is AwsCall.PUBLISH for call in self._lane.aws.journal.lost)
        return self._lane.container.crashes + lost + self._storm.restarts


def _announced(phase: Phase, envelope: Any) -> Announced:
    attributes = {name: each["Value"] for name, each in envelope["MessageAttributes"].items()}
    result = json.loads(attributes["result"])
    group = result["group"]
    return Announced(
        phase,
        attributes["event_type"],
        attributes["team"],
        result["id"],
        tuple(
            _name(member["full_tag"])
            for member in (group["members"] if group else [result["image"]])
        ),
        group["total"] if group else None,
    )


def _name(full_tag: str) -> str:
    return full_tag.rpartition("/")[2].partition(":")[0]
