"""What happens in the story; each event goes on where the last one ended."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lab.demo.anchore import LivingAnchore
from tests.lab.demo.stage import Stage
from tests.recordings.enterprise_image import Image
from tests.recordings.situations import ORDERS, STOPPED
from tests.support.paths import ROOT

SHARED, EXPLOITED = "CVE-2018-15686", "CVE-2013-2512"
_SETTINGS = {
    "TEAMS": "payments/*=payments,shop/*=shop,orders/*=orders",
    "DUE_DAYS": "exploited=2,critical=7,high=14",
    "DAILY_SUMMARY": "7",
    "SWEEP_HOURS": "12",
    "ANCHORE_UI_LINK": "https://anchore.example.com/images?tag={registry}%2F{repository}%3A{tag}",
}
_BEGIN = datetime(2026, 11, 20, 9, 30, 19, tzinfo=UTC)
_SWEEPS = timedelta(hours=12)
_MINUTE = timedelta(minutes=1)
_PUSH: dict[str, Any] = json.loads((ROOT / "events" / "ecr-push.json").read_text())
_SWEEP = json.loads((ROOT / "events" / "schedule-rule.json").read_text())
_CHECK, _SUMMARIZE = {"check": "feeds"}, {"summarize": "ledger"}
_SHOP = """
accounts address basket billing bundles cart catalog checkout coupons currency delivery discounts
favorites feeds gifts images inventory invoices loyalty mail media offers orders pages parcels
pricing products profiles ratings refunds returns reviews search sessions stock tax wishlist
""".split()  # noqa: SIM905 - as many names as there are images
_API = replace(STOPPED, exploited=())
_WEB = replace(ORDERS, exploited=())


class Story:
    """39 images of three teams, from the first push on.

    Each event lets enough time pass for its messages, and returns the tags that it is about.
    """

    def __init__(self) -> None:
        self.anchore = LivingAnchore()
        self.stage = Stage(self.anchore.answer, _BEGIN, **_SETTINGS)
        shop = (replace(_WEB, repository=f"shop/{name}", tag="5.2.0") for name in _SHOP)
        self._images = {image.full_tag: image for image in (_API, _WEB, *shop)}
        self._judge_now()

    def a_push_stops(self) -> list[str]:
        """Of payments/api."""
        self.stage.deliver(_PUSH)
        return self._pass(2, _API)

    def goes_on_until(self, day: int, hour: int) -> list[str]:
        """Ten past that hour, so many days after the first; a sweep runs every twelve hours."""
        end = _BEGIN.replace(hour=hour, minute=10, second=0) + timedelta(days=day)
        while (sweep := self._next_sweep()) <= end:
            self.stage.pass_until(sweep)
            self._judge_now()
            self.stage.handle(_SWEEP)
        self.stage.pass_until(end)
        return [_API.full_tag]

    def feeds_bring_a_cve(self) -> list[str]:
        """It stops each image of the shop."""
        shop = [image for image in self._images.values() if image.repository.startswith("shop/")]
        rows = (f"{SHARED}+libsystemd0", *_WEB.rows)
        self._images |= {image.full_tag: replace(image, rows=rows) for image in shop}
        return self._feeds_move("2026-11-21", shop[0])

    def cisa_lists_a_finding(self) -> list[str]:
        """Of payments/api."""
        self._images[_API.full_tag] = replace(_API, exploited=(EXPLOITED,))
        return self._feeds_move("2026-11-22", _API)

    def a_fix_is_pushed(self) -> list[str]:
        """Under the tag of payments/api."""
        fixed = replace(_WEB, repository=_API.repository, tag=_API.tag)
        self._push_anew(fixed)
        return self._pass(2, fixed)

    def anchore_is_away(self) -> list[str]:
        """While orders/web is pushed, with a finding that is exploited."""
        self.anchore.is_away = True
        rows = (f"{EXPLOITED}+ftpd", *_WEB.rows)
        self._push_anew(replace(_WEB, rows=rows, exploited=(EXPLOITED,)))
        self._pass(40, _WEB)
        self.anchore.is_away = False
        self._judge_now()
        return self._pass(20, _WEB)

    def sums_up(self) -> list[str]:
        """No image by itself."""
        self.stage.handle(_SUMMARIZE)
        self._pass(2, _WEB)
        return []

    def _push_anew(self, image: Image) -> None:
        """Another build, and the event of ECR, as a message of the queue of pushes."""
        at = self.stage.now.isoformat()
        image = replace(image, build="2", detected_at=at)
        self._images[image.full_tag] = image
        self._judge_now()
        detail = _PUSH["detail"] | {
            "repository-name": image.repository,
            "image-tag": image.tag,
            "image-digest": image.digest,
        }
        self.stage.deliver(_PUSH | {"time": at, "detail": detail})

    def _feeds_move(self, day: str, about: Image) -> list[str]:
        self.anchore.feeds_of = day
        self._judge_now()
        self.stage.handle(_CHECK)
        return self._pass(3, about)

    def _judge_now(self) -> None:
        self.anchore.judge(self._images.values(), self.stage.now)

    def _pass(self, minutes: int, about: Image) -> list[str]:
        self.stage.pass_until(self.stage.now + minutes * _MINUTE)
        return [about.full_tag]

    def _next_sweep(self) -> datetime:
        midnight = self.stage.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + ((self.stage.now - midnight) // _SWEEPS + 1) * _SWEEPS
