"""A recorded Anchore that goes on living: its answers are recordings, written as the story goes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import httpx

from rescan.notice.times import rfc3339
from rescan_cli.replay.har import recording_in
from rescan_cli.replay.router import Replay, SeenRequest
from tests.recordings import refusals
from tests.recordings.enterprise_image import Image
from tests.recordings.har_file import Exchange, har
from tests.recordings.situations import after_a_stop, data, summaries


class LivingAnchore:
    """Its active images and the day of its feeds; `seen` are all requests so far.

    Each image has a recording of its own, made when it is first asked for: one of all images would
    be looked through for every request.
    """

    def __init__(self) -> None:
        self.feeds_of = "2026-11-20"
        self.is_away = False
        self.seen: list[SeenRequest] = []
        self._images: list[Image] = []
        self._named: dict[str, Image] = {}
        self._replays: dict[str, Replay] = {}

    def judge(self, images: Iterable[Image], at: datetime) -> None:
        """From now on these are active, and evaluations are of this moment."""
        self._images = [replace(image, evaluated_at=rfc3339(at)) for image in images]
        self._named = {name: one for one in self._images for name in (one.full_tag, one.digest)}
        self._replays.clear()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer; NotRecorded."""
        name = request.url.params.get("full_tag") or _digest_in(request.url.path)
        if name not in self._replays:
            recorded = har("", self._exchanges(name)).encode()
            self._replays[name] = Replay(recording_in(recorded, "the demo"))
        try:
            return self._replays[name].answer(request)
        finally:
            self.seen.append(self._replays[name].seen[-1])

    def _exchanges(self, name: str) -> list[Exchange]:
        if (image := self._named.get(name)) is not None:
            if self.is_away:
                return [refusals.server_error(image.list_query)]
            return after_a_stop(image)
        return [*data(self.feeds_of), summaries(1, self._images, len(self._images))]


def _digest_in(path: str) -> str:
    """The digest of the image that the path is about; empty when it is about none."""
    return next((part for part in path.split("/") if part.startswith("sha256:")), "")
