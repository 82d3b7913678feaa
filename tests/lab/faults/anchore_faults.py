"""The ways in which a step of Anchore's fails, and how far a STOP may be put off by each."""

from tests.support.scripted_server import Act, drip, raw, reset, respond, silence

# The server closes after each answer: a connection that died while it was kept is another fault.
_CLOSE = "Connection: close"
_JSON = "Content-Type: application/json"
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_HTML_TYPE = "Content-Type: text/html"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"


def _said(status: int, body: bytes, *headers: str) -> Act:
    return respond(status, body, _CLOSE, *(headers or (_JSON,)))


def _message(status: int, message: bytes) -> Act:
    return _said(status, b'{"httpcode": %d, "message": "%b"}' % (status, message))


NOT_ANALYZED = _message(404, b"image is not analyzed - analysis_status: analyzing")

# These pass by themselves: the image is evaluated without waiting for the next sweep.
PASSING: dict[str, Act] = {
    "connection reset": reset,
    "no answer in time": silence,
    "dripped answer": drip(_HEAD, b" " * 4000, every=0.05),
    "answer cut short": raw(_HEAD + b'{"items": ['),
    "404, not analyzed": NOT_ANALYZED,
    "429, Retry-After an hour": _said(429, b"", "Retry-After: 3600"),
    "500": _message(500, b"cannot load valid endpoint from service record: catalog"),
    "502, HTML": _said(502, _HTML, _HTML_TYPE),
    "503": _said(503, b""),
}
# These are somebody's to mend: a failed attempt, which the next sweep makes good.
LASTING: dict[str, Act] = {
    "401": _said(401, b"Unauthorized", "Content-Type: text/plain"),
    "403": _message(403, b"Not authorized. Requires permissions: domain=platform action=getImage"),
    "404, image data not found": _message(404, b"image data not found in DB"),
    "404, no evaluations": _message(404, b"could not find any evaluations for input image"),
    "404, HTML": _said(404, _HTML, _HTML_TYPE),
    "200, HTML": _said(200, _HTML, _HTML_TYPE),
    "half a JSON": _said(200, b'{"items": [{"image_digest": "sha2'),
    "wrong shape": _said(200, b'{"items": 7, "vulnerabilities": 7, "evaluations": 7}'),
    "empty body": _said(200, b""),
    "longer than MAX_BODY_MB": _said(200, b" " * (1024 * 1024 + 1)),
}
EMPTY = _said(200, b'{"items": []}')
# A server that keeps the function waiting until its time is up.
SLOW = ("no answer in time", "dripped answer")
