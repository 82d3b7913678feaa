"""How large the artifact is, unzipped and with its bytecode."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lab.bench.figures import Limited, Measured
from tests.lab.bench.packages import compiled_packages, megabytes
from tests.support.artifacts import host_artifact


def measure(runs: int) -> Measured:
    """The rows of the artifact's size; once, whatever the runs: it has no spread."""
    ours = megabytes(host_artifact())
    with TemporaryDirectory() as folder:
        floor = megabytes(compiled_packages(Path(folder)))
    return Measured(
        rows=(
            Limited(
                what="artifact with bytecode, above its packages as they are locked",
                limit_is=f"half a megabyte above their {floor:.1f} MB",
                ours=(ours - floor,),
                at_most=0.5,
                unit="MB",
            ),
            Limited(
                what="artifact with bytecode, pruned",
                limit_is="20 MB",
                ours=(ours,),
                at_most=20,
                unit="MB",
            ),
        )
    )
