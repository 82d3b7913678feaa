"""The recordings, one HAR 1.2 file a situation; README.md beside this says what each rests on."""

from pathlib import Path

from rescan_cli.replay.har import Recording, read_recording

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of all recordings, in order."""
    return sorted(file.stem for file in FOLDER.glob("*.har"))


def recording(name: str) -> Recording:
    """The recording of that name, such as `stop`."""
    return read_recording(FOLDER / f"{name}.har")
