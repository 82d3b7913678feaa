"""Plays the story, or one event: `python -m tests.lab.demo [--event FILE] [--recording NAME]`.

An outcome is no failure: the status is 0, or 4 when a file is wrong.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rescan_cli.replay.har import ReplayError
from rescan_cli.replay.shown import WIDTH
from rescan_cli.terminal import Screen
from tests.lab.demo.chapters import chapters
from tests.lab.demo.screen import chapter, closing, opening, played
from tests.lab.demo.single import play


def main(arguments: Sequence[str] | None = None) -> int:
    """Show it on standard output."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--event", default="")
    parser.add_argument("--recording", default="")
    given = parser.parse_args(arguments)
    screen = Screen(WIDTH)
    try:
        if given.event or given.recording:
            _single(screen, given.event, given.recording)
        else:
            _story(screen)
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, ReplayError) as error:
        sys.stderr.write(f"make demo: {error}\n")
        return 4
    return 0


def _story(screen: Screen) -> None:
    screen.show(*opening())
    for number, told in enumerate(chapters(), start=1):
        screen.show(*chapter(number, told))
    screen.show(closing())


def _single(screen: Screen, event: str, recording: str) -> None:
    told = play(Path(event) if event else None, recording)
    screen.show(*played(told))


if __name__ == "__main__":
    sys.exit(main())
