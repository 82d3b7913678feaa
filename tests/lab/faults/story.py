"""One case from its beginning to its end, whatever the fault is.

before     a sweep; then one image becomes a STOP, one ceases to be one, one stays a GO
at once    the fault; a push and a sweep for each image
after it   the fault has ended, and time has passed until nothing is left to do
           (at each stage the publisher runs behind the work)
           (where feeds move: at once, and after it, the feed clock looks in place of these)
redriven   the dead letters again
next sweep
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

from tests.lab.faults.lane import Lane
from tests.lab.faults.outcome import Outcome, Role, Said, Stage
from tests.lab.faults.pump import Pump
from tests.recordings.enterprise_image import Image

_numbers = count(1)
_STOPS = ("port 22",)
NEWEST, SECOND = "arm64", "amd64"
_LATER = "2026-11-20T09:36:40Z"
_SWEEP = re.compile('"sweep":"([^"]+)"')
# In seconds: within which each first copy comes back, and no second one; within which any does;
# within which Lambda tries an event for the last time; and until what was received five times would
# be received again.
LOOK, MIN_SWEEP = timedelta(minutes=5), timedelta(minutes=60)
FIRST_DELAY, LONGEST_DELAY, THREE_TRIES, FIVE_RECEIVES = 50.0, 900.0, 180.0, 5 * 1801.0


@dataclass(frozen=True)
class Story:
    """`begin` switches the fault on; an invocation has so many `seconds` while it lasts.

    `lasts`: how much time passes meanwhile, in seconds. `come_due`: what was deferred comes due
    before it ends. `pushes`: how often each image is pushed. `repeats`: whether each delivery gives
    leave to say a notice again, because it is a duplicate or the ledger refuses; `forgetful`: the
    ledger then forgets what was said, and under which id. `looks`: how often the feed clock looks,
    each five minutes, in place of pushes and a sweep. `stops_on`: each image has two platforms, of
    which this one becomes a STOP or ceases to be one, NEWEST or SECOND; empty: it has one.
    `old`: each tag has moved on to a GO, and the image runs still. `unknown`: the one that is a
    STOP begins to run after the first sweep, and Anchore holds it once it is submitted.
    """

    begin: Callable[[Lane], None]
    seconds: float = 8.0
    lasts: float = 0.0
    come_due: bool = False
    pushes: int = 1
    repeats: bool = False
    forgetful: bool = False
    looks: int = 0
    stops_on: str = ""
    old: bool = False
    unknown: bool = False


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
        lane.begin(**({"ADD_MISSING_IMAGES": "true"} if self._story.unknown else {}))
        self._anchore_holds(flipped=False)
        self._sweep_without_fault(Stage.BEFORE)
        self._anchore_holds(flipped=True)
        lane.anchore.feeds += 1
        lane.anchore.gone_through.clear()
        disturbed = self._through_the_fault()
        self._until_idle(Stage.LATER)
        if self._story.looks:
            self._the_clock_looks(MIN_SWEEP)
            self._until_idle(Stage.LATER)
        redriven = sum(each.queue.redrive() for each in lane.pump.lanes)
        self._until_idle(Stage.REDRIVEN)
        self._sweep_without_fault(Stage.SWEEP)
        entries = lane.stack.entries()
        return Outcome(
            said=tuple(self._said),
            messages=lane.messages(redriven),
            disturbed=disturbed,
            forgetful=self._story.forgetful,
            went_through=self._went_through,
            verdicts={
                _role(e["tag"]["S"]): e["verdict"]["S"] for e in sorted(entries, key=_is_old)
            },
            waiting=lane.stack.waiting(),
            deaths=lane.container.deaths,
            delays=tuple(delay for each in lane.pump.lanes for delay in each.queue.delays),
            longest_chain=max(each.poller.longest_chain for each in lane.pump.lanes),
            strays=_strays(lane.pump),
            sweeps=len(set(_SWEEP.findall("".join(lane.pump.sweeps.delivered)))),
            failed_events=len(lane.pump.events.destination),
        )

    def _anchore_holds(self, *, flipped: bool) -> None:
        """Of a tag that has moved on, the newer image first."""
        images = self._images(flipped=flipped)
        if not self._story.old:
            self._lane.anchore.hold(images)
            return
        newer = [_moved_on(image) for image in images]
        unknown = [e for e in images if self._story.unknown and _role(e.full_tag) is Role.FLIPS]
        known = [e for e in images if e not in unknown]
        running = images if flipped else known
        self._lane.anchore.hold([*newer, *known], running, unknown)

    def _images(self, *, flipped: bool) -> list[Image]:
        stopped = {Role.FLIPS: flipped, Role.MENDS: not flipped}
        return [each for role in Role for each in self._image(role, stopped.get(role, False))]

    def _image(self, role: Role, stopped: bool) -> list[Image]:
        """Each of its platforms, the newest record first."""
        image, stops = Image(f"{self._name}/{role}", "1.0"), _STOPS if stopped else ()
        if not (stops_on := self._story.stops_on):
            return [replace(image, dockerfile=stops)]
        index = replace(image, of_index=True)
        platforms = [replace(index, arch=NEWEST, detected_at=_LATER), replace(index, arch=SECOND)]
        return [replace(e, dockerfile=stops if e.arch == stops_on else ()) for e in platforms]

    def _through_the_fault(self) -> Counter[Role]:
        """How often each role was disturbed."""
        lane = self._lane
        before = Counter(lane.pump.delivered)
        lane.seconds = self._story.seconds
        self._story.begin(lane)
        if self._story.looks:
            self._feeds_are_looked_at()
        else:
            self._images_are_pushed_and_swept()
        if self._story.come_due:
            lane.stack.let_deferred_come_due()
            lane.publish()
            self._time_passes(Stage.FAULT, 0)
        lane.heal()
        return self._disturbed((Counter(lane.pump.delivered) - before).elements())

    def _images_are_pushed_and_swept(self) -> None:
        pushed = [image for image in self._images(flipped=True) if image.arch == SECOND]
        if self._story.old:
            pushed = [_moved_on(image) for image in pushed]
        for image in pushed * self._story.pushes:
            self._lane.push(image)
        self._lane.sweep()
        self._time_passes(Stage.FAULT, self._story.lasts)

    def _feeds_are_looked_at(self) -> None:
        self._lane.stack.let_sweeps_age(MIN_SWEEP)
        for _ in range(self._story.looks):
            self._the_clock_looks(LOOK)
            self._time_passes(Stage.FAULT, LOOK.total_seconds())

    def _the_clock_looks(self, after: timedelta) -> None:
        self._lane.stack.let_sweeps_age(after)
        self._lane.check_feeds()

    def _disturbed(self, delivered: Iterable[str]) -> Counter[Role]:
        texts = [call.text for call in self._lane.aws.journal.lost]
        if self._story.repeats:
            texts.extend(delivered)
        about = Counter({r: sum(f"{self._name}/{r}" in text for text in texts) for r in Role})
        return about + Counter(dict.fromkeys(Role, self._lane.container.crashes))

    def _sweep_without_fault(self, stage: Stage) -> None:
        failed = len(self._lane.pump.events.destination)
        self._lane.sweep()
        self._until_idle(stage)
        assert len(self._lane.pump.events.destination) == failed, "a sweep failed without a fault"

    def _until_idle(self, stage: Stage) -> None:
        """Until no work is left on the queue, none is deferred, and no event waits."""
        lane = self._lane
        self._time_passes(stage, None)
        while lane.stack.let_deferred_come_due() or not lane.pump.is_idle:
            lane.publish()
            self._time_passes(stage, None)

    def _time_passes(self, stage: Stage, seconds: float | None) -> None:
        self._lane.pump.run(seconds)
        self._lane.publish()
        for body in self._lane.stack.read():
            self._said.append(_said(stage, json.loads(body)))
        through = {(_role(tag), action) for tag, action in self._lane.anchore.gone_through}
        if (Role.MENDS, "go") in through and self._went_through is None:
            self._went_through = stage


def _said(stage: Stage, envelope: Any) -> Said:
    attributes = {name: it["Value"] for name, it in envelope["MessageAttributes"].items()}
    result = json.loads(attributes["result"])
    return Said(stage, _role(attributes["repository"]), attributes["event_type"], result["id"])


def _moved_on(image: Image) -> Image:
    """What the tag of an old image is on now."""
    return replace(image, build="2", detected_at=_LATER, dockerfile=())


def _is_old(entry: Any) -> bool:
    return "old_digest" in entry


def _strays(pump: Pump) -> int:
    """Of what was handed over and reads as work: how many were in the other lane."""
    pushed = [body for body in pump.sweeps.delivered if "aws.ecr" in body or "ecr_push" in body]
    swept = [body for body in pump.pushes.delivered if '"schedule"' in body]
    return len(pushed) + len(swept)


def _role(name: str) -> Role:
    """Of a repository, or of a full tag."""
    return Role(name.partition(":")[0].rpartition("/")[2])
