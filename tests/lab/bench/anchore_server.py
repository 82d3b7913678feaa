"""Anchore with as many rows an image, as many active tags, and as many of them running as told;
every image is a GO."""

import json
import sys
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.lab.bench.canned_server import Canned, Reply, Request
from tests.recordings.enterprise_image import Image
from tests.recordings.facts import rows_of, sha256, told_since_2_13

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
_TEMPLATE = Image("payments/api", "2.4.1", rows=("CVE-2018-3164+openjdk-8",))
_ROW = told_since_2_13(rows_of("CVE-2013-2512+ftpd")[0])


def tag_of(number: int) -> str:
    """The full tag of the image with the number."""
    return f"{REGISTRY}/payments/api:1.0.{number}"


def rows_document(rows: int) -> bytes:
    """A JSON array of different rows, 840 bytes each, as servers of API 2.13 have them."""
    return json.dumps([_row(number) for number in range(rows)]).encode()


def _row(number: int) -> dict[str, Any]:
    name, version = f"package-{number % 700}", f"{number % 9}.2.1"
    return _ROW | {
        "vuln": f"CVE-2024-{number}",
        "severity": ("Low", "Medium", "Negligible")[number % 3],
        "url": f"https://nvd.nist.gov/vuln/detail/CVE-2024-{number}",
        "package": f"{name}-{version}",
        "package_name": name,
        "package_version": version,
        "package_path": f"/usr/lib/app/{number}/{name}-{version}.gemspec",
    }


class _Anchore(Canned):
    def __init__(self, rows: int, tags: int, seconds: float, running: int) -> None:
        self._seconds = seconds
        self._rows = rows_document(rows) + b"}"
        self._found = _text(_TEMPLATE.found())
        self._checked = _text(_TEMPLATE.checked())
        self._tags = tags
        self._inventory = json.dumps({"items": [_ran(n) for n in range(running)]}).encode()

    def reply(self, request: Request) -> Reply:
        """Any image that is asked for is there; its digest is that of its tag."""
        target = urlsplit(request.target)
        asked = {name: values[0] for name, values in parse_qs(target.query).items()}
        match target.path.removeprefix("/v2/").split("/"):
            case ["summaries", "image-tags"]:
                return Reply((self._page(int(asked["page"]), int(asked["limit"])),), self._seconds)
            case ["system", "feeds"] | ["policies"]:
                return Reply((b"[]",), self._seconds)
            case ["inventories"]:
                return Reply((self._inventory,), self._seconds)
            case ["images"]:
                tag = asked["full_tag"]
                return self._about(self._found, tag, sha256(tag))
            case ["images", digest, "vuln", _]:
                about = f'{{"image_digest": "{digest}", "vulnerabilities": '
                return Reply((about.encode(), self._rows), self._seconds)
            case ["images", digest, "check"]:
                return self._about(self._checked, asked["tag"], digest)
        raise ValueError(request.target)

    def _about(self, body: str, tag: str, digest: str) -> Reply:
        body = body.replace(_TEMPLATE.full_tag, tag).replace(_TEMPLATE.digest, digest)
        return Reply((body.encode(),), self._seconds)

    @cache  # noqa: B019 (one server, as long as its process)
    def _page(self, number: int, limit: int) -> bytes:
        numbers = range((number - 1) * limit, min(number * limit, self._tags))
        page = {"items": [_summary(n) for n in numbers], "total_rows": self._tags}
        return json.dumps(page).encode()


def _summary(number: int) -> dict[str, Any]:
    tag = tag_of(number)
    return _TEMPLATE.summary() | {"full_tag": tag, "image_digest": sha256(tag)}


def _ran(number: int) -> dict[str, Any]:
    """The image with the number runs in one of 50 namespaces."""
    tag = tag_of(number)
    return {
        "inventory_type": "kubernetes",
        "context": f"prod-eu/payments-{number % 50}",
        "image_tag": tag,
        "image_digest": sha256(tag),
        "last_seen": datetime.now(UTC).isoformat(),
    }


def _text(exchange: Any) -> str:
    text: str = exchange["response"]["content"]["text"]
    return text


if __name__ == "__main__":
    rows, tags, seconds, *running = sys.argv[1:]
    _Anchore(int(rows), int(tags), float(seconds), int(*running)).serve()
