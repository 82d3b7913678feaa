"""The outermost layer: whatever happens inside, the exit status is one of those in docs/cli.md.

Only the standard library is imported here: an import that fails inside ends with a 5, where
Python's own 1 would read as STOP.
"""

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

_UNEXPECTED = 5
_INTERRUPTED = 130
_READER_GONE = 141
_TRACE = "ANCHORE_RESCAN_TRACE"


def main() -> int:
    """Run the command line of this process; the exit status (docs/cli.md)."""
    try:
        _replace_unencodable()
        from rescan_cli.command_line import run  # noqa: PLC0415 - see above

        status = int(run(sys.argv[1:]))
        _flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _discard_unwritten()
        return _READER_GONE
    except BaseException as error:  # noqa: BLE001 - SystemExit too: libraries exit with 1
        _report(error)
        _discard_unwritten()
        return _UNEXPECTED
    return status


def _replace_unencodable() -> None:
    """A character that the terminal cannot show must not cost the verdict."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _flush() -> None:
    """Flush here, where an error still gets a status: at the interpreter's exit it would be 120."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _discard_unwritten() -> None:
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: BaseException) -> None:
    """Name only the kind and the place: the text of an unknown error may quote a password."""
    with suppress(OSError, ValueError, AttributeError):
        if os.environ.get(_TRACE):
            traceback.print_exception(error)
        elif isinstance(error, ModuleNotFoundError):
            extra = "replay" if sys.argv[1:2] in (["replay"], ["serve"]) else "cli"
            sys.stderr.write(
                f"anchore-rescan: the package {error.name} is missing. Expected the extra {extra},"
                " installed from the wheel's file. Example: pipx install --force"
                f" './anchore_rescan-VERSION-py3-none-any.whl[{extra}]'\n"
            )
        else:
            sys.stderr.write(
                f"anchore-rescan: unexpected {type(error).__name__} at {_place(error)}. There is"
                f" no verdict. {_TRACE}=1 shows all of it, which may quote credentials.\n"
            )


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


if __name__ == "__main__":
    sys.exit(main())
