"""Writes the recordings: `python -m tests.recordings.build`; a test holds them against this."""

from tests.recordings import FOLDER
from tests.recordings.har_file import har
from tests.recordings.situations import SITUATIONS


def files() -> dict[str, str]:
    """The text of each recording, by its name."""
    return {name: har(s.comment, s.exchanges) for name, s in SITUATIONS.items()}


def main() -> None:
    """Write every recording anew, and remove those of no situation."""
    for stale in FOLDER.glob("*.har"):
        stale.unlink()
    for name, text in files().items():
        (FOLDER / f"{name}.har").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
