"""An Anchore whose answers take their time, below a real session: paths in, JSON out."""

import re
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from msgspec import json
from requests.adapters import BaseAdapter

from rescan.kernel.image_tag import ImageTag
from tests.lab.simulation.findings import HARMLESS, Found
from tests.lab.simulation.scenario import OLD, Scenario
from tests.lab.simulation.turns import SimulatedTime

_IMAGE = re.compile(r"/v2/images/sha256:(?P<number>[0-9a-f]{64})/(?P<step>vuln|check)\b.*")


class SimulatedAnchore(BaseAdapter):
    """Counts what it is asked, and how many answers are on their way at the same time.

    `analyzed_at`: after how many seconds it has analyzed an image that was pushed.
    """

    def __init__(self, scenario: Scenario, time: SimulatedTime) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.peak = 0
        self.analyzed_at: dict[int, float] = {}
        self._in_flight = 0
        self._scenario = scenario
        self._time = time
        self._random = Random(scenario.seed)  # noqa: S311 - chance, no secret

    def session(self) -> requests.Session:
        """A session that asks this Anchore, whatever the host."""
        session = requests.Session()
        session.trust_env = False  # looking for proxies would take most of the time
        session.mount("https://", self)
        return session

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        url = urlsplit(request.url or "")
        step, answer = self._answer(str(url.path), parse_qs(str(url.query)))
        self.asked[step] += 1
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        self._time.sleep(self._seconds(step))
        self._in_flight -= 1
        response = requests.Response()
        response.status_code, response.request = 200, request
        response.raw = BytesIO(json.encode(answer))
        return response

    def close(self) -> None:
        """Nothing is open."""

    def _seconds(self, step: str) -> float:
        scenario = self._scenario
        seconds = {"vuln": scenario.scan_seconds, "check": scenario.check_seconds}
        mean = seconds.get(step, scenario.list_seconds)
        return mean * self._random.uniform(1 - scenario.jitter, 1 + scenario.jitter)

    def _answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[str, object]:
        match path.removeprefix("/v2/").split("/"):
            case ["summaries", "image-tags"]:
                return "page", self._page(int(query["page"][0]), int(query["limit"][0]))
            case ["system", "feeds"]:
                return "feeds", [self._feed()]
            case ["policies"]:
                return "policies", [{"policy_id": "policy", "active": True}]
            case ["inventories"]:
                return "inventory", {"items": self._inventory()}
            case ["images"]:
                return "list", {"items": self._records(query["full_tag"][0], "history" in query)}
        return self._of_image(path, query)

    def _of_image(self, path: str, query: Mapping[str, list[str]]) -> tuple[str, object]:
        found = _IMAGE.fullmatch(path)
        if found is None:
            raise NotImplementedError(f"{path}: teach it to tests/lab/simulation/anchore.py")
        number = int(found["number"], 16)
        stopping = self._scenario.found(number, self._time.passed())
        if found["step"] == "vuln":
            is_forced = query.get("force_refresh") == ["true"]
            rows = {"vulnerabilities": [each.row() for each in (*stopping, HARMLESS)]}
            return "vuln" if is_forced else "plain", rows
        return "check", _check(number, query["tag"][0], stopping)

    def _feed(self) -> dict[str, Any]:
        fed = self._scenario.fed(self._time.passed())
        return {"name": "vulnerabilities", "dataset_checksum": f"feed {fed}"}

    def _inventory(self) -> list[dict[str, Any]]:
        scenario, seen = self._scenario, self._time.now().isoformat()
        return [
            {
                "inventory_type": "kubernetes",
                "context": f"prod/{number % 50}",
                "image_tag": str(scenario.tag(number)),
                "image_digest": _digest(number + OLD * (number < scenario.old)),
                "last_seen": seen,
            }
            for number in range(scenario.running or 0)
        ]

    def _records(self, full_tag: str, with_history: bool) -> list[dict[str, Any]]:
        number = int(full_tag.rpartition("-")[2].partition(":")[0])
        newest = self._record(full_tag, number)
        return [newest, self._record(full_tag, number + OLD)] if with_history else [newest]

    def _record(self, full_tag: str, number: int) -> dict[str, Any]:
        analyzed_at = self.analyzed_at.get(number, self._scenario.analyzed_after_hours * 3600)
        return {
            "image_digest": _digest(number),
            "image_status": "active",
            "analysis_status": "analyzed" if self._time.passed() >= analyzed_at else "analyzing",
            "image_detail": [{"full_tag": full_tag}],
            **self._annotations(full_tag),
        }

    def _annotations(self, full_tag: str) -> dict[str, Any]:
        if self._scenario.teams == 1:
            return {}
        return {"annotations": {"team": self._scenario.team(ImageTag.parse(full_tag))}}

    def _page(self, number: int, limit: int) -> dict[str, Any]:
        total = self._scenario.images
        shown = range((number - 1) * limit, min(number * limit, total))
        return {"items": [self._row(image) for image in shown], "total_rows": total}

    def _row(self, image: int) -> dict[str, Any]:
        return {"full_tag": str(self._scenario.tag(image)), "image_digest": _digest(image)}


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"


def _check(number: int, full_tag: str, stopping: list[Found]) -> dict[str, Any]:
    evaluation: dict[str, Any] = {
        "final_action": "stop" if stopping else "go",
        "evaluation_problems": [],
        "image_mapped_to_rule": True,
        "details": {"findings": [each.finding() for each in stopping]},
    }
    return {
        "image_digest": _digest(number),
        "evaluated_tag": full_tag,
        "evaluations": [evaluation],
        "policy_id": "policy",
    }
