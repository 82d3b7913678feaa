"""Which feeds and which policy Anchore judges by, and what of them makes a difference."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.data_version import read_data_version
from rescan.anchore.transport import Transport
from rescan.gate.data_version import DataVersion
from rescan.kernel import errors
from rescan.kernel.deadline import Deadline
from rescan_cli.replay.har import Entry, Recording
from rescan_cli.replay.mount import replayed_session
from rescan_cli.replay.router import Replay

FEEDS = [
    {
        "name": "vulnerabilities",
        "dataset_name": "vulnerability_db",
        "dataset_checksum": "c1",
        "last_full_sync": "2026-11-24T06:00:00Z",
        "enterprise_received_at": "2026-11-24T08:00:00Z",
    },
    {"name": "EPSS", "dataset_name": "epss_db", "dataset_checksum": "c2"},
    {"name": "ClamAV Malware Database", "dataset_name": "clamav_db", "dataset_checksum": "c3"},
]
# Before API 2.7.2.
OLDER = [{"name": "grypedb", "last_full_sync": "2026-11-24T06:00:00"}]
POLICIES = {
    "items": [
        {"policy_id": "strict", "active": False, "last_updated": "2026-11-01T00:00:00Z"},
        {"policy_id": "default", "active": True, "last_updated": "2026-11-20T00:00:00Z"},
    ]
}
FORBIDDEN = {"message": "listPolicies is not permitted"}


def read(
    feeds: object = FEEDS,
    policies: object = POLICIES,
    *,
    statuses: tuple[int, int] = (200, 200),
    policy_id: str | None = None,
) -> DataVersion:
    bodies = zip(("system/feeds", "policies"), statuses, (feeds, policies), strict=True)
    entries = tuple(
        Entry("GET", f"/v2/{path}", (), status, (), json.dumps(body).encode())
        for path, status, body in bodies
    )
    transport = Transport(
        replayed_session(Replay(Recording("of the test", "", entries))),
        "https://h/v2",
        AnchoreAuth(lambda: '{"token": "t0ken"}'),
    )
    return read_data_version(transport, policy_id, Deadline.after(60))


def changed(feeds: list[dict[str, Any]], name: str, **fields: str) -> list[dict[str, Any]]:
    return [feed | fields if feed["name"] == name else feed for feed in feeds]


@pytest.mark.parametrize(
    ("feeds", "differs"),
    [
        pytest.param(FEEDS, False, id="the-same"),
        pytest.param(FEEDS[::-1], False, id="in-another-order"),
        pytest.param(changed(FEEDS, "vulnerabilities", dataset_checksum="new"), True, id="new"),
        pytest.param(changed(FEEDS, "EPSS", dataset_checksum="new"), True, id="new-scores"),
        pytest.param(
            changed(FEEDS, "ClamAV Malware Database", dataset_checksum="new"), False, id="malware"
        ),
        pytest.param(
            changed(FEEDS, "vulnerabilities", last_full_sync="2026-11-24T09:00:00Z"),
            False,
            id="synced-again-without-anything-new",
        ),
        pytest.param([], True, id="none-any-longer"),
    ],
)
def test_feeds_differ_by_their_checksums(feeds: list[dict[str, Any]], differs: bool) -> None:
    assert read(feeds).differs_from(read()) is differs


def test_before_checksums_a_feed_is_new_when_it_was_synced_again() -> None:
    later = changed(OLDER, "grypedb", last_full_sync="2026-11-24T12:00:00")
    assert read(later).differs_from(read(OLDER))
    assert not read(OLDER).differs_from(read(OLDER))


@pytest.mark.parametrize(
    ("feeds", "all_have"),
    [
        pytest.param(FEEDS, True, id="each"),
        pytest.param(changed(FEEDS, "EPSS", dataset_checksum=""), False, id="all-but-one"),
        pytest.param(
            changed(FEEDS, "ClamAV Malware Database", dataset_checksum=""),
            True,
            id="all-but-malware",
        ),
        pytest.param(OLDER, False, id="before-API-2.7.2"),
        pytest.param([], False, id="no-feeds"),
    ],
)
def test_feeds_have_checksums_when_each_that_decides_has_one(
    feeds: list[dict[str, Any]], all_have: bool
) -> None:
    assert read(feeds).has_checksums is all_have


@pytest.mark.parametrize(
    ("feeds", "hour"), [(FEEDS, 8), (OLDER, 6), ([{"name": "a", "last_full_sync": "soon"}], None)]
)
def test_the_newest_feed_says_when_data_arrived(feeds: object, hour: int | None) -> None:
    expected = datetime(2026, 11, 24, hour, tzinfo=UTC) if hour else None
    assert read(feeds).received_at == expected


@pytest.mark.parametrize(
    ("policy_id", "edited", "differs"),
    [(None, 1, True), (None, 0, False), ("strict", 0, True), ("strict", 1, False)],
)
def test_only_the_policy_that_decides_counts(
    policy_id: str | None, edited: int, differs: bool
) -> None:
    items = [dict(item) for item in POLICIES["items"]]
    items[edited]["last_updated"] = "2026-11-24T11:59:00Z"
    now = read(policies={"items": items}, policy_id=policy_id)
    assert now.differs_from(read(policy_id=policy_id)) is differs


def test_policies_may_come_as_a_bare_list() -> None:
    assert read(policies=POLICIES["items"]) == read()


@pytest.mark.parametrize(
    ("policies", "status"),
    [(FORBIDDEN, 403), ({"message": "gone"}, 404), ("no list", 200), ({"items": []}, 200)],
)
def test_a_policy_that_cannot_be_read_is_not_known(policies: object, status: int) -> None:
    assert read(policies=policies, statuses=(200, status)).policy is None


@pytest.mark.parametrize(
    ("feeds", "status", "error"),
    [
        ({"message": "no such path"}, 404, errors.AnchoreRefused),
        ({"message": "not permitted"}, 403, errors.AnchoreForbidden),
        ({"items": []}, 200, errors.AnchoreAnswerUnreadable),
        ([{"name": 3}], 200, errors.AnchoreAnswerUnreadable),
    ],
)
def test_feeds_that_cannot_be_read_are_an_error(
    feeds: object, status: int, error: type[errors.AnchoreError]
) -> None:
    with pytest.raises(error):
        read(feeds, statuses=(status, 200))
