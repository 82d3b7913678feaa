"""Messages of groups: limits and schemas hold whatever the images, and what is cut is counted."""

import json
import re
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import ImageEvent
from rescan.notice.group import LARGEST_GROUP_RESULT
from rescan.notice.render import group_notice
from rescan.outbox.group import Group
from rescan.outbox.grouping import MOST_IMAGES
from tests.support.notices import schema
from tests.support.notices.announced import expiring, held, not_evaluated
from tests.support.notices.drawn import any_news
from tests.support.notices.group_cases import GROUPS, about, group_of, openssl, stops, tags
from tests.support.notices.groups import broken, groups, many_of
from tests.support.notices.outbox_texts import envelope_of, group_chat
from tests.support.notices.reports import finding

# --- limits


def test_group_of_as_many_images_as_one_message_takes_keeps_every_limit() -> None:
    (group,) = groups([envelope_of(news) for news in stops(range(MOST_IMAGES))])
    assert (len(group.members), broken(group)) == (MOST_IMAGES, [])
    assert len(group_notice(group).result.encode()) <= LARGEST_GROUP_RESULT


@pytest.mark.parametrize("event_type", get_args(ImageEvent))
@given(data=st.data())
@settings(max_examples=15, deadline=None, database=None, derandomize=True)
def test_any_group_keeps_every_limit(event_type: ImageEvent, data: st.DataObject) -> None:
    newses = data.draw(st.lists(any_news(event_type), min_size=1, max_size=2))
    envelopes = [
        replace(envelope_of(newses[n % len(newses)]), id=str(n), subject=str(n), team="us")
        for n in range(24)
    ]
    assert [problem for group in groups(envelopes) for problem in broken(group)] == []


@pytest.mark.parametrize("number", [0, 1, 10])
def test_so_few_are_no_group(number: int) -> None:
    assert groups([envelope_of(news) for news in stops(range(number))]) == []


# --- what machines get


@pytest.mark.parametrize("case", GROUPS)
def test_names_are_arrays_with_each_value_once(case: str) -> None:
    group = GROUPS[case]()
    attributes = group_notice(group).attributes
    for name in ("registry", "repository", "tag"):
        values = [getattr(envelope.tag, name) for envelope in group.envelopes]
        assert attributes[name] == tuple(sorted(set(values)))
    assert {name for name, value in attributes.items() if not isinstance(value, str)} == {
        "registry",
        "repository",
        "tag",
        "traits",
    }


@pytest.mark.parametrize("case", GROUPS)
def test_result_names_each_image_with_the_id_of_its_own_notice(case: str) -> None:
    group = GROUPS[case]()
    said = json.loads(group_notice(group).result)["group"]
    assert [(member["id"], member["full_tag"]) for member in said["members"]] == [
        (envelope.id, str(envelope.tag)) for envelope in group.envelopes
    ]
    assert (said["shown"], said["total"]) == (len(group.envelopes), group.before + group.images)


def test_schema_refuses_a_group_of_another_shape() -> None:
    result: Any = json.loads(group_notice(GROUPS["group_stop"]()).result)
    assert schema.errors(result) == []
    assert schema.errors(result | {"group": result["group"] | {"more": 1}}) != []
    assert schema.errors(result | {"group": {}}) != []


# --- an honest count of what is cut


def test_every_image_is_named_in_the_mail() -> None:
    repositories = tuple(f"team/app-{number:03}" for number in range(80))
    named = [ImageTag("r.io", repository, f"{n}") for repository in repositories for n in (1, 2)]
    newses = [
        about(news, number, tag)
        for number, (news, tag) in enumerate(zip(stops(range(160)), named, strict=True))
    ]
    body = group_notice(group_of(newses)).body
    assert "\nIMAGES BY REPOSITORY, WORST FIRST (160)\nteam/app-000 (2)\n" in body
    found = re.findall(r"^(team/app-\d+) \(2\)\n  (?:1, 2|2, 1)$", body, re.MULTILINE)
    assert sorted(found) == [*repositories]


def test_images_that_have_nothing_in_common_come_worst_first_each_with_its_reason() -> None:
    group = GROUPS["group_stop_mixed"]()
    body = " ".join(group_notice(group).body.split())
    named = re.findall(r"2\.\d+\.0 \((critical|high|medium) (CVE-[\d-]+)\)", body)
    assert (group.issue, len({cve for _, cve in named})) == (None, len(group.members))
    order = ["critical", "high", "medium"]
    assert [word for word, _ in named] == sorted((word for word, _ in named), key=order.index)


def test_members_that_the_result_has_no_room_for_are_counted() -> None:
    envelope = envelope_of(stops(range(1))[0])
    long = [
        replace(each, issues=tuple(replace(m, name="n" * 200) for m in envelope.issues))
        for each in many_of(envelope, "", MOST_IMAGES)
    ]
    for each in groups(long):
        said = json.loads(group_notice(each).result)["group"]
        assert 0 < said["shown"] == len(said["members"]) <= said["images"] == MOST_IMAGES


def test_what_else_a_chat_message_has_no_room_for_is_counted() -> None:
    said = json.loads(group_chat(GROUPS["group_stop_mixed"]()).body)["content"]["description"]
    assert said.endswith(": 1 of 12 images\n- 5 of 12 shown")


# --- words


def opening(group: Group) -> str:
    """The first paragraph of the mail, on one line."""
    return " ".join(group_notice(group).body.split("\n\n")[0].split("\n"))


def test_images_that_have_worse_than_what_they_share_say_so() -> None:
    def found(number: int) -> tuple[Any, ...]:
        shared = finding("CVE-2020-25648+nss-tools")
        return (shared, finding("CVE-2026-1234+openssl")) if number == 3 else (shared,)

    assert opening(group_of(stops(range(11), found))).startswith(
        "STOP: CVE-2020-25648 (high, nss-tools, fixed in 0:3.53.1-7.el7_9) newly stops 11 images;"
        " the worst they have is critical. "
    )


def test_several_packages_and_fixes_are_counted_behind_the_most_frequent() -> None:
    envelopes = [envelope_of(news) for news in stops(range(12), lambda _: openssl(1))]
    for number, package, fix in ((1, "libssl3", "3.0.18-r0"), (2, "openssl-libs", "3.0.18-r0")):
        (issue,) = envelopes[number].issues
        other = replace(issue, package=package, fixed_in=fix)
        envelopes[number] = replace(envelopes[number], issues=(other,))
    (group,) = groups(envelopes)
    assert opening(group) == (
        "STOP: CVE-2026-1234 (critical, openssl and 2 other packages, fixed in 3.0.18 and 1 other"
        " version) newly stops 12 images. Do not deploy these images. Update the packages to the"
        " versions with the fix, rebuild and push; one newer base image may mend many."
    )


def test_ends_that_differ_say_which_is_the_first() -> None:
    newses = [
        about(expiring(held("CVE-2020-25648+nss-tools", end)), number, tag)
        for number, tag in enumerate(tags(range(12)))
        for end in [datetime(2026, 12, 1 + number % 3, tzinfo=UTC)]
    ]
    group = group_of(newses)
    assert group_notice(group).subject == (
        "EXPIRING: CVE-2020-25648 (high) will stop 12 images, the first on 2026-12-01"
    )
    assert json.loads(group_notice(group).result)["group"]["matter"]["until"] == (
        "2026-12-01T00:00:00Z"
    )


def test_hundreds_behind_one_item_of_an_allowlist_are_one_message() -> None:
    news = expiring(held("CVE-2020-25648+nss-tools", datetime(2026, 12, 1, tzinfo=UTC)))
    newses = [about(news, number, tag) for number, tag in enumerate(tags(range(300)))]
    assert len(group_of(newses).members) == 300


def test_outages_of_different_causes_name_none_as_the_one_to_mend() -> None:
    causes = (FailureCause.CREDENTIALS, FailureCause.ANALYSIS_FAILED, FailureCause.NOT_MAPPED)
    newses = [
        about(not_evaluated(f"why {'x' * number}", causes[number % 3]), number, tag)
        for number, tag in enumerate(tags(range(12)))
    ]
    assert group_notice(group_of(newses)).body.startswith(
        "NOT EVALUATED: 12 images have no verdict, for different reasons.\n"
        "This waits for whoever runs Anchore and the watcher. They act: find out\n"
        "why; the function's log has more under each image's name.\n"
    )


def test_recovered_images_that_are_still_warned_about_say_so() -> None:
    group = GROUPS["group_recovered"]()
    warned = [replace(envelope, final_action="warn") for envelope in group.envelopes]
    (group,) = groups(warned)
    assert (
        "\nNothing to do at once: the policy lets these images through, and warns\nabout them.\n"
        in group_notice(group).body
    )


def test_long_name_leaves_the_number_of_images_in_the_subject() -> None:
    envelopes = [envelope_of(news) for news in stops(range(11), lambda _: openssl(1))]
    long = [
        replace(envelope, issues=tuple(replace(m, name="n" * 120) for m in envelope.issues))
        for envelope in envelopes
    ]
    (group,) = groups(long)
    assert group_notice(group).subject == (f"STOP: {'n' * 47}... (critical) newly stops 11 images")
