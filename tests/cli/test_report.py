"""The page of `report`: what is on it, that all of it is text, and that only its own code may run.

`make report-page` looks at it in a browser.
"""

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, Severity
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan_cli.report_page.render import page
from rescan_cli.state.overview import Overview, overview_of
from rescan_cli.state.row import row_of
from tests.support.entries import FRESH, stopped
from tests.support.fakes import NOON
from tests.support.ledger_table import CALLER, ledger_of
from tests.support.run_command import Done, run

DAY = timedelta(days=1)


class Read(HTMLParser):
    """The elements of a page with their attributes, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self._tag not in ("script", "style"):
            self.texts.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())


def entry(name: str, like: Entry = FRESH, **changes: Any) -> Entry:
    said = {
        "subject": f"own|{name}|active",
        "tag": ImageTag("reg.io", name, "1"),
        "result_at": NOON,
    }
    return replace(like, **{**said, **changes})


def state(*entries: Entry) -> Overview:
    return overview_of([row_of(it, NOON) for it in entries], NOON)


API = entry(
    "api",
    stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", Severity.LOW), at=NOON - 9 * DAY),
    team="a",
)
WEB = entry("web", stopped(("CVE-2", Severity.HIGH)), team="b")
ENDING = entry("go", verdict=Outcome.GO, held_until=NOON + 3 * DAY)
LOST = entry("lost", failing=Failing(NOON - DAY, "regate", "HTTP 500", FailureCause.DOWN))


def test_the_page_says_what_is_stopped_and_for_how_long() -> None:
    words = Read(page(state(API, WEB, ENDING, LOST), "ledger in eu-central-1")).words
    assert "2 of 4 images are stopped 1 critical 1 high" in words
    assert "api :1 critical CVE-1 lib CVE-2 lib a 2026-11-15 9 d" in words
    # By finding, whatever its severity elsewhere; by team; what ends; what fails.
    assert "CVE-2 lib high 2 api:1, web:1 a, b" in words
    assert "a 1 critical 0 2026-11-15 9 d b 1 high 0 2026-11-24 <1 h" in words
    assert "2026-11-27 in 3 days allowlist ends go :1 unrouted" in words
    assert "lost :1 regate HTTP 500 unrouted 2026-11-23 24 h" in words
    assert "Read from ledger in eu-central-1 at 2026-11-24 12:00 UTC" in words


def test_what_is_not_known_is_said_once_and_has_no_column() -> None:
    words = Read(page(state(API), "x")).words
    assert "does not know which findings are exploited" in words
    assert "Exploited" not in words
    assert " Due " not in words


def test_a_page_with_facts_says_what_is_exploited_and_overdue() -> None:
    today = NOON.date()
    row = replace(row_of(API, NOON), exploited=True, due=today - 4 * DAY, is_overdue=True)
    words = Read(page(overview_of([row], NOON), "x")).words
    assert "1 exploited 1 overdue 0 due within 7 days" in words
    assert "2026-11-20 overdue" in words
    assert "2026-11-20 4 days ago overdue api :1 a" in words


@pytest.mark.parametrize(
    ("entries", "headline", "calm"),
    [
        pytest.param([ENDING], "None of 1 image is stopped", True, id="calm"),
        pytest.param([ENDING, LOST], "None of 2 images is stopped", False, id="not evaluated"),
        pytest.param([], "The ledger has no entry", False, id="empty"),
    ],
)
def test_only_what_is_really_evaluated_looks_calm(
    entries: list[Entry], headline: str, *, calm: bool
) -> None:
    text = page(state(*entries), "x")
    assert (headline in text, '<h1 class="calm">' in text) == (True, calm)


def test_what_makes_a_page_large_is_bounded_and_the_search_knows_all() -> None:
    many = {
        FindingKey("p", "vulnerabilities", "package", f"CVE-{n}+lib"): Severity.LOW
        for n in range(1_200)
    }
    text = page(state(replace(API, stopping=AnnouncedFindings(many, 1_300))), "x")
    assert "The first 1,000 are listed; the search above knows all of them." in text
    assert len(re.findall(r'\["CVE-\d+"', text)) == 1_200
    assert "1,297 more" in text


# --- what others wrote

FOREIGN = st.text(max_size=60) | st.sampled_from(
    ["</script><script>x", '"><svg onload=x>', "<!--", "]]>", "{{ 7 * 7 }}", "&lt;", "\u202e", "\0"]
)


def with_texts(texts: list[str]) -> str:
    team, policy, what, rule, step, reason, where = (f"x{text}" for text in texts)
    known = {
        FindingKey("p", "vulnerabilities", "package", f"CVE-{what}+{what}"): Severity.HIGH,
        FindingKey("r", rule, rule, what): None,
    }
    hostile = replace(
        API,
        team=team,
        policy_id=policy,
        stopping=AnnouncedFindings(known, 5),
        failing=Failing(NOON, step, reason, FailureCause.OTHER),
    )
    return page(overview_of([row_of(hostile, NOON)], NOON, [where]), where)


HARMLESS = Read(with_texts([""] * 7))


@settings(max_examples=50)
@given(st.lists(FOREIGN, min_size=7, max_size=7))
def test_a_text_of_others_stays_a_text(texts: list[str]) -> None:
    read = Read(with_texts(texts))
    assert read.elements == HARMLESS.elements
    assert [value for name, value in read.values if name == "href"] == [
        value for name, value in HARMLESS.values if name == "href"
    ]
    assert one_line(f"x{texts[0]}", 100) in read.texts


def test_only_the_page_s_own_code_may_run_and_nothing_is_loaded() -> None:
    text = page(state(API), "x")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashes = [b64encode(sha256(it.encode()).digest()).decode() for it in (style, script)]
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )
    values = [it for it in Read(text).values if it[0] in ("src", "href", "style", "srcset")]
    assert [value for _, value in values if not value.startswith("#")] == ["data:,"]
    assert "url(" not in style
    assert "innerHTML" not in script


# --- the command


def report(*arguments: str) -> Done:
    with ledger_of([API, WEB]):
        return run("report", *arguments, variables={**CALLER, "LEDGER_TABLE": "ledger"})


def test_a_page_is_written_whatever_is_on_it(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    done = report("-o", str(file))
    assert (done.status, done.out) == (0, "")
    assert done.err == f"{file}: {file.stat().st_size / 1000:,.0f} kB\n"
    assert "<h1>2 of 2 images are stopped</h1>" in file.read_text()


def test_a_page_goes_to_standard_output_when_that_is_asked_for() -> None:
    done = report("-o", "-")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    done = report("-o", str(tmp_path / "gone" / "report.html"))
    assert done.status == 4
    assert "report.html cannot be written: No such file or directory" in done.err
