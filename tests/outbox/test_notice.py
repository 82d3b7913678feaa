"""The limits of SNS, each broken once."""

from collections.abc import Mapping

import pytest

from rescan.kernel.errors import NoticeInvalid
from rescan.outbox.notice import AttributeValue, Notice, data_type

GOOD = {"event_type": "STOP"}


def broken(notice: Notice) -> str:
    """What the check says about the limit, without its opening words."""
    with pytest.raises(NoticeInvalid) as raised:
        notice.check()
    opening = f"SNS would refuse the notice {notice.subject[:120]!r}: "
    return str(raised.value).removeprefix(opening)


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("S", id="one-character"),
        pytest.param("S" * 99, id="ninety-nine"),
        pytest.param("1 finding", id="digit-first"),
        pytest.param("!~", id="punctuation-first"),
    ],
)
def test_subject_within_the_limits_is_taken(subject: str) -> None:
    assert Notice(subject, "body", GOOD).problems() == []


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        pytest.param("", "the subject has 0 characters, expected 1 to 99", id="empty"),
        pytest.param("S" * 100, "the subject has 100 characters, expected 1 to 99", id="long"),
        *(
            pytest.param(
                subject,
                "the subject is not printable ASCII that begins with a visible character",
                id=name,
            )
            for name, subject in {
                "line-end": "STOP\nBcc: x",
                "line-end-at-the-end": "STOP\n",
                "tab": "STOP\tx",
                "not-ascii": "STOP über",
                "blank-first": " STOP",
                "delete": "STOP\x7f",
            }.items()
        ),
    ],
)
def test_subject_beyond_a_limit_is_refused(subject: str, problem: str) -> None:
    assert broken(Notice(subject, "body", GOOD)) == problem


@pytest.mark.parametrize("body", ["", " \n"])
def test_empty_body_is_refused(body: str) -> None:
    assert broken(Notice("STOP", body, GOOD)) == "the body is empty"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000"),
        ("\x08", "U+0008"),
        ("\x0b", "U+000B"),
        ("\x1f", "U+001F"),
        ("\ud800", "U+D800"),
        ("\udfff", "U+DFFF"),
        ("\ufffe", "U+FFFE"),
        ("\uffff", "U+FFFF"),
    ],
)
def test_character_that_xml_forbids_is_refused_in_body_and_values(
    character: str, name: str
) -> None:
    text = f"ab{character}c"
    forbidden = f"holds {name} at 2, which XML 1.0 forbids"
    assert broken(Notice("STOP", text, GOOD)) == f"the body {forbidden}"
    assert broken(Notice("STOP", "body", {"tag": text})) == f"the attribute tag {forbidden}"


def test_every_other_character_is_taken() -> None:
    text = "\t\n\r \x7f\x85\ud7ff\ue000\ufffd\U00010000\U0010ffff"
    assert Notice("STOP", text, {"tag": text}).problems() == []


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        pytest.param(
            {f"a{number}": "1" for number in range(11)},
            "11 attributes, at most 10 are delivered",
            id="eleven",
        ),
        pytest.param(
            {"tag": ""}, "the attribute tag is empty; a missing value is the word none", id="empty"
        ),
        pytest.param(
            {"tag": ()},
            "the attribute tag is empty; a missing value is the word none",
            id="no-value-of-several",
        ),
        pytest.param(
            {"tag": ("1", "")},
            "the attribute tag is empty; a missing value is the word none",
            id="empty-one-of-several",
        ),
        pytest.param(
            {"tag": ("1", "a\ud800")},
            "the attribute tag holds U+D800 at 1, which XML 1.0 forbids",
            id="forbidden-in-one-of-several",
        ),
        pytest.param(
            {"aws.tag": "1"},
            "the attribute name 'aws.tag' has a prefix that AWS reserves",
            id="aws",
        ),
        pytest.param(
            {"AMAZON.tag": "1"},
            "the attribute name 'AMAZON.tag' has a prefix that AWS reserves",
            id="amazon-in-upper-case",
        ),
        *(
            pytest.param(
                {attribute: "1"},
                f"the attribute name {attribute[:80]!r} is not letters, digits, _, - and single"
                " inner periods, 1 to 256 characters",
                id=name,
            )
            for name, attribute in {
                "no-name": "",
                "blank": "a b",
                "not-ascii": "größe",
                "period-first": ".a",
                "period-last": "a.",
                "two-periods": "a..b",
                "long-name": "a" * 257,
            }.items()
        ),
    ],
)
def test_attribute_beyond_a_limit_is_refused(
    attributes: Mapping[str, AttributeValue], problem: str
) -> None:
    assert broken(Notice("STOP", "body", attributes)) == problem


def test_ten_attributes_with_the_longest_name_are_taken() -> None:
    attributes = {f"a.b-c_{number}": "1" for number in range(9)} | {"a" * 256: "1"}
    assert Notice("STOP", "body", attributes).problems() == []


@pytest.mark.parametrize("character", ["a", "é", "€", "\U0001f680"])
def test_size_counts_subject_body_names_types_and_values_in_bytes(character: str) -> None:
    rest = len("STOP") + len("tag") + len("String")
    free = 256 * 1024 - 1 - rest
    count, padding = divmod(free, 2 * len(character.encode()))
    body, value = character * count + "x" * padding, character * count
    largest = Notice("STOP", body, {"tag": value})
    assert (largest.size(), largest.problems()) == (256 * 1024 - 1, [])
    assert broken(Notice("STOP", body + "x", {"tag": value})) == (
        "262,144 bytes, fewer than 262,144 (256 KiB) are allowed"
    )


def test_size_counts_several_values_as_the_json_that_is_sent() -> None:
    several = Notice("STOP", "body", {"tag": ("1", 'é"')})
    sent = ["STOP", "body", "tag", "String.Array", '["1","é\\""]']
    assert several.size() == sum(len(text.encode()) for text in sent)


def test_a_value_has_the_type_that_sns_filters_by() -> None:
    assert (data_type("1"), data_type(("1", "2"))) == ("String", "String.Array")


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = broken(Notice("STOP", "", {"tag": ""})).split("; ")
    assert said[0] == "the body is empty"
    assert said[1].startswith("the attribute tag is empty")
