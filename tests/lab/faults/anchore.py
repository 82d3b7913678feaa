"""A small Anchore Enterprise that holds a few images, and fails at one step as told."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

from werkzeug import Request, Response

from rescan.gate.model import Step
from tests.lab.faults.loopback import BreakingServer, answering, has_hung_up, play
from tests.recordings.enterprise_image import Image
from tests.support.scripted_server import Act

ANY, HISTORY = "", "history"
# In an image that passes: an empty list would look like a scan that failed.
_HARMLESS = ("CVE-2013-2512+ftpd",)
# What runs is seen there, since then.
_SINCE = "2026-11-19T08:00:00Z"
_PLACE = {"inventory_type": "kubernetes", "context": "prod-eu/shop", "created_at": _SINCE}
_POLICY = {"policy_id": "default", "active": True, "last_updated": "2026-11-01T00:00:00Z"}


class LoopbackAnchore(BreakingServer):
    """`gone_through` holds the full tag and the action of each evaluation that was answered, of
    several platforms once all were; of a tag that has moved on, only of the old image.

    `too_late` counts answers that no fault held back, and that the function did not wait for all
    the same; `crashes` how often the function was killed by now. `feeds` is their version, which a
    look at them sees.
    """

    def __init__(self, crashes: Callable[[], int]) -> None:
        self.too_late = 0
        self._crashes = crashes
        self.gone_through: list[tuple[str, str]] = []
        self.feeds = 1
        self._images: dict[str, list[Image]] = {}
        self._running: tuple[Image, ...] = ()
        self._unknown: dict[str, Image] = {}
        self._step: Step | None = None
        self._of = ANY
        self._evaluated: dict[str, str] = {}
        self._act: Act | None = None
        self._healed = Event()
        super().__init__(answering(self._answer))

    def close(self) -> None:
        """Heal what is broken, and end."""
        self.heal()
        super().close()

    def hold(
        self,
        images: Iterable[Image],
        running: Iterable[Image] = (),
        unknown: Iterable[Image] = (),
    ) -> None:
        """From now on it holds these images, and no others; of a tag the newest comes first.

        `running` are those that its inventory sees; it holds the `unknown` once they are submitted.
        """
        self._images, self._evaluated = {}, {}
        self._running = tuple(running)
        self._unknown = {image.digest: image for image in unknown}
        for image in images:
            self._images.setdefault(image.full_tag, []).append(image)

    def fault(self, step: Step, act: Act, of: str = ANY) -> None:
        """From now on the step is answered by the act; `of`: this platform or HISTORY."""
        self._healed = Event()
        self._step, self._act, self._of = step, act, of

    def heal(self) -> None:
        """End the fault, and whatever waits in it."""
        self._step = self._act = None
        self._healed.set()

    def _answer(self, request: Request) -> Response:
        crashes = self._crashes()
        step, answer = self._route(request)
        if self._act is not None and step is self._step and self._concerns(request):
            play(self._act, request, self._healed)
        answered = answer(request)
        if has_hung_up(request) and self._crashes() == crashes:
            self.too_late += 1
        return answered

    def _concerns(self, request: Request) -> bool:
        if self._of == HISTORY:
            return "history" in request.args
        return self._of == ANY or self._by_digest(request).arch == self._of

    def _route(self, request: Request) -> tuple[Step, Callable[[Request], Response]]:
        match request.path.removeprefix("/v2/").split("/"):
            case ["summaries", "image-tags"]:
                return Step.LIST_TAGS, self._list_tags
            case ["system", "feeds"]:
                return Step.LIST_FEEDS, self._list_feeds
            case ["policies"]:
                return Step.LIST_POLICIES, lambda request: _json([_POLICY])
            case ["images"] if request.method == "POST":
                return Step.ADD_IMAGE, self._add
            case ["images"]:
                return Step.FIND_ACTIVE_IMAGE, self._find
            case ["images", _, "vuln", _]:
                return Step.REFRESH_VULNERABILITIES, self._refresh
            case ["inventories"]:
                return Step.LIST_INVENTORIES, self._list_inventories
        return Step.REGATE, self._check

    def _list_tags(self, request: Request) -> Response:
        summaries = [images[0].summary() for images in self._images.values()]
        return _json({"items": summaries, "total_rows": len(summaries)})

    def _list_feeds(self, request: Request) -> Response:
        return _json([{"name": "vulnerabilities", "dataset_checksum": str(self.feeds)}])

    def _list_inventories(self, request: Request) -> Response:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [
            {"image_tag": image.full_tag, "image_digest": image.parent_digest, "last_seen": now}
            for image in self._running
        ]
        return _json({"items": [_PLACE | row for row in rows]})

    def _add(self, request: Request) -> Response:
        """Refuses what is not dated as it was first seen: dated now, it would take the tag."""
        source = request.get_json(force=True)["source"]["digest"]
        if source.get("creation_timestamp_override") != _SINCE:
            return _json({"httpcode": 400, "message": "not dated"}, 400)
        if image := self._unknown.pop(source["pull_string"].partition("@")[2], None):
            self._images[source["tag"]].append(image)
        return _json({"items": []})

    def _find(self, request: Request) -> Response:
        images = self._images.get(request.args["full_tag"])
        if not images:
            return _json({"httpcode": 404, "message": "image data not found in DB"}, 404)
        newest, *others = images
        is_history = "history" in request.args
        return _content(newest.history(*others) if is_history else newest.found())

    def _refresh(self, request: Request) -> Response:
        image = self._by_digest(request)
        return _content(replace(image, rows=image.rows or _HARMLESS).refreshed())

    def _check(self, request: Request) -> Response:
        image = self._by_digest(request)
        checked = image.checked()
        action = "stop" if '"final_action": "stop"' in _text(checked) else "go"
        self._evaluated[image.digest] = action
        images = self._images[image.full_tag]
        oldest = [one for one in images if one.parent_digest == images[-1].parent_digest]
        each = [self._evaluated.get(one.digest) for one in oldest]
        if image in oldest and None not in each:
            self.gone_through.append((image.full_tag, "stop" if "stop" in each else "go"))
        return _content(checked)

    def _by_digest(self, request: Request) -> Image:
        digest = request.path.split("/")[3]
        every = (image for images in self._images.values() for image in images)
        return next(image for image in every if image.digest == digest)


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _text(exchange: Any) -> str:
    text: str = exchange["response"]["content"]["text"]
    return text


def _content(exchange: Any) -> Response:
    return Response(_text(exchange), content_type="application/json")
