"""The event files: each asks for what its name says, and fits the recordings."""

import json

import pytest

from rescan.events.commands import (
    Batch,
    Check,
    Event,
    Gate,
    Ignored,
    Publish,
    Summarize,
    Sweep,
)
from rescan.events.parse import parse_event
from rescan.gate.model import TriggerKind
from rescan.kernel.errors import EventRefused
from tests.recordings import FOLDER, recording

_EVENTS = FOLDER.parent.parent / "events"
_TAG = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/api:2.4.1"
_RECORD = json.loads(recording("stop").entries[0].body)["items"][0]


def _event(name: str):
    return json.loads((_EVENTS / f"{name}.json").read_text())


def _parse(event) -> Event:
    return parse_event(event, lambda region: "amazonaws.com")


KINDS = {
    "ecr-push": Gate,
    "ecr-push-superseded": Gate,
    "ecr-push-untagged": Ignored,
    "ecr-push-helm-chart": Ignored,
    "ecr-push-signature": Ignored,
    "ecr-push-failed": Ignored,
    "ecr-delete": Ignored,
    "ecr-replication": Gate,
    "ecr-replication-failed": Ignored,
    "schedule-rule": Sweep,
    "schedule-scheduler": Sweep,
    "schedule-tags": Sweep,
    "schedule-publish": Publish,
    "schedule-summarize": Summarize,
    "schedule-check": Check,
    "direct": Gate,
    "sqs-batch": Batch,
}


def test_every_event_file_is_expected_to_ask_for_something():
    assert {file.stem for file in _EVENTS.glob("*.json")} == {*KINDS, "unknown"}


@pytest.mark.parametrize("name", KINDS)
def test_an_event_asks_for_what_its_name_says(name):
    assert type(_parse(_event(name))) is KINDS[name]


def test_the_unknown_event_is_refused():
    with pytest.raises(EventRefused):
        _parse(_event("unknown"))


def test_the_push_is_of_the_image_in_the_recordings():
    gate = _parse(_event("ecr-push"))

    assert isinstance(gate, Gate)
    assert (str(gate.tag), gate.digest) == (_TAG, _RECORD["image_digest"])
    assert gate.trigger.kind is TriggerKind.ECR_PUSH


def test_the_superseded_push_is_older_than_the_tag_in_the_recordings():
    gate = _parse(_event("ecr-push-superseded"))

    assert isinstance(gate, Gate)
    assert str(gate.tag) == _TAG
    assert gate.digest not in (_RECORD["image_digest"], _RECORD["parent_digest"])
    assert gate.trigger.at is not None
    assert gate.trigger.at.isoformat() < _RECORD["image_detail"][0]["tag_detected_at"]


def test_the_schedules_detail_is_an_object_from_a_rule_and_a_string_from_the_scheduler():
    assert _event("schedule-rule")["detail"] == {}
    assert _event("schedule-scheduler")["detail"] == "{}"


def test_the_schedule_of_tags_names_recorded_ones():
    recorded = {
        dict(entry.query)["full_tag"]
        for entry in recording("sweep").entries
        if entry.path == "/v2/images"
    }

    assert set(_event("schedule-tags")["tags"]) <= recorded


def test_the_batch_holds_a_push_and_a_direct_invocation():
    bodies = [json.loads(record["body"]) for record in _event("sqs-batch")["Records"]]

    assert bodies == [_event("ecr-push"), _event("direct")]
