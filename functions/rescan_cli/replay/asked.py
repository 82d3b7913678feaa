"""The event and the settings that cause the requests of a recording."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from rescan_cli.replay.har import Entry, Recording

_SCHEDULE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


class Asked(Struct, frozen=True):
    """The event and its name, or None when the recording asks for no image; settings by variable.

    A direct invocation for the first tag, or a sweep where the active tags were listed first.
    """

    event: dict[str, Any] | None
    words: str
    settings: dict[str, str]

    @classmethod
    def of(cls, recording: Recording) -> "Asked":
        """Derived from the requests; of several values the first counts."""
        settings = dict(reversed([pair for e in recording.entries for pair in _settings(e)]))
        tags = [tag for entry in recording.entries if (tag := _tag(entry))]
        if any(entry.path.endswith("/summaries/image-tags") for entry in recording.entries):
            return cls(_SCHEDULE, "a sweep", settings)
        if not tags:
            return cls(None, "", settings)
        return cls({"tag": tags[0]}, "a direct invocation", settings)


def _tag(entry: Entry) -> str | None:
    if not entry.path.endswith("/images"):
        return None
    query = dict(entry.query)
    return query.get("full_tag", query.get("tag"))


def _settings(entry: Entry) -> Iterator[tuple[str, str]]:
    query, path = dict(entry.query), entry.path.split("/")
    if path[-1] == "images" and "tag" in query:
        yield "ANCHORE_DIALECT", "arazzo"
        # That dialect cannot list the active tags, so the watched ones must be named.
        yield "WATCHED_TAGS", query["tag"]
    elif path[-2:-1] == ["vuln"]:
        yield "VULNERABILITY_TYPE", path[-1]
        yield "VENDOR_ONLY", query.get("vendor_only", "true")
        yield "BASE_IMAGE", "true" if "base_digest" in query else "false"
    elif path[-1] == "check":
        yield "POLICY_ID", query.get("policy_id", query.get("policyId", ""))
