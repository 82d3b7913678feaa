"""What a recording says of the question: the event and the settings that ask it again."""

import pytest

from rescan_cli.replay.asked import Asked
from rescan_cli.replay.har import Entry, Pairs, Recording

TAG = "r.io/app:1"
ENTERPRISE = {"VULNERABILITY_TYPE": "all", "VENDOR_ONLY": "true", "BASE_IMAGE": "false"}


def asked(*requests: tuple[str, Pairs]) -> Asked:
    entries = (Entry("GET", path, query, 200, (), b"") for path, query in requests)
    return Asked.of(Recording("made up", "", tuple(entries)))


LISTED = ("/v2/images", (("full_tag", TAG), ("image_status", "active")))
VULN = "/v2/images/sha256:0/vuln"
CHECK = "/v2/images/sha256:0/check"


@pytest.mark.parametrize(
    ("request_", "settings"),
    [
        pytest.param(
            (f"{VULN}/os", (("vendor_only", "false"), ("base_digest", "auto"))),
            {"VULNERABILITY_TYPE": "os", "VENDOR_ONLY": "false", "BASE_IMAGE": "true"},
            id="vulnerabilities",
        ),
        pytest.param((f"{VULN}/all", ()), ENTERPRISE, id="vulnerabilities-by-default"),
        pytest.param(
            (CHECK, (("tag", TAG), ("policy_id", "p"))), {"POLICY_ID": "p"}, id="a-policy"
        ),
        pytest.param((CHECK, (("tag", TAG),)), {"POLICY_ID": ""}, id="the-active-policy"),
        pytest.param(
            ("/v2/images", (("tag", TAG),)),
            {"ANCHORE_DIALECT": "arazzo", "WATCHED_TAGS": TAG},
            id="arazzo",
        ),
        pytest.param(
            (CHECK, (("tag", TAG), ("policyId", "p"))), {"POLICY_ID": "p"}, id="a-policy-in-arazzo"
        ),
    ],
)
def test_a_request_says_under_which_settings_it_was_sent(
    request_: tuple[str, Pairs], settings: dict[str, str]
) -> None:
    assert asked(request_).settings == settings


def test_of_several_settings_the_first_counts() -> None:
    both = asked((f"{VULN}/os", ()), (f"{VULN}/all", (("base_digest", "auto"),)))
    assert both.settings == ENTERPRISE | {"VULNERABILITY_TYPE": "os"}


def test_a_tag_is_asked_for_directly() -> None:
    other = ("/v2/images", (("full_tag", "r.io/other:1"),))
    assert asked(LISTED, other) == Asked({"tag": TAG}, "a direct invocation", {})


def test_a_list_of_the_active_tags_is_a_sweeps() -> None:
    sweep = asked(("/v2/summaries/image-tags", (("page", "1"),)), LISTED)
    assert sweep.event == {
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "detail": {},
    }


def test_a_recording_without_a_tag_asks_for_nothing() -> None:
    assert asked(("/v2/version", ())) == Asked(None, "", {})
