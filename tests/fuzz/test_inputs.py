"""Whatever arrives from elsewhere: a typed value, or the error that is documented for it."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import example
from hypothesis import strategies as st

from rescan.events.commands import Event, Gate, Sweep
from rescan.events.parse import parse_event
from rescan.kernel.errors import EventRefused, SettingsError
from rescan.kernel.image_tag import ImageTag, TagPattern, is_digest
from rescan.settings import Settings
from rescan_cli.replay.asked import Asked
from rescan_cli.replay.har import ReplayError, read_recording
from tests.recordings import FOLDER
from tests.support.fuzz.documents import broken_bytes, broken_documents, junk
from tests.support.fuzz.effort import fuzzed

_EVENTS = FOLDER.parent.parent / "events"
EVENTS = [json.loads(file.read_text()) for file in sorted(_EVENTS.glob("*.json"))]
HARS = [json.loads((FOLDER / f"{n}.har").read_text()) for n in ("unauthorized", "not_found_404")]

# What names are made of, so that many inputs are nearly one.
NAMES = st.text(alphabet="ab.:/@_-*A0 \t\x00é", max_size=24) | st.text(max_size=40)

pytestmark = pytest.mark.referee("Fuzzing")


_Value = TypeVar("_Value")
_Error = TypeVar("_Error", bound=Exception)


def _or_error(
    documented: type[_Error], read: Callable[..., _Value], *arguments: Any
) -> _Value | _Error:
    """What is read, or the error that is documented for it; any other passes through."""
    try:
        return read(*arguments)
    except documented as error:
        return error


def _suffix(region: str) -> str | None:
    return None if region.startswith("xx") else "amazonaws.com"


@example({"Records": [{"eventSource": []}]})
@example({"tag": "reg.io/app:1", "policyId": "\ud800"})
@fuzzed(broken_documents(*EVENTS) | junk())
def test_an_event_is_understood_or_refused(event):
    asked = _or_error(EventRefused, parse_event, event, _suffix)

    assert isinstance(asked, EventRefused | Event)
    if isinstance(asked, Gate):
        assert ImageTag.parse(str(asked.tag)) == asked.tag
        assert asked.digest is None or is_digest(asked.digest)
        assert asked.vtype in (None, "os", "non-os", "all")
        assert asked.policy_id is None or asked.policy_id.encode()
        assert asked.trigger.at is None or asked.trigger.at.tzinfo is not None


@fuzzed(NAMES)
def test_a_tag_that_is_read_is_its_own_full_name(text):
    try:
        tag = ImageTag.parse(text)
    except ValueError:
        return
    assert ImageTag.parse(str(tag)) == tag
    assert tag.is_called(text)
    assert "" not in (tag.registry, tag.repository, tag.tag)


@fuzzed(NAMES, NAMES)
def test_a_pattern_is_read_or_refused_and_matches_in_one_way(text, name):
    try:
        pattern, tag = TagPattern.parse(text), ImageTag.parse(name)
    except ValueError:
        return
    if pattern.matches(tag):
        assert "*" in text or tag.is_called(text)


@fuzzed(broken_bytes(*HARS))
def test_a_har_file_is_a_recording_or_is_refused(tmp_path_factory, body):
    file = tmp_path_factory.getbasetemp() / "fuzzed.har"
    file.write_bytes(body)

    read = _or_error(ReplayError, read_recording, file)

    if isinstance(read, ReplayError):
        assert str(read).startswith(f"{file} is no HAR 1.2 recording: ")
    else:
        assert all(200 <= entry.status <= 599 for entry in read.entries)
        if (event := Asked.of(read).event) is not None:
            asked = _or_error(EventRefused, parse_event, event, _suffix)
            assert isinstance(asked, EventRefused | Gate | Sweep)


VARIABLES = [name.upper() for name in Settings.__struct_fields__]
SOUND = {
    "ANCHORE_URL": "https://anchore.example.com",
    "ANCHORE_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore",
    "STOP_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:stops",
}
VALUES = (
    st.sampled_from(
        ["true", "no", "0", "-1", "64", "1e999", "nan", "arazzo", "os", "*", ",", "a,b"]
    )
    | st.builds("{}://{}:{}@{}/v2".format, st.sampled_from(["http", "ftp"]), NAMES, NAMES, NAMES)
    | NAMES
)


@fuzzed(st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=5))
def test_settings_are_read_or_the_variable_is_named(changed):
    settings = _or_error(SettingsError, Settings.parse, SOUND | changed)

    if isinstance(settings, SettingsError):
        assert settings.variable in VARIABLES
        assert str(settings).startswith(f"{settings.variable} is")
    else:
        assert settings.base_url.endswith("/v2")
        assert 1 <= settings.max_body_mb <= 1024
        assert "@" not in settings.base_url.partition("://")[2].partition("/")[0]


@fuzzed(st.text(alphabet="0123456789_XYZ", min_size=4))
def test_an_error_about_the_url_never_quotes_its_password(password):
    with pytest.raises(SettingsError) as raised:
        Settings.parse(SOUND | {"ANCHORE_URL": f"https://user:{password}@anchore.example.com"})

    assert password not in str(raised.value)
