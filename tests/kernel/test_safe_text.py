"""What leaves every text."""

import sys
import unicodedata
from collections.abc import Iterator

import pytest

from rescan.kernel.safe_text import cut, one_line, printable

# Unicode 15.1, DerivedCoreProperties.txt, "Default_Ignorable_Code_Point", whose own count is last.
IGNORABLE = {
    chr(code)
    for first, last in [
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
        (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
        (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    ]
    for code in range(first, last + 1)
}  # fmt: skip
IGNORABLE_IN_ALL = 4174


def every() -> Iterator[str]:
    return map(chr, range(sys.maxunicode + 1))


def of_category(*names: str) -> set[str]:
    return {character for character in every() if unicodedata.category(character) in names}


def test_the_table_of_ignorable_characters_is_whole() -> None:
    assert len(IGNORABLE) == IGNORABLE_IN_ALL


def test_what_is_invisible_or_obeyed_is_removed_and_nothing_else() -> None:
    allowed = {"\t", "\n", "\r"}
    forbidden_in_xml = {"\ufffe", "\uffff"}
    # Format characters that came after Unicode 14 are unassigned to Python 3.11.
    newer = set("\U00013439\U0001343a\U0001343b\U0001343c\U0001343d\U0001343e\U0001343f")
    expected = of_category("Cc", "Cf", "Cs") - allowed | IGNORABLE | forbidden_in_xml
    removed = {character for character in every() if not printable(character)}
    assert removed - newer == expected - newer


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("pay\u00adments", "payments", id="soft-hyphen"),
        pytest.param("pay\u200b\u2060\ufeffments", "payments", id="no-width"),
        pytest.param("\u202egpj.exe", "gpj.exe", id="right-to-left-override"),
        pytest.param("a\u3164b\uffa0c\u115fd", "abcd", id="fillers"),
        pytest.param("a\ufe0fb\U000e0100c", "abc", id="variation-selectors"),
        pytest.param("a\U000e0041\U000e007fb", "ab", id="tags"),
        pytest.param("\x1b[31mred\x07", "[31mred", id="terminal"),
        pytest.param("größe 東京 👩", "größe 東京 👩", id="letters-of-any-alphabet"),
    ],
)
def test_nothing_invisible_stays(text: str, seen: str) -> None:
    assert printable(text) == seen


def test_line_ends_stay_unless_one_line_is_wanted() -> None:
    text = "one\r\n\ttwo\u2028three\u00a0 four"
    assert printable(text) == text
    assert one_line(text, 80) == "one two three four"


def test_a_cut_text_says_so() -> None:
    assert [cut("abcdef", 6), cut("abcdefg", 6), one_line("a\u00adb  c d", 5)] == [
        "abcdef",
        "abc...",
        "ab...",
    ]
