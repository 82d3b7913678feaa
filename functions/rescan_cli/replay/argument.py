"""A recording as an argument of the command line."""

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from rescan_cli.replay.har import Recording, RecordingInvalid, read_recording


class _Recording(click.ParamType):
    name = "recording"

    def convert(self, value: Any, param: Any, ctx: Any) -> Recording:
        try:
            return read_recording(Path(value))
        except RecordingInvalid as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        """Files, which the shell knows."""
        return [CompletionItem(incomplete, type="file")]


RECORDING = _Recording()
