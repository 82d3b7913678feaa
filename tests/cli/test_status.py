"""What is stopped now, read from the ledger; and all that is remembered of one image."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rescan.aws.ledger_items import item_of
from rescan.aws.ledger_table import LedgerTable
from rescan.gate.data_version import DataVersion
from rescan.gate.evaluation import FindingKey
from rescan.gate.model import Outcome, Severity
from rescan.kernel.errors import LedgerUnavailable
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.announced_findings import AnnouncedFindings, Reported
from rescan.ledger.entry import Entry, Refresh, UnknownPush, subject_of
from rescan.ledger.failing import Failing
from rescan.notice.summary import Coverage
from rescan.notice.times import rfc3339
from rescan.outbox.items import OutboxItem
from rescan.work.ports import SweepRecord
from rescan_cli.state.watch import watched
from tests.support.entries import FRESH, OLD, key, stopped
from tests.support.ledger_table import CALLER, REGION, cloudformation, fill, ledger_of, make_stack
from tests.support.outbox_items import OUTBOX_ITEM
from tests.support.paths import ROOT
from tests.support.privileges.calls import Call, recorded_calls
from tests.support.run_command import Done, run
from tests.support.scripted_server import ScriptedServer, refused_port, respond

NOW = datetime.now(UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FAILING = Failing(NOW - 7 * DAY, "regate", "HTTP 500", FailureCause.DOWN)


def entry(name: str, like: Entry = FRESH, policy: str | None = None, **changes: Any) -> Entry:
    """An entry that was tried a moment ago."""
    tag = ImageTag.parse(f"reg.io/{name}")
    said = {"evaluated_at": NOW, "result_at": NOW, "version": 1, **changes}
    return replace(like, subject=subject_of(None, tag, policy), tag=tag, policy_id=policy, **said)


API = entry(
    "pay/api:2",
    stopped(("CVE-1", Severity.CRITICAL), ("CVE-2", None), at=NOW - 9 * DAY),
    team="pay",
)
WEB = entry("web:1", stopped(("CVE-2", Severity.HIGH), at=NOW - 30 * DAY), team="web")
GO = entry("go:1", verdict=Outcome.GO, team="pay")
LOST = entry("lost:1", verdict=Outcome.GO, failing=FAILING, team="web")


def status(
    *arguments: str,
    entries: Iterable[Entry] = (API, WEB, GO, LOST),
    notices: Iterable[OutboxItem] = (),
    **more: str,
) -> Done:
    with ledger_of(entries, notices):
        return run("status", *arguments, variables={**CALLER, "LEDGER_TABLE": "ledger", **more})


def state(*arguments: str, **options: Any) -> Any:
    return json.loads(status(*arguments, "-o", "json", **options).out)


# --- the overview


def test_the_data_of_the_last_sweep_are_told_with_what_they_led_to() -> None:
    began, received = NOW - HOUR, NOW - 2 * HOUR
    data, before = DataVersion("f", received_at=received), Coverage(NOW - DAY, 1, 1, 1, 0)
    noticed = NOW - HOUR / 2
    swept = replace(GO, sweep=began, evaluated_at=began + HOUR / 4)
    with ledger_of([swept]) as client:
        table = LedgerTable(client, "ledger")
        table.record_sweep(SweepRecord(began, 1, before, data=data))
        table.note_notice(began, noticed)
        shown, told = (
            run("status", *options, variables={**CALLER, "LEDGER_TABLE": "ledger"})
            for options in ((), ("-o", "json"))
        )
    assert (
        "vulnerability data received 2 h ago, the last verdict after 75 min, the last notice"
        " after 90 min"
    ) in " ".join(shown.out.split())
    lags = {"verdict_lag_seconds": 4_500, "notice_lag_seconds": 5_400}
    assert json.loads(told.out)["data"] == {"received_at": rfc3339(received), **lags}


def test_the_feeds_of_a_verdict_are_shown_with_the_image() -> None:
    refreshed = replace(GO, refresh=Refresh(Digest("sha256:" + "a" * 64), "f00d", NOW - HOUR))
    assert "1 h ago, on feeds f00d" in status("reg.io/go:1", entries=[refreshed]).out


def test_what_is_stopped_comes_worst_first_with_its_numbers() -> None:
    done = status()
    assert (done.status, done.err) == (1, "")
    assert done.out.splitlines() == [
        "2 images are stopped: 1 critical, 1 high",
        "ledger in eu-central-1: 4 images, last result <1 h ago",
        "",
        "SINCE  SEVERITY  FINDINGS  TEAM  IMAGE",
        "9 d    CRITICAL  2         pay   reg.io/pay/api:2",
        "30 d   HIGH      1         web   reg.io/web:1",
        "",
        "Not evaluated: 1 image",
        "SINCE  STEP    TEAM  IMAGE          WHY",
        "7 d    regate  web   reg.io/lost:1  HTTP 500",
    ]


def exploited_since(day: date) -> Entry:
    """Reported nine days ago, and exploited since that day."""
    like = stopped(("CVE-1", Severity.HIGH), at=NOW - 9 * DAY)
    known = {key("CVE-1"): Reported((NOW - 9 * DAY).date(), True, day)}
    return entry("pay/api:2", replace(like, stopping=replace(like.stopping, reported=known)))


def test_what_is_exploited_and_overdue_is_told_by_the_terms() -> None:
    every = (exploited_since((NOW - 4 * DAY).date()), WEB)
    terms = "exploited=3,high=60"
    first, second = state("--due-days", terms, entries=every)["stopped"]
    assert (first["exploited"], first["due"]) == (True, str((NOW - DAY).date()))
    assert (second["exploited"], second["due"]) == (None, str((NOW + 30 * DAY).date()))
    overdue = status("--overdue", entries=every, DUE_DAYS=terms)
    assert "reg.io/pay/api:2" in overdue.out
    assert "reg.io/web:1" not in overdue.out
    assert status("--exploited", entries=every).out.count("reg.io/") == 1


def test_terms_that_cannot_be_read_are_named() -> None:
    done = status("--due-days", "soon")
    assert done.status == 4
    assert "DUE_DAYS" in done.err


def test_json_says_what_is_not_known() -> None:
    told = state()
    assert told["counts"] == {
        "images": 4,
        "stopped": 2,
        "by_severity": {"critical": 1, "high": 1},
        "exploited": None,
        "overdue": None,
        "running": None,
        "unanswered": 0,
        "not_evaluated": 1,
        "unreadable": 0,
    }
    first = told["stopped"][0]
    unknown = {"exploited": None, "due": None}
    assert [first[name] for name in ("image", "team", "severity", "exploited", "due")] == [
        "reg.io/pay/api:2",
        "pay",
        "critical",
        None,
        None,
    ]
    assert first["findings"] == [
        {"name": "CVE-1", "package": "lib", "severity": "critical", **unknown},
        {"name": "CVE-2", "package": "lib", "severity": None, **unknown},
    ]
    assert [it["image"] for it in told["not_evaluated"]] == ["reg.io/lost:1"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([API, LOST], 1, id="stopped"),
        pytest.param([replace(API, failing=FAILING)], 1, id="stopped-and-failing"),
        pytest.param([GO, LOST], 2, id="not-evaluated"),
        pytest.param([GO, replace(LOST, result_at=NOW - 3 * DAY)], 0, id="no-longer-tried"),
        pytest.param([GO], 0, id="passed"),
        pytest.param([], 2, id="empty"),
    ],
)
def test_the_exit_status_is_like_that_of_run(entries: list[Entry], expected: int) -> None:
    assert status(entries=entries).status == expected


def test_a_tag_counts_once_by_the_policy_of_the_sweeps() -> None:
    """An entry of a policy that nobody gates by any more would stay stopped for ever."""
    old = entry("go:1", API, policy="old", sweep=NOW - 40 * DAY)
    done = status(entries=[old, replace(GO, sweep=NOW)])
    assert (done.status, done.out.splitlines()[0]) == (0, "No image is stopped")


def test_an_entry_that_cannot_be_read_is_named_and_is_no_pass() -> None:
    with ledger_of([GO]) as client:
        broken = item_of(API) | {"memory": {"B": b"later format"}}
        client.put_item(TableName="ledger", Item=broken)
        done = run("status", variables={**CALLER, "LEDGER_TABLE": "ledger"})
    assert done.status == 2
    assert f"The entry {API.subject} cannot be read" in done.err


def test_what_is_no_entry_is_left_out() -> None:
    with ledger_of([GO], [OUTBOX_ITEM]) as client:
        client.put_item(TableName="ledger", Item={"subject": {"S": "x"}, "sweep": {"S": "y"}})
        done = run("status", variables={**CALLER, "LEDGER_TABLE": "ledger"})
    assert (done.status, done.err) == (0, "")
    assert ": 1 image, " in done.out


@pytest.mark.slow
def test_a_ledger_of_many_pages_is_read_to_its_end() -> None:
    """moto answers a page of 1 MB, as DynamoDB does."""
    many = {
        FindingKey("p", "vulnerabilities", "package", f"CVE-{n}-{n * 7919 % 1_000_003:x}"): None
        for n in range(6_000)
    }
    large = replace(API, stopping=AnnouncedFindings(many, len(many)))
    entries = [entry(f"app:{n}", large) for n in range(30)]
    with ledger_of(entries) as client:
        assert "LastEvaluatedKey" in client.scan(TableName="ledger")
        done = run("status", "-o", "json", variables={**CALLER, "LEDGER_TABLE": "ledger"})
    assert len(json.loads(done.out)["stopped"]) == 30


# --- filters


def test_a_team_sees_its_own() -> None:
    told = state("--team", "web")
    assert [it["image"] for it in told["stopped"]] == ["reg.io/web:1"]
    assert [it["image"] for it in told["not_evaluated"]] == ["reg.io/lost:1"]
    assert status("--team", "pay", entries=[GO, WEB]).status == 0


def test_a_team_that_no_entry_names_is_not_found() -> None:
    done = status("--team", "wbe")
    assert (done.status, done.out) == (3, "")
    assert "No entry of the ledger names the team wbe. Near are: web." in done.err


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("--exploited", "which findings are exploited"),
        ("--overdue", "when findings are due"),
    ],
)
def test_what_no_entry_knows_is_said_and_is_no_pass(option: str, what: str) -> None:
    done = status(option)
    assert done.status == 2
    assert done.out.startswith("Of 2 stopped images it is not known\n")
    assert f"Of 2 stopped images the ledger does not know {what}" in done.err
    calm = status(option, "--team", "pay", entries=[GO])
    finding = f"an {option.removeprefix('--')} finding"
    assert calm.status == 0
    assert calm.out.startswith(f"No image of pay with {finding} is stopped\n")


def test_filters_do_not_fit_one_image() -> None:
    assert status("reg.io/web:1", "--overdue").status == 4


# --- one image


FULL = replace(
    API,
    failing=FAILING,
    unknown_push=UnknownPush(NOW - DAY),
    held_until=NOW + DAY,
    policy_id=None,
)


def test_everything_is_remembered_of_one_image() -> None:
    waits = replace(OUTBOX_ITEM, envelope=replace(OUTBOX_ITEM.envelope, subject=FULL.subject))
    done = status("reg.io/pay/api:2", entries=[FULL, WEB], notices=[waits])
    said = dict(line.split("  ", 1) for line in done.out.splitlines() if "  " in line)
    assert (done.status, done.err) == (1, "")
    assert said["STOP"] == "reg.io/pay/api:2"
    assert {name: text.strip() for name, text in said.items() if name in ("Digest", "Team")} == {
        "Digest": OLD,
        "Team": "pay",
    }
    assert said["Stopped"].endswith(", 9 d ago")
    assert said["Not evaluated"].strip() == "for 7 d, at regate: HTTP 500"
    assert said["Unknown push"].strip() == "of the tag, given up 24 h ago"
    assert "its first item here ends" in said["Allowlist"]
    assert said["In the outbox"].strip().startswith("STOP for stops, for ")
    assert said["CRITICAL"].split() == ["CVE-1", "lib"]


def test_json_has_every_entry_of_an_image_the_one_that_counts_first() -> None:
    old = entry("web:1", GO, policy="p-old", sweep=NOW - 40 * DAY)
    new = replace(WEB, sweep=NOW)
    told = state("reg.io/web:1", entries=[old, new])
    assert [(it["policy_id"], it["verdict"], it["outbox"]) for it in told["entries"]] == [
        (None, "stop", []),
        ("p-old", "go", []),
    ]


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        pytest.param(API, 1, id="stop"),
        pytest.param(replace(API, failing=FAILING), 1, id="stop-and-failing"),
        pytest.param(GO, 0, id="go"),
        pytest.param(replace(GO, verdict=Outcome.WARN), 0, id="warn"),
        pytest.param(LOST, 2, id="failing"),
        pytest.param(replace(GO, verdict=None), 2, id="no-verdict"),
    ],
)
def test_the_exit_status_of_an_image_is_that_of_its_verdict(like: Entry, expected: int) -> None:
    assert status(str(like.tag), entries=[like]).status == expected


@pytest.mark.parametrize(
    "typo", ["reg.io/pay/api:3", "reg.io/pya/api:2", "docker.io/pay/api:2", "pay/api:2"]
)
def test_a_tag_with_a_typo_is_answered_with_the_nearest(typo: str) -> None:
    done = status(typo)
    assert (done.status, done.out) == (3, "")
    assert f"{ImageTag.parse(typo)} is not in the ledger ledger in eu-central-1" in done.err
    assert "which knows 4 other tags. Near are:\n  reg.io/pay/api:2\n" in done.err


def test_a_tag_like_no_other_is_only_not_found() -> None:
    done = status("quay.io/unlike/everything:9")
    assert done.status == 3
    assert done.err.endswith("which knows 4 other tags.\n")


# --- which ledger, and whose credentials


def test_a_stack_names_its_table() -> None:
    with ledger_of([]):
        make_stack(cloudformation(), "rescan", "of-the-stack")
        done = run("status", "--stack", "rescan", variables=CALLER)
    assert "of-the-stack in eu-central-1" in done.out


def test_a_stack_names_the_terms_by_which_findings_are_due() -> None:
    with ledger_of([]) as client:
        make_stack(cloudformation(), "rescan", "of-the-stack", due_days="high=60")
        fill(client, "of-the-stack", [WEB])
        done = run("status", "--stack", "rescan", "-o", "json", variables=CALLER)
    [image] = json.loads(done.out)["stopped"]
    assert image["due"] == str((NOW + 30 * DAY).date())


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        pytest.param((), {}, "LEDGER_TABLE is not set. Expected", id="no ledger named"),
        pytest.param(
            ("--table", "a", "--stack", "b"), {}, "Expected one of them", id="two ledgers named"
        ),
        pytest.param(
            ("--table", "gone"), {}, "There is no table gone in eu-central-1", id="no such table"
        ),
        pytest.param(
            ("--stack", "gone"), {}, "There is no stack gone in eu-central-1", id="no such stack"
        ),
        pytest.param(
            ("--stack", "other"), {}, "The stack other has no output LedgerTable", id="not ours"
        ),
        pytest.param(
            ("--table", "ledger", "--region", "us-east-1"),
            {},
            "There is no table ledger in us-east-1",
            id="another region",
        ),
        pytest.param(
            ("--table", "ledger"),
            {"AWS_ACCESS_KEY_ID": ""},
            "There are no valid AWS credentials: NoCredentialsError",
            id="no credentials",
        ),
        pytest.param(
            ("--table", "ledger"),
            {"AWS_PROFILE": "ops"},
            "There are no valid AWS credentials: ProfileNotFound",
            id="no such profile",
        ),
        pytest.param(
            ("--table", "ledger"), {"AWS_REGION": ""}, "No region of AWS is set", id="no region"
        ),
    ],
)
def test_what_only_the_caller_can_mend_is_said(
    arguments: tuple[str, ...], more: dict[str, str], said: str
) -> None:
    with ledger_of([API]):
        make_stack(cloudformation(), "other", "another", output="SomethingElse")
        done = run("status", *arguments, variables={**CALLER, **more})
    assert (done.status, done.out) == (4, "")
    assert said in done.err


def refused(*arguments: str, code: str, message: str = "no") -> Done:
    """What is said when AWS answers with this code."""
    body = json.dumps({"__type": f"com.amazon#{code}", "message": message}).encode()
    with ScriptedServer(*[respond(400, body)] * 4) as aws:
        return run("status", *arguments, variables={**CALLER, "AWS_ENDPOINT_URL": aws.url})


@pytest.mark.parametrize(
    ("code", "expected", "said"),
    [
        ("AccessDeniedException", 4, "AWS does not let your credentials do dynamodb:Scan on t in"),
        ("ExpiredTokenException", 4, "There are no valid AWS credentials: ExpiredTokenException"),
        ("ResourceNotFoundException", 4, "There is no table t in eu-central-1"),
        ("ValidationException", 2, "dynamodb:Scan on t in eu-central-1 failed: AWS answered Valid"),
    ],
)
def test_a_refusal_of_aws_names_what_is_needed(code: str, expected: int, said: str) -> None:
    done = refused("--table", "t", code=code)
    assert (done.status, done.out) == (expected, "")
    assert said in done.err


def test_no_answer_of_aws_is_no_pass() -> None:
    with refused_port() as port:
        endpoint = f"http://127.0.0.1:{port}"
        done = run("status", "--table", "t", variables={**CALLER, "AWS_ENDPOINT_URL": endpoint})
    assert (done.status, done.out) == (2, "")
    assert (
        "AWS did not answer in eu-central-1: EndpointConnectionError. Check the region" in done.err
    )


def test_the_manual_s_policy_allows_what_is_called_and_no_more() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    (text,) = re.findall(r"^```json\n(\{.*?)```$", page, re.DOTALL | re.MULTILINE)
    for word, ours in {"REGION": REGION, "ACCOUNT": "123456789012"}.items():
        text = text.replace(word, ours)
    allowed = {
        Call(action, statement["Resource"])
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
    }
    with recorded_calls() as calls, ledger_of([]) as client:
        make_stack(cloudformation(), "STACK", "TABLE")
        waits = replace(OUTBOX_ITEM, envelope=replace(OUTBOX_ITEM.envelope, subject=API.subject))
        fill(client, "TABLE", [API], [waits])
        calls.clear()
        run("status", "--stack", "STACK", variables=CALLER)
        run("status", "reg.io/pay/api:2", "--stack", "STACK", variables=CALLER)
        run("report", "-o", "-", "--stack", "STACK", variables=CALLER)
    assert calls == allowed


# --- watching


def test_watching_ends_at_once_with_what_the_caller_must_mend() -> None:
    assert refused("--table", "t", "--watch", code="AccessDeniedException").status == 4


def test_watching_goes_on_after_a_failure_until_it_is_interrupted() -> None:
    """What the caller must mend is no LedgerUnavailable, and so ends it."""
    answers = iter(["first", None, "third"])
    shown: list[str] = []
    waits: list[float] = []

    def read() -> str:
        if (answer := next(answers, "")) is None:
            raise LedgerUnavailable("no answer")
        return answer

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watched(read, shown.append, 7, wait)
    assert (shown, waits) == (["first", "third"], [7, 7, 7])
