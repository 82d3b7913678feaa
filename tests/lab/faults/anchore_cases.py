"""Each step of Anchore's with each of its faults."""

from collections.abc import Iterator
from datetime import timedelta

from rescan.gate.model import Step
from tests.lab.faults.anchore import HISTORY
from tests.lab.faults.anchore_faults import EMPTY, LASTING, PASSING
from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_faults import aged
from tests.lab.faults.case import Begin, Case, at_anchore, at_aws, both
from tests.lab.faults.outcome import Stage
from tests.lab.faults.rules import Expected
from tests.lab.faults.story import LONGEST_DELAY, NEWEST, SECOND, Story

_STEPS = (Step.FIND_ACTIVE_IMAGE, Step.REFRESH_VULNERABILITIES, Step.REGATE)
_SAMPLE = ("404, not analyzed",)
_OF_PLATFORMS = (
    "connection reset",
    "no answer in time",
    "404, not analyzed",
    "429, Retry-After an hour",
    "503",
    "403",
    "404, image data not found",
    "half a JSON",
)
# What a submission is answered is not read.
_UNREAD = "half a JSON"
_OF_OLD_DIGESTS = (
    "connection reset",
    "no answer in time",
    "dripped answer",
    "answer cut short",
    "500",
    "503",
    "403",
    "404, image data not found",
    "404, HTML",
    _UNREAD,
)


def anchore_cases() -> Iterator[Case]:
    """What passes by itself, and what somebody must mend."""
    for row, act in {**PASSING, **LASTING}.items():
        for step in _STEPS:
            expected = Expected(
                _latest(row, step),
                gone=row == "404, image data not found" and step is Step.FIND_ACTIVE_IMAGE,
                least_delay=900 if row.startswith("429") else 15,
            )
            story = Story(at_anchore(step, act))
            sample = row in _SAMPLE and step is Step.REGATE
            yield Case("Anchore", row, step.value, story, expected, sample)


def _latest(row: str, step: Step) -> Stage:
    """A STOP counts although its vulnerabilities were not refreshed."""
    if step is Step.REFRESH_VULNERABILITIES:
        return Stage.FAULT
    return Stage.LATER if row in PASSING else Stage.SWEEP


def platform_cases() -> Iterator[Case]:
    """An image of two platforms, while the history or the second one's requests fail."""
    for row in _OF_PLATFORMS:
        act, later = (PASSING | LASTING)[row], Stage.LATER if row in PASSING else Stage.SWEEP
        delay = 900 if row.startswith("429") else 15
        for column, step, of, stops_on, latest in (
            ("its history", Step.FIND_ACTIVE_IMAGE, HISTORY, SECOND, later),
            ("refresh, and it stops", Step.REFRESH_VULNERABILITIES, SECOND, SECOND, Stage.FAULT),
            ("regate, and it stops", Step.REGATE, SECOND, SECOND, later),
            ("regate, and the first stops", Step.REGATE, SECOND, NEWEST, Stage.FAULT),
        ):
            story = Story(at_anchore(step, act, of), stops_on=stops_on)
            sample = (row, latest) == ("404, not analyzed", Stage.FAULT) and step is Step.REGATE
            expected = Expected(latest, least_delay=delay)
            yield Case("Anchore, the second platform", row, column, story, expected, sample)


def old_digest_cases() -> Iterator[Case]:
    """A digest that runs though its tag has moved on, while what it takes to gate it fails."""
    for row in _OF_OLD_DIGESTS:
        act, later = (PASSING | LASTING)[row], Stage.LATER if row in PASSING else Stage.SWEEP
        history = at_anchore(Step.FIND_ACTIVE_IMAGE, act, HISTORY)
        gone = row == "404, image data not found"
        yield _old(row, "its list with history", history, Expected(later, gone=gone))
        submission = at_anchore(Step.ADD_IMAGE, act)
        sample = row == "503"
        if row != _UNREAD:
            expected = Expected(later)
            yield _old(row, "its submission", submission, expected, unknown=True, sample=sample)
        inventory = at_anchore(Step.LIST_INVENTORIES, act)
        yield _old(row, "the inventory", inventory, Expected(Stage.SWEEP), sample=row == "403")
    empty = at_anchore(Step.LIST_INVENTORIES, EMPTY)
    yield _old("200, nothing in it", "the inventory", empty, Expected(Stage.SWEEP))


def _old(
    row: str,
    column: str,
    begin: Begin,
    expected: Expected,
    *,
    unknown: bool = False,
    sample: bool = False,
) -> Case:
    story = Story(begin, old=True, unknown=unknown)
    return Case("Anchore, an old digest", row, column, story, expected, sample)


def given_up_cases() -> Iterator[Case]:
    """What comes back after PENDING_HOURS, and fails again, is left to the next sweep."""
    for row in ("connection reset", "404, not analyzed", "429, Retry-After an hour"):
        for step in (Step.FIND_ACTIVE_IMAGE, Step.REGATE):
            long_ago = at_aws(aged(timedelta(hours=3)), AwsCall.COPY)
            story = Story(both(at_anchore(step, PASSING[row]), long_ago), lasts=LONGEST_DELAY)
            expected = Expected(Stage.SWEEP)
            yield Case("Anchore, PENDING_HOURS over", row, step.value, story, expected)
