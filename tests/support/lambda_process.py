"""The function as Lambda runs it: the built artifact in a process of its own, by awslambdaric."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

from tests.support.runtime_api import RuntimeApi

RIC_PACKAGES = ("awslambdaric", "simplejson", "snapshot_restore_py")


def copy_runtime_client(folder: Path) -> Path:
    """The runtime client alone, away from the packages of the tests: the artifact must do."""
    for name in RIC_PACKAGES:
        for file in distribution(name).files or ():
            if ".." not in file.parts:
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target)
    return folder


@contextmanager
def lambda_process(
    artifact: Path,
    runtime_client: Path,
    environment: Mapping[str, str],
    log: IO[bytes],
    handler: str = "rescan.app.handler",
) -> Iterator[RuntimeApi]:
    """A running function; what it prints goes to `log`."""
    with RuntimeApi() as api:
        process = subprocess.Popen(
            # No site-packages: what the artifact lacks must not come from the tests.
            [sys.executable, "-S", "-m", "awslambdaric", handler],
            env={**process_environment(artifact, runtime_client, api.address), **environment},
            cwd=artifact,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield api
        finally:
            process.kill()
            process.wait()


def process_environment(artifact: Path, runtime_client: Path, address: str) -> dict[str, str]:
    """What Lambda's runtime sets, for a function that asks the Runtime API at the address."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{artifact}{os.pathsep}{runtime_client}",
        "LAMBDA_TASK_ROOT": str(artifact),
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "rescan",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "POWERTOOLS_SERVICE_NAME": "anchore-rescan",
    }
