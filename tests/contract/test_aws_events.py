"""The event files, held against Powertools' models of what AWS sends."""

import json

import pytest
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel, SqsModel
from pydantic import BaseModel

from tests.support.paths import ROOT

_EVENTS = ROOT / "events"
# These come from people, or from no one that the function knows.
_NOT_OF_AWS = {
    "direct",
    "schedule-check",
    "schedule-publish",
    "schedule-summarize",
    "schedule-tags",
    "unknown",
}


def _model(name: str) -> type[BaseModel]:
    return SqsModel if name.startswith("sqs-") else EventBridgeModel


@pytest.mark.referee("AWS events, Powertools")
@pytest.mark.parametrize(
    "branch", sorted({file.stem for file in _EVENTS.glob("*.json")} - _NOT_OF_AWS)
)
def test_an_event_file_is_what_aws_sends(branch):
    event = json.loads((_EVENTS / f"{branch}.json").read_text())

    read = _model(branch).model_validate(event)

    said = read.model_dump(by_alias=True, exclude_unset=True)
    assert said.keys() == event.keys()
