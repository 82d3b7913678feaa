"""Takes out of the artifact what the function never reads; licences stay.

Most of it is botocore's descriptions of the services that nobody calls here. They cost time, too:
each client looks through the folders of all services, and reads their endpoints.
"""

import json
import shutil
from pathlib import Path

# Those of rescan/aws/clients.py: botocore can make a client of no other.
SERVICES = frozenset({"dynamodb", "secretsmanager", "sns", "sqs"})

# Resources, which nobody makes, and examples.
_FOLDERS = ("boto3/data", "boto3/examples")
# Type stubs, and what a browser shows of an API.
_SUFFIXES = frozenset({".pyi", ".js", ".css"})
# Of a *.dist-info: name, version, and the licence in its many spellings.
_KEPT_OF_INFO = ("METADATA", "licen[cs]e*", "LICEN[CS]E*", "NOTICE*", "AUTHORS*", "COPYING*")


def prune(folder: Path) -> None:
    """Leave of the installed packages what runs, and what their licences ask for."""
    for name in _FOLDERS:
        shutil.rmtree(folder / name)
    for tests in [it for it in folder.rglob("tests") if it.is_dir()]:
        shutil.rmtree(tests)
    for file in [it for it in folder.rglob("*") if it.suffix in _SUFFIXES]:
        file.unlink()
    for info in folder.glob("*.dist-info"):
        _prune_info(info)
    _prune_services(folder / "botocore" / "data")


def _prune_info(info: Path) -> None:
    kept = {path for pattern in _KEPT_OF_INFO for path in info.glob(pattern)}
    for path in set(info.iterdir()) - kept:
        _remove(path)


def _prune_services(data: Path) -> None:
    """What holds for all services stays as it is: partitions, retries, defaults."""
    for folder in [it for it in data.iterdir() if it.is_dir() and it.name not in SERVICES]:
        shutil.rmtree(folder)
    endpoints = data / "endpoints.json"
    described = json.loads(endpoints.read_text())
    for partition in described["partitions"]:
        services = partition["services"]
        partition["services"] = {it: services[it] for it in sorted(SERVICES & services.keys())}
    endpoints.write_text(json.dumps(described, indent=1))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
