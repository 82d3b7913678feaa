"""What the reader of a NOT_EVALUATED does next, by cause; for one image, and for many."""

from collections.abc import Iterator

from rescan.kernel.failure_cause import FailureCause
from rescan.notice.outage import Outage

_EVERY_IMAGE = " Other images are likely to fail in the same way: mend this first."

# Whoever must act does the same for one image and for many.
_OF_ANCHORE = {
    FailureCause.CREDENTIALS: "Check the secret that ANCHORE_SECRET_ARN names: an expired"
    " password, a revoked key?",
    FailureCause.FORBIDDEN: "Check the role of the function's user in Anchore, and"
    " ANCHORE_ACCOUNT.",
    FailureCause.THROTTLED: "Ask Anchore for less at a time (MaximumConcurrency), or give it more"
    " power.",
    FailureCause.CERTIFICATE: "Check CA_BUNDLE and Anchore's certificate: expired, or of another"
    " CA?",
    FailureCause.DOWN: "See whether Anchore is up, and reachable from the function's network.",
    FailureCause.NOT_ANALYZED: "Look at Anchore's analyzers: is one at work, how long is the"
    " queue?",
    FailureCause.WRONG_ANSWER: "Check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID: did Anchore or a"
    " proxy before it change?",
}
_FURTHER = {
    FailureCause.CREDENTIALS: _EVERY_IMAGE,
    FailureCause.FORBIDDEN: _EVERY_IMAGE,
    FailureCause.CERTIFICATE: _EVERY_IMAGE,
    FailureCause.WRONG_ANSWER: _EVERY_IMAGE,
    FailureCause.DOWN: " If it is, and this image alone fails, look for its digest in Anchore's"
    " log.",
}
_OF_THE_IMAGE = {
    FailureCause.GONE: "If it was removed on purpose: nothing, but take it off WATCHED_TAGS where"
    " they name it. If it still runs anywhere, add it to Anchore again: until then nobody watches"
    " it.",
    FailureCause.NOT_FOUND: "Check its spelling in WATCHED_TAGS, registry included: Anchore stores"
    " a name as it was added, docker.io/nginx and docker.io/library/nginx are two. If it is right,"
    " add the image to Anchore; if it is gone for good, take it off the list.",
    FailureCause.ANALYSIS_FAILED: "Have Anchore analyze the image again, and look for the failure"
    " in the analyzer's log.",
    FailureCause.SCAN_FAILED: "See in Anchore whether the feeds are in sync and the image"
    " can be scanned. If it really has no vulnerability any more, the next evaluation says so.",
    FailureCause.NOT_MAPPED: "Add a mapping for the image to the policy: without one Anchore"
    " answers go to everything.",
    FailureCause.OTHER: "Read the reason in this notice; the function's log has more under the"
    " image's name.",
}


def next_steps(outage: Outage) -> Iterator[str]:
    """One sentence or two each, the most useful first."""
    stopped = outage.news.first_stop_at is not None
    yield _first(outage.cause)
    if stopped:
        yield "Do not deploy the image: nothing says that what stopped it is gone."
    if not outage.is_absence:
        yield "It is tried again by itself; what runs already goes on running."


def for_all(cause: FailureCause | None) -> str:
    """What helps many images at once; None: each has a cause of its own."""
    known = _OF_ANCHORE.get(cause) if cause else None
    return known or "Find out why; the function's log has more under each image's name."


def _first(cause: FailureCause) -> str:
    if cause in _OF_THE_IMAGE:
        return _OF_THE_IMAGE[cause]
    return _OF_ANCHORE[cause] + _FURTHER.get(cause, "")
