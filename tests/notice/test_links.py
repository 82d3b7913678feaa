"""Text of others is no link in a mail and no markup in a chat; what readers copy is there letter by
letter."""

import json
import re
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.gate.report import Report
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.news import ImageEvent, News
from rescan.notice.foreign import foreign, full_name, in_mail
from rescan.notice.links import unlinked
from tests.support.notices.announced import reminder, stop
from tests.support.notices.chat import outside_of_spans
from tests.support.notices.drawn import any_news
from tests.support.notices.foreign_texts import FOREIGN_TEXTS, in_foreign_texts, without_address
from tests.support.notices.groups import groups
from tests.support.notices.outbox_texts import group_chat, mail_and_chat, notice_of
from tests.support.notices.rendered import CASES, mail_notice
from tests.support.notices.reports import DIGEST, denylisted, typical

# As generous as any reader: a scheme, or a name whose last label is made of letters.
LINK = re.compile(
    r"//\w|mailto:\w|\w@[a-z]+\.\w|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?![\w.-])"
)
# Our own words, about names in Anchore.
OURS = "docker.io"

HOSTS = st.from_regex(r"([a-z0-9-]{1,8}\.){1,3}(com|example|рф|sh)", fullmatch=True)
SCHEMES = st.sampled_from(["", "http://", "https://", "ftp://", "//", "www.", "x@", "mailto:x@"])
PATHS = st.sampled_from(["", "/", "/login", "/login?next=a.b&c", ":8443/x", "#top", "."])
AROUND = st.text(alphabet=" ./:@\\[]()ab1-_\n", max_size=6)
LINKS = st.builds("{}{}{}".format, SCHEMES, HOSTS, PATHS)
# No full name begins with a paragraph sign.
TEXTS = st.lists(LINKS.map("§ {}".format), min_size=7, max_size=7, unique=True)


def links(text: str) -> list[str]:
    words = " ".join(without_address(text).split())
    return [link for link in LINK.findall(words) if link != OURS]


# --- a text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("evil.com/x", "evil[.]com/x", id="repository"),
        pytest.param("see http://evil.com/x", "see http[://]evil[.]com/x", id="url"),
        pytest.param("HTTPS://10.0.0.1/x", "HTTPS[://]10.0.0.1/x", id="address"),
        pytest.param("//evil.com/x", "[//]evil[.]com/x", id="no-scheme"),
        pytest.param("www.evil.co.uk", "www[.]evil[.]co[.]uk", id="every-dot-of-a-host"),
        pytest.param("www.1.jar", "www[.]1.jar", id="www"),
        pytest.param("evil.xn--p1ai", "evil[.]xn--p1ai", id="punycode"),
        pytest.param("зло.рф", "зло[.]рф", id="another-alphabet"),
        pytest.param("evil.भारत भा.com", "evil[.]भारत भा[.]com", id="letters-of-two-parts"),
        pytest.param("evil\u3002com", "evil[\u3002]com", id="another-dot"),
        pytest.param("a@evil.com", "a[@]evil[.]com", id="address-of-mail"),
        pytest.param("mailto:a@evil.com", "mailto[:]a[@]evil[.]com", id="mailto"),
        pytest.param("a.b+c@x.v2", "a.b+c[@]x.v2", id="address-without-a-domain"),
        pytest.param("call tel:+4989123", "call tel[:]+4989123", id="telephone"),
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
        DIGEST,
        "nss-tools 3.53.1-3.el7_9, fixed in 0:3.53.1-7.el7_9",
        "openssl 1.1.1k-r0, 30.0-jre, 5.3.39.RELEASE",
        "/usr/lib/ruby/ftpd-0.2.1.gemspec",
        "my-app-1.jar:WEB-INF/lib/guava-23.0.jar",
        "site-packages/requests-2.31.0.dist-info/METADATA",
        "The policy says: nothing. Two sentences. e.g. this, i.e. that",
        "lodash@4.17.21, @scope/name, app@sha256:6201, pkg:npm/left-pad@1.3.0",
        "HTTP 500 'request id 4.a.b'",
        "2c53a13c-1765-11e8-82ef-23527761d060",
        "C:\\temp\\x",
        "int x; // a comment",
        "hotel:4",
    ],
)
def test_what_is_no_link_stays_as_it_is(text: str) -> None:
    assert unlinked(text) == text


@given(AROUND, LINKS, AROUND)
def test_no_reader_finds_a_link(before: str, link: str, after: str) -> None:
    once = unlinked(f"{before}{link}{after}")
    assert LINK.search(once) is None
    assert unlinked(once) == once


@given(st.text(alphabet=st.characters(exclude_characters="[]")))
def test_brackets_are_all_that_is_added(text: str) -> None:
    assert re.sub(r"[\[\]]", "", unlinked(text)) == text


# --- a mail


@pytest.mark.parametrize("event_type", get_args(ImageEvent))
@given(data=st.data())
@settings(max_examples=25, deadline=None, database=None, derandomize=True)
def test_no_text_of_others_is_a_link_or_stands_outside_of_a_code_span(
    event_type: ImageEvent, data: st.DataObject
) -> None:
    """Of one notice, and of the chat message of a group."""
    drawn, markup = data.draw(any_news(event_type)), data.draw(FOREIGN_TEXTS)
    mail = notice_of(in_foreign_texts(drawn, data.draw(TEXTS)))
    assert (links(mail.subject), links(mail.body), mail.problems()) == ([], [], [])
    due, chat = mail_and_chat(in_foreign_texts(drawn, markup))
    alike = [replace(due.envelope, id=str(n), subject=str(n)) for n in range(12)]
    for notice in (chat.notice, *map(group_chat, groups(alike))):
        assert outside_of_spans(json.loads(notice.body)) == []


@pytest.mark.parametrize("case", sorted(CASES.keys() - {"stop_storm", "summary_many"}))
@given(texts=TEXTS)
@settings(max_examples=1, deadline=None, database=None, derandomize=True)
def test_no_text_of_others_in_a_golden_case_is_a_link(case: str, texts: list[str]) -> None:
    mail = mail_notice(in_foreign_texts(CASES[case](), texts))
    assert (links(mail.subject), links(mail.body)) == ([], [])


@pytest.mark.parametrize("news", [stop, reminder])
def test_what_readers_copy_is_there_letter_by_letter(
    news: Callable[[Report], News],
) -> None:
    tag = ImageTag("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "evil.example/login", "2.4.1")
    body = notice_of(news(replace(typical(), tag=tag))).body
    assert f"\nImage      {tag}\n" in body
    assert "\nPolicy     2c53a13c-1765-11e8-82ef-23527761d060\n" in body
    assert body.endswith(f"\n{DIGEST}\n")
    assert "evil.example" not in body.replace(str(tag), "")
    assert "evil[.]example/login:2.4.1" in " ".join(body.split("\n")[:2])


def test_subject_keeps_its_end_whatever_is_broken_in_a_long_name() -> None:
    tag = ImageTag("registry.example.com", "ab." * 80, "prod.eu")
    subject = notice_of(stop(replace(denylisted(), tag=tag))).subject
    assert subject.endswith("ab[.]ab.:prod[.]eu is denylisted")
    assert 95 <= len(subject) <= 99


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("docker.io/library/nginx:1.27", None, id="name"),
        pytest.param("registry.example.com:5000/a.b/c_d-e:V1.x", None, id="port"),
        pytest.param("registry.example.com", None, id="registry"),
        pytest.param("r.xn--p1ai/a:1", None, id="punycode"),
        pytest.param("registry:5000/evil.com/x:1", "registry:5000/evil[.]com/x:1", id="no-host"),
        pytest.param("r.com/a:1 evil.com", "r[.]com/a:1 evil[.]com", id="no-name"),
        pytest.param("r.com/a//evil.com", "r[.]com/a[//]evil[.]com", id="empty-part"),
        pytest.param("r.com:evil.com", "r[.]com:evil[.]com", id="tag-without-repository"),
        pytest.param("https://r.com/a:1", "https[://]r[.]com/a:1", id="scheme"),
        pytest.param("a@r.com/a:1", "a[@]r[.]com/a:1", id="address-of-mail"),
    ],
)
def test_full_name_is_letter_by_letter_and_begins_with_a_host(name: str, shown: str | None) -> None:
    assert in_mail(full_name(name)) == (shown or name)


def test_what_holds_a_full_name_is_a_text_like_any_other() -> None:
    assert in_mail(foreign(f"see {full_name('r.com/a:1')}")) == "see r[.]com/a:1"
