"""Golden notices: a file shows the mail as its reader sees it, then the attributes; another the
chat message, as Markdown.

The result is another file, indented; one of each event type stands among the documents, as the
example that goes with the schema. Those of thousands of findings are left to the size tests.
"""

from pathlib import Path

from msgspec import json

from rescan.outbox.notice import Notice, string_value
from tests.support.paths import ROOT

FOLDER = ROOT / "tests" / "golden"
EXAMPLES_FOLDER = ROOT / "docs" / "examples"
EXAMPLES = {
    "stop_exploited": EXAMPLES_FOLDER / "notice-stop.json",
    "reminder": EXAMPLES_FOLDER / "notice-reminder.json",
    "recovered_new_digest": EXAMPLES_FOLDER / "notice-recovered.json",
    "expiring_several": EXAMPLES_FOLDER / "notice-expiring.json",
    "ended": EXAMPLES_FOLDER / "notice-ended.json",
    "not_evaluated_while_stopped": EXAMPLES_FOLDER / "notice-not-evaluated.json",
    "summary_not_quiet": EXAMPLES_FOLDER / "notice-summary.json",
}
WITHOUT_RESULT = {"stop_storm", "recovered_many", "summary_many"}


def chat_files_of(case: str, notice: Notice) -> dict[Path, str]:
    """What the golden file of the case holds for this chat message: text first, data below."""
    message = json.decode(notice.body)
    content, metadata = message.pop("content"), message.pop("metadata")
    steps = "".join(f"- {step}\n" for step in content.pop("nextSteps"))
    text = f"{content.pop('title')}\n\n{content.pop('description')}\n\nNext steps\n{steps}\n"
    rest = json.format(json.encode(message | {"content": content, "metadata": metadata}), indent=2)
    return {FOLDER / f"{case}.md": f"{text}```json\n{rest.decode()}\n```\n"}


def files_of(case: str, notice: Notice) -> dict[Path, str]:
    """What the golden files of the case hold for this notice."""
    attributes = "".join(
        f"{name}: {string_value(value)}\n"
        for name, value in notice.attributes.items()
        if name != "result"
    )
    mail = f"Subject: {notice.subject}\n\n{notice.body}\n----- attributes\n{attributes}"
    files = {FOLDER / f"{case}.txt": mail}
    if case not in WITHOUT_RESULT:
        result = json.format(notice.result.encode(), indent=2).decode()
        files[EXAMPLES.get(case, FOLDER / f"{case}.json")] = result + "\n"
    return files
