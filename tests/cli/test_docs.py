"""docs/cli.md: its examples print what it says, and its tables are complete."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

import pytest
from msgspec import json
from msgspec.structs import replace

from rescan.doctor.check import Checked, State, in_turn
from rescan.doctor.route import Route, route_checks
from rescan.gate.model import Outcome, Severity
from rescan.kernel.deadline import Deadline
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.announced_findings import AnnouncedFindings
from rescan.ledger.entry import Entry
from rescan.ledger.failing import Failing
from rescan_cli.command_line import commands
from rescan_cli.exit_status import ExitStatus
from tests.recordings import FOLDER
from tests.support.aws_server import SESSION, loopback_aws
from tests.support.entries import FRESH, key, stopped
from tests.support.ledger_table import fill, make_stack
from tests.support.network import DROPPED, make_up
from tests.support.paths import ROOT
from tests.support.replayed_image import DIGEST, TAG, replayed
from tests.support.run_command import environment, run
from tests.support.scripted_server import ScriptedServer, respond
from tests.support.scripted_server import json as json_answer

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "cli.md").read_text()
EVIDENCE = (ROOT / "docs" / "evidence.md").read_text()
DAY = timedelta(days=1)
TABLE = "anchore-rescan-Ledger-1A2B3C"
RECORDING = str(FOLDER / "stop.har")
EXAMPLE = re.compile(r"^```console\n\$ (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
EXAMPLES = dict(EXAMPLE.findall(PAGE) + EXAMPLE.findall(EVIDENCE))


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with replayed("stop") as anchore, loopback_aws({"token": "none"}) as aws:
        dynamodb, cloudformation = (
            SESSION.client(name, endpoint_url=aws.url) for name in ("dynamodb", "cloudformation")
        )
        make_stack(cloudformation, "anchore-rescan", TABLE)
        fill(dynamodb, TABLE, ledger())
        known = {"AWS_REGION": "eu-central-1", "STACK": "anchore-rescan"}
        yield {**anchore, **aws.environment(), **known}


def ledger() -> list[Entry]:
    """Four images: two are stopped, one is not evaluated."""
    now = datetime.now(UTC)
    known = {
        replace(key("CVE-2019-19603"), what="CVE-2019-19603+sqlite3"): Severity.CRITICAL,
        replace(key("CVE-2018-15686"), what="CVE-2018-15686+libsystemd0"): Severity.HIGH,
    }
    api = replace(
        stopped(at=now - 9 * DAY),
        digest=Digest(DIGEST),
        stopping=AnnouncedFindings(known, 2),
        team="payments",
    )
    web = replace(stopped(("CVE-1", Severity.HIGH), at=now - 30 * DAY), team="search")
    failing = Failing(now - 7 * DAY, "regate", "HTTP 503", FailureCause.DOWN)
    go = replace(FRESH, verdict=Outcome.GO)
    tags = (TAG, "reg.io/search/web:1.0", "reg.io/search/api:1.0", "reg.io/search/job:1.0")
    entries = (api, web, go, replace(go, failing=failing))
    return [
        replace(entry, subject=f"own|{tag}|active", tag=ImageTag.parse(tag), result_at=now)
        for entry, tag in zip(entries, tags, strict=True)
    ]


def printed(command: str, folder: Path, **variables: str) -> str:
    """What the command prints in this folder: in a shell when it asks for one. A replay has an AWS
    of its own in its process."""
    known = {"TAG": TAG, "RECORDING": RECORDING, **variables}
    if "replay" in command or "|" in command:
        return in_a_shell(command, folder, known)
    program, *arguments = (Template(word).substitute(known) for word in shlex.split(command))
    assert program == "anchore-rescan"
    with chdir(folder):
        return run(*arguments, variables=known).out


def in_a_shell(command: str, folder: Path, variables: dict[str, str]) -> str:
    if "| jq" in command and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    command = command.replace("anchore-rescan", '"$PYTHON" -m rescan_cli')
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment(PYTHON=sys.executable, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def assert_like(text: str, expected: str) -> None:
    """Three dots stand for anything, on a line of their own or within one."""
    pattern = re.escape(expected).replace(r"\.\.\.", r"(?s:.*)")
    assert re.fullmatch(pattern, text), text


@pytest.mark.parametrize("example", [it for it in EXAMPLES if not re.search("doctor|running", it)])
def test_an_example_prints_what_the_page_says(
    example: str, variables: dict[str, str], tmp_path: Path
) -> None:
    assert_like(printed(example, tmp_path, **variables), EXAMPLES[example])


def test_the_example_of_doctor_prints_what_the_page_says(
    variables: dict[str, str], tmp_path: Path
) -> None:
    with ScriptedServer(respond(500)) as anchore:
        said = {**variables, "ANCHORE_URL": anchore.url}
        told = printed("anchore-rescan doctor", tmp_path, **said)
    assert_like(told, EXAMPLES["anchore-rescan doctor"])


def test_the_example_of_what_runs_prints_what_the_page_says(
    variables: dict[str, str], tmp_path: Path
) -> None:
    example = 'anchore-rescan running --stack "$STACK"'
    rows = [
        {
            "inventory_type": "kubernetes",
            "context": context,
            "image_tag": TAG,
            "image_digest": digest,
            "last_seen": datetime.now(UTC).isoformat(),
        }
        for context, digest in (
            ("prod-us/payments", DIGEST),
            ("prod-eu/payments", DIGEST),
            ("prod-eu/payments", f"sha256:{'0' * 64}"),
        )
    ]
    with ScriptedServer(json_answer(json.encode({"items": rows}))) as anchore:
        told = printed(example, tmp_path, **{**variables, "ANCHORE_URL": anchore.url})
    assert_like(told, EXAMPLES[example])


def test_the_example_of_doctor_in_a_function_prints_what_the_page_says(tmp_path: Path) -> None:
    example, deadline = 'anchore-rescan doctor --function "$FUNCTION"', Deadline.after(60)
    with pytest.MonkeyPatch.context() as patch:
        make_up(patch, {"10.0.1.5": DROPPED})
        way = route_checks(Route.to("https://anchore.internal"), deadline)
        checks = [*in_turn(way, deadline), Checked("Queue", State.OK, "there")]
    with ScriptedServer(json_answer(json.encode({"checks": checks}))) as aws:
        known = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        known |= {"AWS_DEFAULT_REGION": "eu-central-1", "FUNCTION": "rescan"}
        known |= {"AWS_ENDPOINT_URL": aws.url.removesuffix("/v2")}
        told = printed(example, tmp_path, **known)
    assert_like(told, EXAMPLES[example])


def test_every_command_has_its_heading() -> None:
    headings = re.findall(r"^## ([a-z-]+)", PAGE, re.MULTILINE)
    assert [heading for heading in headings if heading in commands()] == list(commands())


def test_every_exit_status_is_explained() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE)
    said = {int(number) for row in rows for number in row.split(",")}
    assert said == {*map(int, ExitStatus), 141}
