"""What may happen to a call to AWS on its way, as the proxy does it."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from werkzeug import Response

from tests.lab.faults.aws_calls import AwsCall
from tests.lab.faults.aws_proxy import Fault, Passage
from tests.lab.faults.loopback import Hangup
from tests.support.scripted_server import reset, silence

_XML = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
    "<Code>{}</Code><Message>{}</Message></Error><RequestId>1</RequestId>"
    "</ErrorResponse>"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# A message's body is JSON within JSON.
_ATTEMPT = re.compile(r'(?<=\\"attempt\\":)\d+')
_FIRST_SEEN = re.compile(r'(?<=\\"first_seen\\":\\")[^\\]+')


def refused(code: str, status: int = 400, text: str = "said the proxy") -> Fault:
    """AWS answers the error, in the protocol of the service."""

    def fault(passage: Passage) -> Response:
        if passage.call.kind in (AwsCall.PUBLISH, AwsCall.LOOK):
            return Response(_XML.format(code, text), status, content_type="text/xml")
        said = json.dumps({"__type": f"com.amazonaws#{code}", "message": text})
        return Response(said, status, content_type="application/x-amz-json-1.0")

    return fault


def slow(seconds: float) -> Fault:
    """The answer comes late."""

    def fault(passage: Passage) -> Response:
        passage.wait(seconds)
        return passage.forward()

    return fault


def silent(passage: Passage) -> Response:
    """The request vanishes."""
    passage.play(silence)


def broken_off(passage: Passage) -> Response:
    """The connection is reset before AWS sees the request."""
    passage.play(reset)


def answer_lost(passage: Passage) -> Response:
    """AWS does what was asked; the connection is reset before it can say so."""
    passage.forward()
    passage.note_lost()
    passage.play(reset)


def garbled(passage: Passage) -> Response:
    """Something on the way answers in AWS's place."""
    return Response("<html><body>Proxy error</body></html", 200, content_type="text/html")


def partly_failed(passage: Passage) -> Response:
    """SQS takes every other entry of a batch, the first one included only when it is alone."""
    entries = json.loads(passage.call.text)["Entries"]
    return _refusing(passage, entries[::2] if len(entries) > 1 else [])


def half_failed(passage: Passage) -> Response:
    """SQS takes the first entry of a batch, and none of the others however often they are sent."""
    entries = json.loads(passage.call.text)["Entries"]
    return _refusing(passage, [entry for entry in entries if entry["Id"] != "0"])


def _refusing(passage: Passage, failed: list[Any]) -> Response:
    asked = json.loads(passage.call.text)
    taken = [entry for entry in asked["Entries"] if entry not in failed]
    answer = passage.forward(json.dumps(asked | {"Entries": taken}))
    said = json.loads(answer.get_data())
    said["Failed"] = [
        {"Id": entry["Id"], "SenderFault": False, "Code": "InternalError", "Message": "no"}
        for entry in failed
    ]
    return Response(json.dumps(said), content_type="application/x-amz-json-1.0")


def forgotten_attempts(passage: Passage) -> Response:
    """A copy says that it is the first: what ends a chain of copies does not see the chain."""
    return passage.forward(_ATTEMPT.sub("0", passage.call.text))


def skewed(by: timedelta) -> Fault:
    """The moments in the messages are those of a clock that is off by so much."""
    return lambda passage: passage.forward(_moved(passage.call.text, _MOMENT, by))


def aged(by: timedelta) -> Fault:
    """What a copy is about was first seen so much earlier."""
    return lambda passage: passage.forward(_moved(passage.call.text, _FIRST_SEEN, -by))


def _moved(text: str, moments: re.Pattern[str], by: timedelta) -> str:
    return moments.sub(lambda it: (datetime.fromisoformat(it[0]) + by).isoformat(), text)


def killing(kill: Callable[[], None], *, forwarded: bool) -> Fault:
    """The process dies of the call, before AWS sees it or before it hears the answer."""

    def fault(passage: Passage) -> Response:
        if forwarded:
            passage.forward()
        kill()
        raise Hangup

    return fault
