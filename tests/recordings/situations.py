"""Which recordings there are: for each name, what it rests on and its exchanges in order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.recordings import arazzo_image as arazzo
from tests.recordings import refusals
from tests.recordings.enterprise_image import Image
from tests.recordings.facts import POLICY_ID, Json
from tests.recordings.har_file import Exchange, answered

_SPEC = "Shapes: Anchore's OpenAPI 2.13.0 and its developers' v2 mock."
_ROWS = "Rows: real v1 bodies, see rows.json."
_FINDINGS = (
    "Findings: the engine's default policy on those rows; words and trigger ids as the engine's"
    " gates build them."
)
_FULL = f"{_SPEC} {_ROWS} {_FINDINGS} The image is fictional."
_ENGINE_404 = "The body is that of a real 404 (v1, and Anchore's v2 mock)."
_UNAUTHORIZED = "The engine's 401: plain text, not JSON."
_DOCUMENT = "Shapes: the OpenAPI description that the Arazzo document means; no server speaks it."


@dataclass(frozen=True)
class Situation:
    """A recording to be written."""

    comment: str
    exchanges: list[Exchange]


_LOW = ("GHSA-h6q6-9hqw-rwfv+xmldom", "CVE-2019-5953+wget", "CVE-2011-3374+apt")
_FROM_BASE = (
    "CVE-2018-15686+libsystemd0",
    "CVE-2018-15686+libudev1",
    "CVE-2017-17458+mercurial",
    "CVE-2019-3842+libudev1",
    "CVE-2019-5953+wget",
    "CVE-2011-3374+apt",
)
STOPPED = Image(
    "payments/api",
    "2.4.1",
    rows=(
        "CVE-2013-2512+ftpd",
        *_FROM_BASE[:3],
        "CVE-2005-3906+jdk",
        "CVE-2019-3842+libudev1",
        "GHSA-mvr2-9pj6-7w5j+guava",
        *_LOW,
    ),
    base=_FROM_BASE,
    dockerfile=("port 22", "no healthcheck"),
)
WARNED = replace(STOPPED, rows=("GHSA-mvr2-9pj6-7w5j+guava", *_LOW), dockerfile=("no healthcheck",))
PASSED = replace(STOPPED, rows=_LOW, dockerfile=())
SUPERSEDING = replace(PASSED, build="2", detected_at="2026-11-20T09:41:03Z")
ORDERS = replace(PASSED, repository="orders/web", tag="1.9.0")
INDEXED = replace(STOPPED, of_index=True)
ARM = replace(INDEXED, arch="arm64", detected_at="2026-11-20T09:36:40Z")
AMD = replace(PASSED, of_index=True)
OLD_INDEX = replace(AMD, build="0", detected_at="2026-11-02T16:12:09Z")
# An image that runs although its tag has moved on to SUPERSEDING, and one that nobody has analyzed.
OLD = STOPPED
UNKNOWN = replace(STOPPED, repository="tools/debug", tag="0.4", build="unknown")
BATCH = replace(PASSED, repository="legacy/batch", tag="3.0")


def _judged(**verdict: object) -> Image:
    return replace(PASSED, verdict=verdict)


def _problem(severity: str, problem_type: str, details: str) -> list[Json]:
    return [{"severity": severity, "problem_type": problem_type, "details": details}]


_BROKEN_POLICY = _problem(
    "error",
    "ReferencedObjectNotFoundError",
    "Referenced object not found (reference_type=rule_set,"
    "reference_id=48e6f7d6-1765-11e8-b5f9-8b6f228548b6)",
)
_UNMAPPED = _problem(
    "warn",
    "NoMatchedMappingWarning",
    f"No mapping rule matched the given tag {PASSED.full_tag} for the bundle",
)
_PROBLEM_WORDS = "The problem's words are those of the engine's class of that name."
_DENYLIST_RULE = {
    "id": "b4f1c0de-1765-11e8-82ef-23527761d060",
    "name": "withdrawn release",
    "registry": "*",
    "repository": "payments/api",
    "image": {"type": "tag", "value": "2.4.1"},
}


def three_steps(image: Image) -> list[Exchange]:
    """What gating the image takes; of an index, it is asked for other platforms, too."""
    history = [image.history()] if image.of_index else []
    return [image.found(), *history, image.refreshed(), image.checked()]


def after_a_stop(image: Image) -> list[Exchange]:
    """The same, and the list as it stands, which is read where the verdict would end a STOP."""
    return [*three_steps(image), image.refreshed(forced=False)]


def _two_platforms() -> list[Exchange]:
    """The newest stops, the other one passes; an older index bore the tag before."""
    lists = [ARM.found(), ARM.history(AMD, OLD_INDEX)]
    return [*lists, *(step for each in (ARM, AMD) for step in (each.refreshed(), each.checked()))]


def summaries(page: int, images: list[Image], total: int) -> Exchange:
    """A page of the active tags."""
    query = {"image_status": "active", "limit": "500", "page": str(page)}
    body = {"items": [image.summary() for image in images], "total_rows": total}
    return answered("/summaries/image-tags", query, body)


_CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/legacy"
# What is seen, as the inventory names it, and where; the names are made up.
_SEEN: tuple[tuple[str, str, str, str | None, str], ...] = (
    ("kubernetes", "prod-eu/payments", STOPPED.full_tag, INDEXED.parent_digest, "2026-11-20T10:42"),
    ("kubernetes", "prod-us/payments", STOPPED.full_tag, INDEXED.parent_digest, "2026-11-20T10:41"),
    ("ecs", _CLUSTER, ORDERS.full_tag, None, "2026-11-12T02:00"),
    ("kubernetes", "prod-eu/payments", ORDERS.full_tag, None, "2026-11-18T07:00"),
)


# What runs under a tag that has moved on, what Anchore does not know, and a context that is stale.
_SEEN_OLD = (
    ("kubernetes", "prod-eu/payments", OLD.full_tag, OLD.digest, "2026-11-20T10:42"),
    ("kubernetes", "prod-eu/tools", UNKNOWN.full_tag, UNKNOWN.digest, "2026-11-20T10:40"),
    ("ecs", _CLUSTER, ORDERS.full_tag, ORDERS.digest, "2026-11-12T02:00"),
)


def _inventory(seen: Sequence[tuple[str, str, str, str | None, str]] = _SEEN) -> Exchange:
    """An image by its index, a tag without a digest in a stale context, and one that has ended."""
    items = [
        {
            "inventory_type": kind,
            "context": context,
            "image_tag": tag,
            "created_at": "2026-11-10T08:00:00Z",
            "last_updated": f"{last_seen}:03Z",
            "last_seen": f"{last_seen}:03Z",
        }
        | ({"image_digest": digest} if digest else {})
        for kind, context, tag, digest, last_seen in seen
    ]
    return answered("/inventories", {}, {"items": items})


def data(day: str = "2026-11-20") -> list[Exchange]:
    """The feeds of that day and the policies; names and checksums of the datasets are made up."""
    received = {
        "vulnerabilities": ("vulnerability_db", f"{day}T06:10:00Z"),
        "kev": ("kev_db", f"{day}T04:05:00Z"),
        "malware": ("clamav_db", f"{day}T08:00:00Z"),
    }
    feeds = [
        {
            "name": name,
            "dataset_name": dataset,
            "dataset_checksum": f"sha256:{name}-of-{day}",
            "enterprise_received_at": at,
            "groups": [],
        }
        for name, (dataset, at) in received.items()
    ]
    policy = {
        "policy_id": POLICY_ID,
        "name": "Default policy",
        "account_name": "platform",
        "policy_source": "local",
        "active": True,
        "last_updated": "2026-11-02T10:00:00Z",
    }
    return [answered("/system/feeds", {}, feeds), answered("/policies", {}, [policy])]


def _old_digests() -> list[Exchange]:
    """A sweep: the tag's newer image goes through, the old one stops, and one is not known."""
    history = SUPERSEDING.history(OLD)
    return [
        *data(),
        _inventory(_SEEN_OLD),
        summaries(1, [SUPERSEDING, ORDERS], 2),
        *three_steps(SUPERSEDING),
        *(history, OLD.refreshed(), OLD.checked()),
        *three_steps(ORDERS),
        refusals.not_in_database(UNKNOWN.list_query | {"history": "true"}),
    ]


def _swept() -> list[Exchange]:
    return [
        *three_steps(INDEXED),
        *three_steps(ORDERS),
        refusals.not_in_database(BATCH.list_query),
    ]


_LIST = STOPPED.list_query
_ARAZZO_LIST = arazzo.list_query(STOPPED)

SITUATIONS = {
    "stop": Situation(
        f"{_FULL} Also as asked with BASE_IMAGE on, and with the policy named.",
        [
            *three_steps(STOPPED),
            STOPPED.refreshed(base=True),
            STOPPED.checked(base=True),
            STOPPED.checked(policy_id=POLICY_ID),
        ],
    ),
    "warn": Situation(_FULL, three_steps(WARNED)),
    "go": Situation(_FULL, after_a_stop(PASSED)),
    "not_found_404": Situation(_ENGINE_404, [refusals.not_in_database(_LIST)]),
    "not_found_empty_list": Situation(
        f"{_SPEC} No server is known to answer an unknown tag so; the description allows it.",
        [answered("/images", _LIST, {"items": []})],
    ),
    "pending": Situation(_SPEC, [replace(STOPPED, analysis_status="analyzing").found()]),
    "superseded_push": Situation(
        f"{_FULL} The tag was detected on a newer image after the push of the one in stop.",
        after_a_stop(SUPERSEDING),
    ),
    "analysis_failed": Situation(
        _SPEC, [replace(STOPPED, analysis_status="analysis_failed").found()]
    ),
    "platforms": Situation(
        f"{_FULL} Which records share an index, and what is listed without history: the engine's"
        " parent_digest and its list.",
        _two_platforms(),
    ),
    "denylisted": Situation(
        f"{_FULL} Nothing but the denylist stops the image.",
        three_steps(
            _judged(
                final_action="stop",
                final_action_reason="denylisted",
                image_denylisted=True,
                matched_denylisted_images_rule=_DENYLIST_RULE,
            )
        ),
    ),
    "evaluation_problem": Situation(
        f"{_FULL} {_PROBLEM_WORDS} The engine stops what it cannot evaluate.",
        three_steps(_judged(final_action="stop", evaluation_problems=_BROKEN_POLICY)),
    ),
    "evaluation_problem_warn": Situation(
        f"{_FULL} {_PROBLEM_WORDS} The description allows a warn beside an error.",
        three_steps(_judged(final_action="warn", evaluation_problems=_BROKEN_POLICY)),
    ),
    "unmapped": Situation(
        f"{_FULL} {_PROBLEM_WORDS}",
        three_steps(
            _judged(
                final_action="go",
                image_mapped_to_rule=False,
                matched_mapping_rule=None,
                evaluation_problems=_UNMAPPED,
            )
        ),
    ),
    "unauthorized": Situation(_UNAUTHORIZED, [refusals.unauthorized(_LIST)]),
    "server_error": Situation(
        "The engine's v1 error body; its words are those of the engine's service discovery.",
        [refusals.server_error(_LIST)],
    ),
    "refresh_interrupted": Situation(
        f"{_FULL} The 504 is the page of an AWS load balancer, which gave up on the scan.",
        [
            STOPPED.found(),
            refusals.cut_by_the_load_balancer(STOPPED),
            STOPPED.refreshed(forced=False),
            STOPPED.checked(),
        ],
    ),
    "sweep": Situation(
        f"{_FULL} The description says that a page has at most `limit` rows, and no more.",
        [
            *data(),
            _inventory(),
            summaries(1, [INDEXED, ORDERS], 3),
            summaries(2, [BATCH], 3),
            *_swept(),
        ],
    ),
    "sweep_plain_list": Situation(
        f"{_FULL} The 404 of a missing operation is connexion's, on which v2 runs.",
        [
            refusals.operation_missing("/inventories", {}),
            refusals.no_summaries(),
            answered(
                "/images",
                {"image_status": "active"},
                {"items": [image.record() for image in (INDEXED, ORDERS, BATCH)]},
            ),
            *_swept(),
        ],
    ),
    "old_digest": Situation(
        f"{_FULL} What is listed with history: the engine's list. That no record is a 404 there,"
        " too, is inferred.",
        _old_digests(),
    ),
    "arazzo_stop": Situation(
        f"{_DOCUMENT} {_ROWS}",
        [arazzo.found(STOPPED), arazzo.refreshed(STOPPED), arazzo.checked(STOPPED, "stop")],
    ),
    "arazzo_warn": Situation(
        f"{_DOCUMENT} {_ROWS}",
        [arazzo.found(WARNED), arazzo.refreshed(WARNED), arazzo.checked(WARNED, "warn")],
    ),
    "arazzo_go": Situation(
        f"{_DOCUMENT} {_ROWS}",
        [arazzo.found(PASSED), arazzo.refreshed(PASSED), arazzo.checked(PASSED, "go")],
    ),
    "arazzo_not_found_404": Situation(
        f"{_DOCUMENT} {_ENGINE_404}",
        [refusals.not_in_database(_ARAZZO_LIST)],
    ),
    "arazzo_not_found_empty_list": Situation(_DOCUMENT, [answered("/images", _ARAZZO_LIST, [])]),
    "arazzo_pending": Situation(
        _DOCUMENT, [arazzo.found(replace(STOPPED, analysis_status="analyzing"))]
    ),
    "arazzo_analysis_failed": Situation(
        _DOCUMENT, [arazzo.found(replace(STOPPED, analysis_status="analysis_failed"))]
    ),
    "arazzo_unauthorized": Situation(
        f"{_DOCUMENT} {_UNAUTHORIZED}", [refusals.unauthorized(_ARAZZO_LIST)]
    ),
    "arazzo_server_error": Situation(
        f"{_DOCUMENT} The body is the engine's.", [refusals.server_error(_ARAZZO_LIST)]
    ),
}
