"""An invocation for a person: requests, answer, mails."""

import json
import re
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rescan.kernel.safe_text import printable
from rescan_cli.replay.har import Recording
from rescan_cli.replay.invocation import Invocation, Mail
from rescan_cli.replay.router import SeenRequest
from rescan_cli.terminal import STYLES, plain

# A mail reader's width; the notice itself has no line longer than 72 but long image names.
WIDTH = 80
_LONGEST = 1000
_REST_OF_DIGEST = re.compile(r"(?<=sha256:[0-9a-f]{12})[0-9a-f]{52}")


def title(event: str, recording: Recording) -> Text:
    """Which event on which recording, and the sources of that."""
    named = Text.assemble("\n", (printable(event), "bold"), " on the recording ")
    named.append(printable(recording.name), "bold").append("\n")
    return named.append(f"{printable(recording.comment)}\n", "dim")


def shown(invocation: Invocation, tag: str) -> list[RenderableType]:
    """One below the other; `tag` is of a direct invocation, whose answer does not repeat it."""
    parts: list[RenderableType] = [heading("What Anchore was asked")]
    parts.append(_requests(invocation.requests))
    parts += [heading("What the function answered"), _answer(invocation, tag)]
    nothing = Text("No notice was published: nothing is new.", "dim")
    return [*parts, *(map(_mail, invocation.mails) if invocation.mails else [nothing])]


def heading(words: str) -> Rule:
    """What stands above a part."""
    return Rule(Text(words, "bold"), align="left", style="dim")


def _requests(requests: tuple[SeenRequest, ...]) -> Table | Text:
    """A line for each request, parameters dim below it; digests are cut, names and tags are not."""
    if not requests:
        return Text("Anchore was asked nothing.\n", "dim")
    table = Table.grid(padding=(0, 1))
    for request in requests:
        status = Text(str(request.status), "green" if request.status == 200 else "red")
        path = _REST_OF_DIGEST.sub("…", request.path)
        table.add_row(status, plain(f"{request.method} {path}", _LONGEST))
        table.add_row("", plain(" ".join(f"{n}={v}" for n, v in request.query), _LONGEST, "dim"))
    table.add_row()
    return table


def _answer(invocation: Invocation, tag: str) -> Text:
    answer, error = invocation.answer, invocation.error
    if answer is None:
        failure = f"The invocation failed.\n{type(error).__name__}: {printable(str(error))}\n"
        return Text(failure, "red")
    if "batchItemFailures" in answer:
        return Text(f"{json.dumps(answer)}\n")
    if reason := answer.get("ignored"):
        return Text(f"The event was ignored: {printable(reason)}.\n")
    results = answer.get("results", [answer] if "outcome" in answer else [])
    if not results:  # what a schedule is answered
        return Text(
            "".join(f"{name}: {printable(json.dumps(it))}\n" for name, it in answer.items())
        )
    return Text("\n").join(_result(result, tag) for result in results)


def _result(result: dict[str, Any], tag: str) -> Text:
    outcome = str(result["outcome"])
    text = Text.assemble((outcome.upper(), STYLES.get(outcome, "bold")), "\n")
    text.append(f"{printable(result.get('tag', tag))}\n{result['imageDigest'] or 'no image'}\n")
    for each in result.get("platforms", ()):
        text.append(printable(f"{each['platform']}: {each['outcome']}, {each['digest']}\n"))
    text.append(f"{printable(result['reason'])}\n{_counted(result)}")
    return text.append(f"notification: {result['notification']}\n")


def _counted(result: dict[str, Any]) -> str:
    match result["vulnerabilities"]:
        case dict() as counts:
            listed = ", ".join(f"{number} {severity}" for severity, number in counts.items())
            return f"vulnerabilities: {listed or 'none'}\n"
        case list() as rows:
            return f"vulnerabilities: {len(rows)} of {result['vulnerabilitiesTotal']} in full\n"
        case _:
            return ""


def _mail(mail: Mail) -> Panel:
    head = Text.assemble(("From:    ", "bold"), "AWS Notifications\n", ("Subject: ", "bold"))
    head.append(f"{printable(mail.subject)}\n")
    routed = {name: value for name, value in mail.attributes.items() if name != "result"}
    attributes = "\n".join(f"{name} = {printable(value)}" for name, value in routed.items())
    foot = Text(f"Attributes that subscriptions filter on:\n{attributes}", "dim")
    return Panel(Group(head, Text(printable(mail.body)), foot), title="The e-mail", width=WIDTH)
