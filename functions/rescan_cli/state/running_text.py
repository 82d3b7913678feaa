"""What runs, for a person and for programs."""

from collections.abc import Iterator
from typing import Any

from msgspec import json
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rescan.notice.times import age, rfc3339
from rescan.notice.where import running_shape
from rescan.notice.wording import counted
from rescan_cli.state.overview_text import running_text
from rescan_cli.state.running import RunningNow, RunningRow
from rescan_cli.terminal import STYLES, plain, table


def running_table(now: RunningNow) -> Iterator[RenderableType]:
    """How many run, and each of them; nothing where that is not known."""
    if now.doubt is not None:
        yield plain(f"What runs is not known: {now.doubt}", 600, STYLES["warn"])
    else:
        yield _headline(now)
    if now.rows:
        yield Text()
        yield _rows(now)


def _headline(now: RunningNow) -> Text:
    facts = [f"{now.unknown:,} without a verdict", f"{now.stopped:,} stopped"]
    facts += [f"{counted(len(now.stale), 'context')} not seen lately"] if now.stale else []
    said = f"{counted(len(now.rows), 'image')} in {counted(now.contexts, 'context')}"
    style = "warn" if now.unknown else "stop" if now.stopped else "go"
    return Text.assemble((said, STYLES[style]), f": {', '.join(facts)}")


def _rows(now: RunningNow) -> Table:
    shown = table("VERDICT", "AGE", "RUNS IN", "IMAGE")
    for one in now.rows:
        shown.add_row(
            _verdict(one), _age(one, now), running_text(one.running), plain(one.name, 800)
        )
    return shown


def _verdict(one: RunningRow) -> Text:
    verdict = one.row.verdict if one.row else None
    return Text(verdict.upper(), STYLES.get(verdict, "")) if verdict else Text("unknown", "bold")


def _age(one: RunningRow, now: RunningNow) -> Text:
    evaluated_at = one.row.evaluated_at if one.row else None
    return Text(age(evaluated_at, now.at) if evaluated_at else "-")


def running_json(now: RunningNow) -> str:
    """The same: null for what is not known."""
    value = {
        "at": rfc3339(now.at),
        "known": now.doubt is None,
        "doubt": now.doubt,
        "contexts": now.contexts,
        "stale": now.stale,
        "images": [_image(one) for one in now.rows],
    }
    return json.format(json.encode(value), indent=2).decode()


def _image(one: RunningRow) -> dict[str, Any]:
    row = one.row
    evaluated_at = row.evaluated_at if row else None
    return {
        "name": one.name,
        "image": str(row.tag) if row else None,
        "digest": row.digest if row else None,
        "team": row.team if row else None,
        "verdict": row.verdict if row else None,
        "evaluated_at": rfc3339(evaluated_at) if evaluated_at else None,
        "running": running_shape(one.running),
    }
