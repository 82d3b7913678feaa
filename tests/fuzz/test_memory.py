"""Whatever a body unfolds to: no more of it is held than MAX_BODY_MB, and what reading takes."""

import gzip
import io
import tracemalloc
import zlib
from typing import Any

import pytest
import requests
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Query, Transport
from rescan.gate.model import Step
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreAnswerTooLarge, AnchoreAnswerUnreadable
from rescan.kernel.image_tag import Digest, ImageTag
from tests.support.fuzz.effort import fuzzed

LIMIT = 512 * 1024
# Two chunks of 256 kB (one read, one appended), and the buffers of urllib3 and zlib.
_READING = 2 * 1024 * 1024
_MB = 1024 * 1024
QUERY = Query(Step.REGATE, "/x")
DIGEST = Digest("sha256:" + "a" * 64)
ENTERPRISE = EnterpriseDialect()
MOST = 1_000_000


class _Answering(HTTPAdapter):
    """Answers with bytes as they are on the wire."""

    def __init__(self, body: bytes, encoding: str) -> None:
        super().__init__()
        self._body, self._encoding = body, encoding

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        headers = HTTPHeaderDict({"Content-Encoding": self._encoding} if self._encoding else {})
        raw = HTTPResponse(
            body=io.BytesIO(self._body), headers=headers, status=200, preload_content=False
        )
        return self.build_response(request, raw)


def _length_of(
    body: bytes, encoding: str = "", *, query: Query = QUERY, max_body_bytes: int = LIMIT
) -> int:
    with requests.Session() as session:
        session.mount("https://", _Answering(body, encoding))
        auth = AnchoreAuth(lambda: '{"token": "t"}')
        transport = Transport(session, "https://h/v2", auth, max_body_bytes=max_body_bytes)
        return transport.ask(query, len, Deadline.after(60))


ENCODINGS = {"": lambda body: body, "gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.referee("Fuzzing")
@fuzzed(
    st.integers(0, 2 * LIMIT) | st.sampled_from([LIMIT - 1, LIMIT, LIMIT + 1, 32 * _MB]),
    st.lists(st.sampled_from(sorted(ENCODINGS)), max_size=2),
    few=20,
    many=300,
)
def test_no_more_of_a_body_is_held_than_the_limit(length, encodings):
    body = b" " * length
    for encoding in encodings:
        body = ENCODINGS[encoding](body)
    named = ", ".join(filter(None, encodings))

    tracemalloc.start()
    try:
        if length > LIMIT:
            with pytest.raises(AnchoreAnswerTooLarge):
                _length_of(body, named)
        else:
            assert _length_of(body, named) == length
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LIMIT + _READING


@pytest.mark.referee("Fuzzing")
@fuzzed(st.binary(max_size=4096), st.sampled_from(["gzip", "deflate", "gzip, gzip"]), few=50)
def test_bytes_that_do_not_unfold_are_unreadable(body, encoding):
    try:
        length = _length_of(body, encoding)
    except AnchoreAnswerUnreadable:
        return
    assert length <= LIMIT


@pytest.mark.parametrize(
    ("query", "first", "value"),
    [
        pytest.param(
            ENTERPRISE.vulnerabilities(DIGEST, "all", forced=True),
            b'{"vulnerabilities": [',
            b"{},",
            id="rows",
        ),
        pytest.param(
            ENTERPRISE.check(DIGEST, ImageTag.parse("app:1"), None),
            b'{"evaluations": [{"details": {"findings": [',
            b"0,",
            id="findings-that-are-not-even-objects",
        ),
        pytest.param(
            ENTERPRISE.images(ImageTag.parse("app:1")), b'{"items": [', b"{},", id="images"
        ),
    ],
)
def test_more_values_than_any_real_answer_has_are_not_decoded(query, first, value):
    # What opens the answer counts along, where objects are counted.
    fitting = first + value * (MOST - first.count(query.counted))
    assert _length_of(fitting, query=query, max_body_bytes=4 * _MB) == len(fitting)

    one_more = fitting + value
    tracemalloc.start()
    try:
        with pytest.raises(AnchoreAnswerTooLarge, match="more than 1,000,000 values"):
            _length_of(one_more, query=query, max_body_bytes=4 * _MB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(one_more) + _READING
