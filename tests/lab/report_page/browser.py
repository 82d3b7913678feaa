"""`make report-page`: the page of `report` in headless Chromium; pictures go to .build/report-page.

pytest collects this file only by its name: a browser takes its time, and not every machine has one.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest
from msgspec.structs import replace

from rescan.gate.model import Outcome, Severity
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.ledger.failing import Failing
from rescan_cli.report_page.render import page
from rescan_cli.state.overview import Overview, overview_of
from rescan_cli.state.row import StoppingFinding, row_of
from tests.lab.report_page.chromium import Chromium, ChromiumMissing, Page, chromium
from tests.lab.report_page.estate import NOW, overview
from tests.support.entries import FRESH
from tests.support.paths import ROOT

PICTURES = ROOT / ".build" / "report-page"
WHERE = "anchore-rescan-Ledger-1A2B3C in eu-central-1"
STOPPED = 137
SHOWN = '[...document.querySelectorAll("#rows tr:not(.folded)")]'
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '"><svg onload="window.hacked = 1">',
    "</script><script>window.hacked = 1</script>",
    "<!--<script>",
    "{{ 7 * 7 }}",
    "javascript:window.hacked=1",
    "&lt;b&gt;",
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    try:
        with chromium() as running:
            yield running
    except ChromiumMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def folder() -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


def written(file: Path, state: Overview) -> str:
    """The URL of the page of this state."""
    file.write_text(page(state, WHERE), encoding="utf-8")
    return f"file://{file}"


def opened(browser: Chromium, url: str, width: int = 1280, *, dark: bool = False) -> Page:
    tab = Page(browser, width, dark=dark)
    tab.open(url)
    return tab


@pytest.fixture(scope="module")
def url(folder: Path) -> str:
    return written(folder / "report.html", overview(STOPPED))


# --- how it looks


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize("state", ["report", "without-facts", "calm"])
def test_the_page_fits_complains_of_nothing_and_asks_for_nothing(
    browser: Chromium, folder: Path, state: str, width: int, *, dark: bool
) -> None:
    states = {
        "report": lambda: overview(37),
        "without-facts": lambda: overview(6, facts=False),
        "calm": lambda: overview(0),
    }
    address = written(folder / f"{state}.html", states[state]())
    tab = opened(browser, address, width, dark=dark)
    tab.picture(folder / f"{state}-{width}-{'dark' if dark else 'light'}.png")
    assert tab.complaints == []
    assert tab.requests == [address]
    assert tab.run("document.documentElement.scrollWidth") == width


def test_print_has_every_image(browser: Chromium, folder: Path, url: str) -> None:
    tab = opened(browser, url)
    tab.print(folder / "report.pdf")
    tab.emulate(printed=True)
    hidden = '[...document.querySelectorAll("#rows tr")].filter(it => !it.offsetHeight).length'
    assert tab.run(hidden) == 0
    assert tab.run('document.getElementById("controls").offsetHeight') == 0


def test_without_scripts_everything_is_there(browser: Chromium, url: str) -> None:
    tab = Page(browser, 1280)
    tab.without_scripts()
    tab.open(url)
    hidden = '[...document.querySelectorAll("tr")].filter(it => !it.offsetHeight).length'
    assert tab.run(hidden) == 0
    assert tab.run('document.getElementById("controls").hidden') is True


# --- what it does


def search(tab: Page, text: str) -> None:
    tab.run(
        f"""{{ const field = document.getElementById("search"); field.value = {text!r};
        field.dispatchEvent(new Event("input", {{ bubbles: true }})); }}"""
    )


def choose(tab: Page, field: str, value: str) -> None:
    tab.run(
        f"""{{ const field = document.getElementById({field!r}); field.value = {value!r};
        field.dispatchEvent(new Event("input", {{ bubbles: true }})); }}"""
    )


def names(tab: Page) -> list[str]:
    found: list[str] = tab.run(f'{SHOWN}.map(row => row.querySelector(".name").textContent)')
    return found


def test_of_many_images_the_first_are_shown_until_all_are_asked_for(
    browser: Chromium, url: str
) -> None:
    tab = opened(browser, url)
    assert tab.run(f"{SHOWN}.length") == 100
    tab.run('document.querySelector("#images button.all").click()')
    assert tab.run(f"{SHOWN}.length") == STOPPED


def test_a_search_finds_images_by_every_finding_not_only_the_shown_ones(
    browser: Chromium, url: str
) -> None:
    state = overview(STOPPED)
    row = next(row for row in state.stopped if len(row.findings) > 5)
    hidden = row.findings[-1]
    having = [it for it in state.stopped if hidden.name in {one.name for one in it.findings}]
    tab = opened(browser, url)
    search(tab, hidden.name.lower())
    assert sorted(names(tab)) == sorted(f"{it.tag.repository}:{it.tag.tag}" for it in having)
    assert tab.run('document.getElementById("count").textContent') == f"{len(having)} of {STOPPED}"


def test_words_of_a_search_must_all_fit_and_nothing_says_so(browser: Chromium, url: str) -> None:
    team = overview(STOPPED).stopped[0].team
    tab = opened(browser, url)
    search(tab, f"{team} no-such-thing")
    assert names(tab) == []
    assert tab.run('document.getElementById("nothing").hidden') is False
    tab.run('document.getElementById("reset").click()')
    assert len(names(tab)) == 100


@pytest.mark.parametrize("order", ["age", "name", "findings", "due", "team"])
def test_images_are_sorted(browser: Chromium, url: str, order: str) -> None:
    rows = overview(STOPPED).stopped
    keys = {
        "age": lambda it: it.since.date(),
        "name": lambda it: f"{it.tag.repository}:{it.tag.tag}",
        "findings": lambda it: -it.total,
        "due": lambda it: it.due.isoformat() if it.due else "9999",
        "team": lambda it: it.team,
    }
    expected = [f"{it.tag.repository}:{it.tag.tag}" for it in sorted(rows, key=keys[order])]
    tab = opened(browser, url)
    choose(tab, "sort", order)
    assert names(tab) == expected[:100]


def test_a_team_and_a_finding_lead_to_their_images(browser: Chromium, url: str) -> None:
    state = overview(STOPPED)
    tab = opened(browser, url)
    tab.run('document.querySelector("#teams button.name").click()')
    team = tab.run('document.getElementById("team").value')
    assert len(names(tab)) == len([it for it in state.stopped if it.team == team])
    tab.run('document.querySelector("#findings button.name").click()')
    assert tab.run('document.getElementById("team").value') == ""
    assert len(names(tab)) > 0


def test_all_findings_of_an_image_are_shown_on_request(browser: Chromium, url: str) -> None:
    state = overview(STOPPED)
    place = next(n for n, row in enumerate(state.stopped) if len(row.findings) > 3)
    tab = opened(browser, url)
    cell = f'document.querySelectorAll("#rows .findings")[{place}]'
    tab.run(f'{cell}.querySelector("button").click()')
    shown = tab.run(f'[...{cell}.querySelectorAll("li")].map(it => it.textContent)')
    assert shown == [
        f"{it.name} {it.package}" if it.package else it.name for it in state.stopped[place].findings
    ]
    assert tab.complaints == []


# --- what others wrote


def hostile() -> Overview:
    rows = []
    for number, text in enumerate(HOSTILE):
        entry = replace(
            FRESH,
            tag=ImageTag("reg.io", f"app-{number}", "1"),
            verdict=Outcome.STOP,
            team=text,
            policy_id=text,
            failing=Failing(NOW, text, text, FailureCause.OTHER),
            result_at=NOW,
            first_stop_at=NOW - timedelta(days=number),
        )
        findings = tuple(
            StoppingFinding(f"{it} {n}", it, Severity.HIGH) for n, it in enumerate(HOSTILE)
        )
        rows.append(replace(row_of(entry, NOW), findings=findings, total=len(findings)))
    return overview_of(rows, NOW, HOSTILE)


def test_hostile_names_stay_text(browser: Chromium, folder: Path) -> None:
    address = written(folder / "hostile.html", hostile())
    tab = opened(browser, address)
    tab.run('document.querySelectorAll("#rows .findings button").forEach(it => it.click())')
    search(tab, "<script>")
    tab.run('document.querySelectorAll("button.name").forEach(it => it.click())')
    search(tab, "")
    tab.picture(folder / "hostile.png")
    assert tab.run("window.hacked ?? null") is None
    assert tab.run('document.querySelectorAll("script").length') == 2
    assert tab.run('document.querySelectorAll("img, b b, [onload], [onerror]").length') == 0
    teams = tab.run('[...document.querySelectorAll("#teams th .name")].map(it => it.textContent)')
    assert sorted(teams) == sorted(HOSTILE)
    listed = tab.run(
        '[...document.querySelectorAll("#rows .findings li")].map(it => it.textContent)'
    )
    assert set(listed) == {f"{it} {n} {it}" for n, it in enumerate(HOSTILE)}
    assert tab.complaints == []
    assert tab.requests == [address]


def test_the_page_s_policy_lets_nothing_else_run_or_load(browser: Chromium, url: str) -> None:
    tab = opened(browser, url)
    blocked = tab.run(
        """new Promise((done) => {
          const seen = [];
          document.addEventListener("securitypolicyviolation", (it) => {
            seen.push(it.effectiveDirective);
            if (seen.length === 4) done(seen.sort());
          });
          const add = (name, values) =>
            document.body.append(Object.assign(document.createElement(name), values));
          add("script", { textContent: "window.hacked = 1" });
          add("style", { textContent: "body { display: none }" });
          add("img", { src: "https://example.com/x.png" });
          fetch("https://example.com/").catch(() => null);
        })"""
    )
    assert blocked == ["connect-src", "img-src", "script-src-elem", "style-src-elem"]
    assert tab.run("window.hacked ?? null") is None


# --- how large it may get


def test_ten_thousand_images_are_a_page_of_a_bounded_size(
    browser: Chromium, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = overview(10_000, findings=30)
    start = process_time()
    text = page(state, WHERE)
    seconds, megabytes = process_time() - start, len(text.encode()) / 1e6
    file = folder / "ten-thousand.html"
    file.write_text(text, encoding="utf-8")
    tab = opened(browser, f"file://{file}")
    loaded = tab.run("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000
    with capsys.disabled():
        print(  # noqa: T201
            f"\n10,000 stopped images with 30 findings each: {seconds:.1f} s of CPU (at most 3),"
            f" {megabytes:.1f} MB (at most 15), loaded by Chromium in {loaded:.1f} s."
        )
    assert seconds < 3
    assert megabytes <= 15
    assert tab.complaints == []
