"""Anchore as a life has it: images that are analyzed late, tags that move, feeds and policies.

Below a session of `requests`: URLs in, bodies out. What it says is worked out from the state of the
moment; an answer that is not so is seen as unsound.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import requests
from msgspec.json import encode
from requests.structures import CaseInsensitiveDict

from tests.lab.lives.allowlist import Allowlist
from tests.lab.lives.calls import Invocation, Service
from tests.lab.lives.case import EMPTY
from tests.lab.lives.inventory import Inventory
from tests.lab.lives.plan import STOPPING, WARNING, Plan, Vulnerability
from tests.lab.lives.platforms import Records
from tests.lab.lives.trace import Asked, Findings, Inventoried, Ran, Truth

# A single scan fails for no longer: an image whose scans alone fail is taken for one without rows.
_SCANS_FAIL_SECONDS = 1500.0
# How many rows come or go between two pages of the list.
_MOVES = (0, 1, 1, 3)


class _Wrong(Exception):
    """The call does not end as it should; `kind` says how."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


ANCHORE = Service(
    "anchore",
    0.6,
    1,
    frozenset({"kill before", "kill after", "lost", "refused", "throttled", "slow", "wrong"}),
    _Wrong,
)


@dataclass
class Anchore:
    """`tags` are those that it knows, each on a digest; `analyzed_at` seconds, of a digest."""

    plan: Plan
    passed: Callable[[], float]
    see: Callable[[Any], None]
    start: datetime
    feed: int = 0
    policy: int = 0
    allowed: set[str] = field(default_factory=set)
    tags: dict[str, tuple[str, float]] = field(default_factory=dict)
    bore: dict[str, dict[str, float]] = field(default_factory=dict)
    analyzed_at: dict[str, float] = field(default_factory=dict)
    fed_at: float = 0.0
    edited_at: float = 0.0
    scans_fail_until: float = 0.0
    scans_failed_at: dict[str, float] = field(default_factory=dict)
    failed_scans: set[str] = field(default_factory=set)
    scanned: dict[str, int] = field(default_factory=dict)
    inventory: Inventory = field(init=False)
    records: Records = field(init=False)
    allowlist: Allowlist = field(init=False)
    # Of the rows that come and go those that are there.
    moved: set[str] = field(default_factory=set)
    _moves: Random = field(init=False)
    _told: dict[str, Truth] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inventory = Inventory(self.plan.contexts, self.plan.tags[0].name)
        self.records = Records(self.plan.indexes)
        self.allowlist = Allowlist(self.plan.items, self.allowed)
        self.moved = set(self.plan.pages.moving[::2]) if self.plan.pages else set()
        self._moves = Random(f"rows {self.plan.seed}")  # noqa: S311 - chance, no secret

    def moment(self, seconds: float) -> str:
        """As Anchore writes it, to the microsecond."""
        return _moment(self.start, seconds)

    # --- what is so

    def rows(self, digest: str, feed: int | None = None) -> list[Vulnerability]:
        """What is in the image, on these feeds (None: those of now)."""
        feed = self.feed if feed is None else feed
        return [
            row
            for row in self.plan.rows[digest]
            if row.since <= feed and (row.until is None or feed < row.until)
        ]

    def stopping(self, rows: list[Vulnerability], at: float | None = None) -> Findings:
        """Which of these stop an image under the policy, as of then (None: of now)."""
        at = self.passed() if at is None else at
        return tuple(
            sorted(
                (row.name, row.severity)
                for row in rows
                if row.severity in STOPPING and not self.allowlist.allows(row.name, at)
            )
        )

    def action(self, rows: list[Vulnerability], at: float | None = None) -> str:
        """What the policy comes to."""
        if self.stopping(rows, at):
            return "stop"
        return "warn" if any(row.severity in WARNING for row in rows) else "go"

    def is_analyzed(self, digest: str) -> bool:
        """Of an index: whether one of its platforms is."""
        if digest in self.records.indexes:
            return bool(self.records.analyzed(digest, self.passed()))
        if digest in self.records.index_of:
            return self.records.is_analyzed(digest, self.passed())
        return self.passed() >= self.analyzed_at.get(digest, 0.0)

    def tell(self) -> None:
        """What is so of each tag now, where it has changed."""
        for tag in self.plan.tags:
            digest, _ = self.tags.get(tag.name, (None, 0.0))
            self._tell_of(tag.name, digest)
            if self.plan.contexts:
                for old in tag.digests:
                    known = old in self.bore.get(tag.name, {})
                    self._tell_of(f"{tag.name}@{old}", old if known else None)

    def _tell_of(self, subject: str, digest: str | None) -> None:
        ready = digest is not None and self.is_analyzed(digest)
        rows = self._rows_of_image(digest) if digest and ready else []
        action = self.action(rows) if ready else None
        found = self.stopping(rows)
        truth = Truth(self.passed(), "anchore", subject, digest, action, found)
        before = self._told.get(subject)
        if before is None or (before.digest, before.action, before.findings) != (
            digest,
            action,
            found,
        ):
            self._told[subject] = truth
            self.see(truth)

    def _rows_of_image(self, digest: str) -> list[Vulnerability]:
        """Those of all its platforms that are analyzed, each once."""
        if digest not in self.records.indexes:
            return self.rows(digest)
        analyzed = self.records.analyzed(digest, self.passed())
        return list(dict.fromkeys(row for one in analyzed for row in self.rows(one.digest)))

    # --- what is answered

    def answer(self, path: str, query: dict[str, list[str]]) -> "_Answer":
        """The whole and true answer to a request."""
        match path.removeprefix("/v2/").split("/"):
            case ["images"] if "full_tag" in query:
                return self._images(query["full_tag"][0], history="history" in query)
            case ["images", digest, "vuln", _]:
                return self._vulnerabilities(digest, is_forced="force_refresh" in query)
            case ["images", digest, "check"]:
                return self._check(digest, query["tag"][0])
            case ["summaries", "image-tags"]:
                return self._page(int(query["page"][0]), int(query["limit"][0]))
            case ["system", "feeds"]:
                feed = {
                    "name": "vulnerabilities",
                    "dataset_checksum": f"feed {self.feed}",
                    "enterprise_received_at": self.moment(self.fed_at),
                }
                return _Answer("feeds", [feed])
            case ["policies"]:
                policy = {
                    "policy_id": "policy",
                    "active": True,
                    "last_updated": self.moment(self.edited_at),
                }
                return _Answer("policies", [policy])
            case ["inventories"]:
                return self._inventories()
        raise NotImplementedError(f"{path}: teach it to tests/lab/lives/anchore.py")

    def learn(self, tag: str, digest: str, analysis: float) -> list[float]:
        """The tag is on the digest from now on, whose analysis takes so many seconds.

        After how many seconds its platforms change, if it has several.
        """
        now = self.passed()
        before, _ = self.tags.get(tag, (digest, 0.0))
        if before != digest:
            self.records.leave(before, now)
        self.tags[tag] = (digest, now)
        self.bore[tag] = {**self.bore.get(tag, {}), digest: now}
        self.analyzed_at.setdefault(digest, now + analysis)
        for one in self.plan.indexes.get(digest, ()):
            self.analyzed_at.setdefault(one.digest, now + one.late + one.analysis)
        changes = self.records.learn(digest, now)
        self.tell()
        return changes

    def forget(self, tag: str) -> None:
        """It has no image of the tag any more."""
        self.tags.pop(tag, None)
        self.bore.pop(tag, None)
        self.tell()

    def _images(self, tag: str, *, history: bool) -> "_Answer":
        """With the records of other images that the filter left in, as some servers do."""
        digest, _ = self.tags.get(tag, (None, 0.0))
        if digest is None:
            return _Answer(
                "images", {"message": "image data not found in DB"}, 404, tag=tag, said="not found"
            )
        others = [name for name in self.tags if name != tag][:1]
        records = [self._records(name, *self.tags[name])[0] for name in others]
        borne = sorted(self.bore[tag].items(), key=_newest) if history else [self.tags[tag]]
        own = [record for each in borne for record in self._records(tag, *each)]
        records += own if history else own[:1]
        said = "analyzed" if self.is_analyzed(digest) else "analyzing"
        indexes = self.bore[tag] if history else ()
        return _Answer(
            "images",
            {"items": records},
            tag=tag,
            digest=digest,
            said=said,
            records=tuple(one for index in indexes for one in self._platforms(index)),
        )

    def _records(self, tag: str, digest: str, detected: float) -> list[Any]:
        """That of the image, or those of its platforms, the newest first."""
        if digest not in self.records.indexes:
            status = "analyzed" if self.is_analyzed(digest) else "analyzing"
            return [_record(digest, status, tag, self.moment(detected))]
        first = self.records.learned_at[digest]
        found = [
            _record(
                one.digest, status, tag, self.moment(first + one.late if one.late else detected)
            )
            | {"parent_digest": digest, "image_content": {"metadata": {"arch": one.architecture}}}
            for one, status in self.records.listed(digest, self.passed())
        ]
        return sorted(found, key=_detected, reverse=True)

    def _platforms(self, digest: str) -> tuple[tuple[str, str], ...]:
        if digest not in self.records.indexes:
            return ()
        listed = self.records.listed(digest, self.passed())
        return tuple((one.digest, status) for one, status in listed)

    def _vulnerabilities(self, digest: str, *, is_forced: bool) -> "_Answer":
        if not self._is_kept(digest):
            return self._not_there("vuln", digest)
        if is_forced:
            self.failed_scans.discard(digest)
            self.allowlist.make_anew(digest)
        if self.passed() < self.scans_fail_until:  # without its database it has no report either
            self.scanned.pop(digest, None)
            return self._of_a_failed_scan(digest)
        if self._fails_at_first(digest):
            return self._of_a_failed_scan(digest)
        rows = [] if digest in self.failed_scans else self.rows(digest)
        if rows:
            self.scanned[digest] = self.feed
        body = {
            "image_digest": digest,
            "vulnerabilities": [_row(row) for row in rows],
        }
        is_sound = digest not in self.failed_scans
        return _Answer("vuln", body, digest=digest, said=f"{len(rows)} rows", sound=is_sound)

    def _fails_at_first(self, digest: str) -> bool:
        since = self.passed() - self.analyzed_at.get(digest, 0.0)
        return digest in self.plan.unscanned and since <= _SCANS_FAIL_SECONDS

    def _of_a_failed_scan(self, digest: str) -> "_Answer":
        """An empty list, which is true of an image without any row."""
        self.failed_scans.add(digest)
        self.scans_failed_at.setdefault(digest, self.analyzed_at.get(digest, 0.0))
        body = {"image_digest": digest, "vulnerabilities": []}
        return _Answer("vuln", body, digest=digest, said=EMPTY, sound=not self.rows(digest))

    def _is_kept(self, digest: str) -> bool:
        return self._is_known(digest) and self.is_analyzed(digest)

    def _is_known(self, digest: str) -> bool:
        """What a tag has moved on from is asked for only where it is known to run."""
        digest = self.records.index_of.get(digest, digest)
        if self.plan.contexts:
            return any(digest in borne for borne in self.bore.values())
        return any(digest == kept for kept, _ in self.tags.values())

    def _inventories(self) -> "_Answer":
        how = self.inventory.how_withheld(self.passed())
        if how == "refused":
            text = {"message": "listRuntimeInventories is not granted"}
            return _Answer("inventories", text, 403, said=how, sound=False)
        rows = self.inventory.rows(self.passed()) if not how else ()
        items = [self._seen_running(row) for row in rows]
        return _Answer("inventories", {"items": items}, said=f"{len(rows)} rows", rows=rows)

    def _seen_running(self, row: Ran) -> Any:
        return {
            "inventory_type": "kubernetes" if "/" in row.context else "ecs",
            "context": row.context,
            "image_tag": row.tag,
            "image_digest": row.digest,
            "created_at": self.moment(row.first_seen),
            "last_seen": self.moment(row.last_seen),
        }

    def _not_there(self, step: str, digest: str, tag: str | None = None) -> "_Answer":
        known = self._is_known(digest)
        text = "image is not analyzed - analysis_status: analyzing" if known else "no such image"
        return _Answer(
            step, {"message": text}, 404, tag=tag, digest=digest, said="not there", sound=False
        )

    def _check(self, digest: str, tag: str) -> "_Answer":
        if not self._is_kept(digest):
            return self._not_there("check", digest, tag)
        failed = digest in self.failed_scans
        rows = self._evaluated(digest) if failed else self.rows(digest)
        state = self.feed, self.policy, failed
        at = self.allowlist.evaluated_at(digest, self.passed(), state)
        action, found = self.action(rows, at), self.stopping(rows, at)
        stops = [row.name for row in rows if row.severity in STOPPING]
        moment = self.moment(self.passed())
        evaluation = {
            "final_action": action,
            "evaluation_time": moment,
            "evaluation_problems": [],
            "image_mapped_to_rule": True,
            "details": {
                "findings": [
                    self._finding(row, at) for row in rows if row.severity in STOPPING | WARNING
                ],
                "policy": {"name": "the policy", "version": self.policy}
                | self.allowlist.described(self.moment),
            },
            **self.allowlist.mapping,
        }
        body = {
            "image_digest": digest,
            "evaluated_tag": tag,
            "policy_id": "policy",
            "evaluations": [evaluation],
        }
        return _Answer(
            "check",
            body,
            tag=tag,
            digest=digest,
            said=action,
            findings=found,
            moment=moment,
            sound=not failed or bool(found),
            held=tuple(sorted(self.allowlist.held(stops, self.passed()))),
        )

    def _evaluated(self, digest: str) -> list[Vulnerability]:
        """After a scan that failed: the report before stands in, or there is none."""
        feed = self.scanned.get(digest)
        return [] if feed is None else self.rows(digest, feed)

    def _finding(self, row: Vulnerability, at: float) -> Any:
        return {
            "gate": "vulnerabilities",
            "trigger": "package",
            "trigger_id": f"{row.name}+{row.package}",
            "message": f"{row.severity} vulnerability {row.name} in {row.package}",
            "action": "stop" if row.severity in STOPPING else "warn",
            "policy_id": "rules",
            "rule_id": "rule",
            "allowlisted": self.allowlist.allows(row.name, at),
            **self.allowlist.match(row.name, at),
        }

    def _page(self, number: int, limit: int) -> "_Answer":
        every, limit = self._listed(), limit if self.plan.pages else min(limit, 2)
        shown = every[(number - 1) * limit : number * limit]
        items = [
            {"full_tag": tag, "image_status": "active", **self._called(self.tags[tag][0])}
            if tag in self.tags
            else {"full_tag": tag, "image_status": "deleting"}
            for tag in shown
        ]
        return _Answer(
            "tags", {"items": items, "total_rows": len(every)}, said=f"{len(shown)} rows"
        )

    def _listed(self) -> list[str]:
        """The names of all rows, of which some may have come or gone since the last page."""
        if self.plan.pages is None:
            return sorted(self.tags)
        moving = self.plan.pages.moving
        for _ in range(self._moves.choice(_MOVES) if moving else 0):
            self.moved ^= {self._moves.choice(moving)}
        return sorted({*self.tags, *self.plan.pages.fixed, *self.moved})

    def _called(self, digest: str) -> dict[str, str]:
        if digest not in self.records.indexes:
            return {"image_digest": digest}
        newest, _ = self.records.listed(digest, self.passed())[0]
        return {"image_digest": newest.digest, "parent_digest": digest}


@dataclass
class _Answer:
    """`body` is what JSON is made of; a text stands for itself."""

    step: str
    body: Any
    status: int = 200
    tag: str | None = None
    digest: str | None = None
    said: str = ""
    findings: Findings = ()
    moment: str | None = None
    sound: bool = True
    rows: tuple[Ran, ...] = ()
    records: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, float], ...] = ()


@lru_cache(1000)
def _moment(start: datetime, seconds: float) -> str:
    return (start + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def _record(digest: str, status: str, tag: str, detected: str) -> Any:
    return {
        "image_digest": digest,
        "image_status": "active",
        "analysis_status": status,
        "image_detail": [{"full_tag": tag, "tag_detected_at": detected}],
    }


def _detected(record: Any) -> str:
    detected: str = record["image_detail"][0]["tag_detected_at"]
    return detected


def _newest(borne: tuple[str, float]) -> float:
    return -borne[1]


def _row(row: Vulnerability) -> Any:
    return {
        "vuln": row.name,
        "severity": row.severity,
        "package": f"{row.package}-1.0",
        "package_name": row.package,
        "package_version": "1.0",
        "fix": "None",
    }


# --- below a session


class AnchoreSession(requests.Session):
    """A session that asks this Anchore, in the name of the container's invocation."""

    def __init__(self, anchore: Anchore, invocation: Callable[[], Invocation]) -> None:
        """Without the adapters of real sockets, which were half of what a container took."""
        self.trust_env, self.stream, self.verify, self.cert = False, False, True, None
        self.proxies = {}
        self._anchore = anchore
        self._invocation = invocation

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Without cookies, hooks and netrc: there are none, and they took a third of a life."""
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        parameters: Any = request.params
        prepared.url = _url(str(request.url), tuple(parameters.items()))
        headers: Any = dict(request.headers)
        prepared.headers = headers
        auth: Any = request.auth
        return auth(prepared)  # type: ignore[no-any-return]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        invocation, anchore = self._invocation(), self._anchore
        path, query = _read_url(str(request.url))
        try:
            answer = invocation.make(
                ANCHORE, f"anchore {_name(path, query)}", lambda: anchore.answer(path, query)
            )
        except _Wrong as wrong:
            answer = _otherwise(wrong.kind, anchore, path, query, invocation.chance)
        anchore.see(_asked(answer, anchore.passed(), invocation.name))
        if answer.step == "inventories" and answer.sound:
            anchore.see(Inventoried(anchore.passed(), invocation.name, answer.rows))
        return _response(request, answer)


_NO_HEADERS: CaseInsensitiveDict[str] = CaseInsensitiveDict()


@lru_cache(1000)
def _url(url: str, parameters: tuple[tuple[str, Any], ...]) -> str:
    return f"{url}?{urlencode(parameters)}" if parameters else url


@lru_cache(1000)
def _read_url(url: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(url)
    return unquote(parts.path), parse_qs(parts.query)


def _name(path: str, query: dict[str, list[str]]) -> str:
    if "/vuln/" in path:
        return "forced vuln" if "force_refresh" in query else "vuln"
    return path.rpartition("/")[2]


def _asked(answer: _Answer, at: float, who: str) -> Asked:
    return Asked(
        at, who, answer.step, answer.tag, answer.digest, answer.said, answer.findings, answer.sound,
        answer.moment, answer.records, answer.held,
    )  # fmt: skip


class _Response(requests.Response):
    """Without the cookies and the rest that none of these answers has."""

    def __init__(self) -> None:
        self._content, self._content_consumed = False, False
        self.headers, self.encoding, self.reason, self.url = _NO_HEADERS, None, "", ""
        self.history = []


def _response(request: requests.PreparedRequest, answer: _Answer) -> requests.Response:
    response = _Response()
    response.status_code, response.request = answer.status, request
    body = answer.body.encode() if isinstance(answer.body, str) else encode(answer.body)
    response.raw = BytesIO(body)
    return response


def _otherwise(
    kind: str, anchore: Anchore, path: str, query: dict[str, list[str]], chance: Random
) -> _Answer:
    """An answer that must not count, or none at all."""
    true = anchore.answer(path, query)
    true.sound = False
    if kind == "lost":
        anchore.see(_asked(true, anchore.passed(), "nobody"))
        raise requests.ReadTimeout("no answer")
    if kind in ("refused", "away"):
        raise requests.ConnectionError("no connection")
    if kind == "throttled":
        return _failed(true, 429, "too many requests")
    wrong = chance.choice((*_WRONG["any"], *_WRONG.get(true.step, ())))
    return wrong(anchore, true, chance)


def _failed(true: _Answer, status: int, text: str) -> _Answer:
    true.status, true.body, true.said = status, {"message": text}, f"HTTP {status}"
    true.findings, true.moment = (), None
    return true


def _html(anchore: Anchore, true: _Answer, chance: Random) -> _Answer:
    true.body, true.said, true.findings, true.moment = "<html>portal</html>", "HTML", (), None
    return true


def _status(status: int) -> "_Wrongly":
    return lambda anchore, true, chance: _failed(true, status, "no")


def _cut(anchore: Anchore, true: _Answer, chance: Random) -> _Answer:
    true.body, true.said, true.findings = json.dumps(true.body)[:-7], "cut", ()
    true.moment = None
    return true


def _evaluation(changes: dict[str, Any], said: str) -> "_Wrongly":
    """An evaluation that says go, and something by which it must not count."""

    def wrong(anchore: Anchore, true: _Answer, chance: Random) -> _Answer:
        if true.status == 200:
            body = true.body
            evaluation = {**body["evaluations"][0], "final_action": "go"}
            of_body = {name: value for name, value in changes.items() if name in body}
            of_evaluation = {name: value for name, value in changes.items() if name not in body}
            true.body = {**body, "evaluations": [{**evaluation, **of_evaluation}], **of_body}
            true.said, true.findings = said, ()
        return true

    return wrong


def _scan_failed(anchore: Anchore, true: _Answer, chance: Random) -> _Answer:
    """Empty, which is true of an image without any row; the evaluation is then of nothing."""
    digest, now = true.digest or "", anchore.passed()
    if true.status != 200:
        return true
    began = anchore.scans_failed_at.setdefault(digest, now)
    if now - began > _SCANS_FAIL_SECONDS:
        return _failed(true, 500, "no")
    anchore.failed_scans.add(digest)
    if chance.random() < 0.7:  # without its database it has no report either
        anchore.scanned.pop(digest, None)
    true.sound = not true.body["vulnerabilities"]
    true.body, true.said = {"image_digest": digest, "vulnerabilities": []}, EMPTY
    return true


_Wrongly = Callable[[Anchore, _Answer, Random], _Answer]
_OTHER = "sha256:" + "f" * 64
_WRONG: dict[str, tuple[_Wrongly, ...]] = {
    "any": (_html, _status(500), _status(401), _status(403), _cut),
    "vuln": (_scan_failed, _scan_failed, _status(404)),
    "check": (
        _evaluation({"image_digest": _OTHER}, "of another digest"),
        _evaluation({"evaluated_tag": "registry.example.com/other/app:1"}, "of another tag"),
        _evaluation({"image_mapped_to_rule": False}, "not mapped"),
        _evaluation({"image_mapped_to_rule": None}, "not said to be mapped"),
        _evaluation(
            {"evaluation_problems": [{"severity": "error", "problem_type": "x", "details": "y"}]},
            "with a problem",
        ),
        _evaluation({"evaluation_problems": None}, "not said to be without problems"),
        _evaluation({"final_action": "maybe"}, "an unknown action"),
    ),
}
