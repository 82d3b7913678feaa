"""One case from its beginning to its end, whatever the fault is.

before     a sweep; then one image becomes a STOP, one ceases to be one, one stays a GO
at once    the fault; a push and a sweep for each image
after it   the fault has ended, and time has passed: copies come
           (at each stage the publisher runs behind the work)
redriven   the dead letters again
next sweep
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Messages, Outcome, Role, Said, Stage
from tests.recordings.enterprise_image import Image

_numbers = count(1)
_STOPS = ("port 22",)


@dataclass(frozen=True)
class Story:
    """`begin` switches the fault on; an invocation has so many `seconds` while it lasts.

    `rounds`: how often time passes while the fault lasts. `repeats`: whether each delivery gives
    leave to say a notice again, because it is a duplicate or the ledger refuses; `forgetful`: the
    ledger then forgets what was said, and under which id.
    """

    begin: Callable[[Lane], None]
    seconds: float = 8.0
    rounds: int = 0
    repeats: bool = False
    forgetful: bool = False


class Telling:
    """A story on a lane."""

    def __init__(self, lane: Lane, story: Story) -> None:
        self._lane = lane
        self._story = story
        self._name = f"case-{next(_numbers)}"
        self._said: list[Said] = []
        self._went_through: Stage | None = None

    def outcome(self) -> Outcome:
        """Tell it."""
        lane = self._lane
        lane.begin()
        lane.anchore.hold(self._images(flipped=False))
        self._sweep_without_fault(Stage.BEFORE)
        lane.anchore.hold(self._images(flipped=True))
        lane.anchore.gone_through.clear()
        disturbed = self._through_the_fault()
        self._time_passes(Stage.LATER)
        redriven = lane.queues.move_to_work(lane.queues.dead)
        self._time_passes(Stage.REDRIVEN)
        self._sweep_without_fault(Stage.SWEEP)
        entries = lane.queues.entries()
        return Outcome(
            said=tuple(self._said),
            messages=self._messages(redriven),
            disturbed=disturbed,
            forgetful=self._story.forgetful,
            went_through=self._went_through,
            verdicts={_role(e["tag"]["S"]): e["verdict"]["S"] for e in entries},
            waiting=lane.queues.waiting(),
            deaths=lane.container.deaths,
            delays=tuple(lane.aws.journal.delays),
        )

    def _images(self, *, flipped: bool) -> list[Image]:
        stopped = {Role.FLIPS: flipped, Role.MENDS: not flipped}
        return [
            Image(f"{self._name}/{role}", "1.0", dockerfile=_STOPS if stopped.get(role) else ())
            for role in Role
        ]

    def _through_the_fault(self) -> Counter[Role]:
        """How often each role was disturbed."""
        lane = self._lane
        before = len(lane.pump.delivered)
        lane.seconds = self._story.seconds
        self._story.begin(lane)
        for image in self._images(flipped=True):
            lane.push(image)
        lane.sweep()
        self._work(Stage.FAULT)
        for _ in range(self._story.rounds):
            self._time_passes(Stage.FAULT)
        lane.heal()
        return self._disturbed(lane.pump.delivered[before:])

    def _disturbed(self, delivered: list[str]) -> Counter[Role]:
        texts = [call.text for call in self._lane.aws.journal.lost]
        if self._story.repeats:
            texts += delivered
        about = Counter({r: sum(f"{self._name}/{r}" in text for text in texts) for r in Role})
        return about + Counter(dict.fromkeys(Role, self._lane.container.crashes))

    def _sweep_without_fault(self, stage: Stage) -> None:
        assert self._lane.sweep(), "a sweep failed without a fault"
        self._time_passes(stage)

    def _time_passes(self, stage: Stage) -> None:
        self._lane.queues.move_to_work(self._lane.queues.later)
        self._work(stage)

    def _work(self, stage: Stage) -> None:
        self._lane.pump.run()
        self._lane.publish()
        for body in self._lane.queues.take(self._lane.queues.readers):
            self._said.append(_said(stage, json.loads(body)))
        through = {(_role(tag), action) for tag, action in self._lane.anchore.gone_through}
        if (Role.MENDS, "go") in through and self._went_through is None:
            self._went_through = stage

    def _messages(self, redriven: int) -> Messages:
        queues = self._lane.queues
        return Messages(
            sent=queues.sent + self._lane.aws.journal.accepted,
            done=self._lane.pump.done,
            queued=queues.held(queues.work) + queues.held(queues.later),
            dead=queues.held(queues.dead),
            redriven=redriven,
        )


def _said(stage: Stage, envelope: Any) -> Said:
    attributes = {name: it["Value"] for name, it in envelope["MessageAttributes"].items()}
    result = json.loads(attributes["result"])
    return Said(stage, _role(attributes["repository"]), attributes["event_type"], result["id"])


def _role(name: str) -> Role:
    """Of a repository, or of a full tag."""
    return Role(name.partition(":")[0].rpartition("/")[2])
