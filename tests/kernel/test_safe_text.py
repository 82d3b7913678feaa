"""What leaves every text, and what no mail reader may make a link of."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescan.kernel.safe_text import cut, one_line, printable, unlinked

EVERY = [chr(code) for code in range(sys.maxunicode + 1)]
REMOVED = {character for character in EVERY if not printable(character)}
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


def of_category(*names: str) -> set[str]:
    return {character for character in EVERY if unicodedata.category(character) in names}


def test_the_table_of_ignorable_characters_is_whole() -> None:
    assert len(IGNORABLE) == IGNORABLE_IN_ALL


def test_what_is_invisible_or_obeyed_is_removed_and_nothing_else() -> None:
    allowed = {"\t", "\n", "\r"}
    forbidden_in_xml = {"\ufffe", "\uffff"}
    # Format characters that came after Unicode 14 are unassigned to Python 3.11.
    newer = set("\U00013439\U0001343a\U0001343b\U0001343c\U0001343d\U0001343e\U0001343f")
    expected = of_category("Cc", "Cf", "Cs") - allowed | IGNORABLE | forbidden_in_xml
    assert REMOVED - newer == expected - newer


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


# --- links


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("evil.com/x", "evil[.]com/x", id="repository"),
        pytest.param("see http://evil.com/x", "see http[://]evil[.]com/x", id="url"),
        pytest.param("HTTPS://10.0.0.1/x", "HTTPS[://]10.0.0.1/x", id="address"),
        pytest.param("//evil.com/x", "[//]evil[.]com/x", id="no-scheme"),
        pytest.param("www.evil.co.uk", "www[.]evil[.]co[.]uk", id="every-dot-of-a-host"),
        pytest.param("evil.xn--p1ai", "evil[.]xn--p1ai", id="punycode"),
        pytest.param("зло.рф", "зло[.]рф", id="another-alphabet"),
        pytest.param("evil\u3002com", "evil[\u3002]com", id="another-dot"),
        pytest.param("a@evil.com", "a@evil[.]com", id="address-of-mail"),
        pytest.param("mailto:a@evil.com", "mailto[:]a@evil[.]com", id="mailto"),
        pytest.param("file:///etc/passwd", "file[://]/etc/passwd", id="file"),
        pytest.param(r"open \\evil\share", r"open [\\]evil\share", id="share"),
        pytest.param("evil.com_x evil.com-x", "evil[.]com_x evil[.]com-x", id="ends-of-a-host"),
        pytest.param("evil.com.", "evil[.]com.", id="end-of-a-sentence"),
        pytest.param("evil.JAR.com", "evil.JAR[.]com", id="behind-a-file"),
    ],
)
def test_no_link_is_left(text: str, shown: str) -> None:
    assert unlinked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "payments/api:2.4.1",
        "sha256:6201b80463787cac0cd3b55ea5180ea588e188bc5ff2da74832cac8e4d4573f4",
        "nss-tools 3.53.1-3.el7_9, fixed in 0:3.53.1-7.el7_9",
        "openssl 1.1.1k-r0, 30.0-jre, 5.3.39.RELEASE",
        "/usr/lib/ruby/ftpd-0.2.1.gemspec",
        "my-app-1.jar:WEB-INF/lib/guava-23.0.jar",
        "site-packages/requests-2.31.0.dist-info/METADATA",
        "The policy says: nothing. Two sentences. e.g. this, i.e. that",
        "HTTP 500 'request id 4.a.b'",
        "2c53a13c-1765-11e8-82ef-23527761d060",
        "C:\\temp\\x",
        "int x; // a comment",
    ],
)
def test_what_is_no_link_stays_as_it_is(text: str) -> None:
    assert unlinked(text) == text


# As generous as any reader: a scheme or a name whose last label is made of letters.
LINK = re.compile(r"//\w|mailto:\w|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?![\w.-])")
HOSTS = st.from_regex(r"([a-z0-9-]{1,8}\.){1,3}(com|net|рф|sh)", fullmatch=True)
AROUND = st.text(alphabet=" ./:@\\[]()ab1-_\n", max_size=6)


@given(AROUND, st.sampled_from(["", "http://", "ftp://", "//", "x@"]), HOSTS, AROUND)
def test_no_reader_finds_a_link(before: str, scheme: str, host: str, after: str) -> None:
    assert LINK.search(unlinked(f"{before}{scheme}{host}{after}")) is None


@given(AROUND, HOSTS, AROUND)
def test_twice_is_like_once(before: str, host: str, after: str) -> None:
    once = unlinked(f"{before}http://{host}{after}")
    assert unlinked(once) == once


@given(st.text(alphabet=st.characters(exclude_characters="[]")))
def test_brackets_are_all_that_is_added(text: str) -> None:
    assert re.sub(r"[\[\]]", "", unlinked(text)) == text
