"""Documents that look like those of the trade until something in them is broken."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

# Words that mean something somewhere, so that they turn up where they mean something else.
_WORDS = [
    "stop", "STOP", "go", "warn", "error", "None", "", "active", "analyzed", "deleting",
    "docker.io/a:1", "sha256:" + "0" * 64, "2026-11-20T09:30:19Z", "PUSH", "SUCCESS",
    "aws.ecr", "aws:sqs", "Scheduled Event", "\x00\u202e", "é" * 300,
]  # fmt: skip
_NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
_LEAVES = st.none() | st.booleans() | _NUMBERS | st.sampled_from(_WORDS) | st.text(max_size=8)


_JUNK = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def junk() -> SearchStrategy[Any]:
    """Any JSON value, small."""
    return _JUNK


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys = range(len(document)) if isinstance(document, list) else document
    if isinstance(document, list | dict):
        for key in keys:
            yield document, key
            yield from _places(document[key])


_WAYS = st.sampled_from(["remove", "rename", "junk", "move", "repeat"])
_BREAKS = st.integers(0, 4)
# An index is drawn, not the thing itself: drawing from long lists of documents is slow.
_INDEX = st.integers(0, 2**16)


@st.composite
def broken_documents(draw: st.DrawFn, *sound: Any) -> Any:
    """One of the sound documents, broken in up to four places."""
    document = deepcopy(sound[draw(_INDEX) % len(sound)])
    for _ in range(draw(_BREAKS)):
        places = list(_places(document))
        if not places:
            break
        container, key = places[draw(_INDEX) % len(places)]
        other, its_key = places[draw(_INDEX) % len(places)]
        _break(draw, container, key, other[its_key])
    return document


def _break(draw: st.DrawFn, container: Any, key: Any, other: Any) -> None:
    match draw(_WAYS):
        case "remove":
            del container[key]
        case "rename" if isinstance(container, dict):
            names = sorted({*map(str, container), "x"})
            container[names[draw(_INDEX) % len(names)]] = container.pop(key)
        case "move":
            container[key] = deepcopy(other)
        case "repeat" if isinstance(container, list):
            container.insert(0, deepcopy(container[key]))
        case _:
            container[key] = draw(_JUNK)


_TORN = st.sampled_from([b"", b"\xff", b"\x00", b"[" * 100_000, b"NaN", b"\xef\xbb\xbf"])


@st.composite
def broken_bytes(draw: st.DrawFn, *sound: Any) -> bytes:
    """The same as JSON, at times with broken bytes; at times no JSON at all."""
    if draw(_INDEX) % 10 == 9:
        return draw(st.binary(max_size=64))
    body = json.dumps(draw(broken_documents(*sound))).encode()
    if draw(_INDEX) % 4 != 3:
        return body
    at = draw(_INDEX) % (len(body) + 1)
    return body[:at] + draw(_TORN) + (body[at:] if draw(st.booleans()) else b"")
