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
from rescan.anchore.transport import Query, Transport
from rescan.deadline import Deadline
from rescan.errors import AnchoreAnswerTooLarge, AnchoreAnswerUnreadable
from rescan.model import Step
from tests.fuzz.effort import fuzzed

LIMIT = 512 * 1024
# Two chunks of 256 kB (one read, one appended), and the buffers of urllib3 and zlib.
_READING = 2 * 1024 * 1024
_MB = 1024 * 1024

pytestmark = pytest.mark.referee("Fuzzing")


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


def _length_of(body: bytes, encoding: str) -> int:
    with requests.Session() as session:
        session.mount("https://", _Answering(body, encoding))
        transport = Transport(
            session, "https://h/v2", AnchoreAuth(lambda: '{"token": "t"}'), max_body_bytes=LIMIT
        )
        return transport.ask(Query(Step.REGATE, "/x"), len, Deadline.after(60))


ENCODINGS = {"": lambda body: body, "gzip": gzip.compress, "deflate": zlib.compress}


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


@fuzzed(st.binary(max_size=4096), st.sampled_from(["gzip", "deflate", "gzip, gzip"]), few=50)
def test_bytes_that_do_not_unfold_are_unreadable(body, encoding):
    try:
        length = _length_of(body, encoding)
    except AnchoreAnswerUnreadable:
        return
    assert length <= LIMIT
