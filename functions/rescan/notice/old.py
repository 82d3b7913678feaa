"""An image that runs under a tag which has moved on: what a reader must know first, and do."""

from rescan.gate.model import Outcome
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import EndCause, ImageNews
from rescan.ledger.old_image import OldImage
from rescan.notice import running_shapes as shapes
from rescan.notice.foreign import foreign
from rescan.notice.where import places

_SHORT = len("sha256:") + 12
_REDEPLOY = "Redeploy what runs"


def sentence(news: ImageNews, name: str, why: str) -> str:
    """E.g. "an old payments/api:2.4.1 still runs in prod-eu/payments: 3 findings; the tag has moved
    on to sha256:9f86d081884c... (GO)"."""
    running, old = news.running, news.old
    runs = f" still runs in {places(running)}" if running and running.total else " may still run"
    return f"{name}{runs}: {why}{_moved_on(old) if old else ''}"


def _moved_on(old: OldImage) -> str:
    if old.moved_to is None:
        return ""
    verdict = f" ({old.outcome.name})" if old.outcome else ""
    return f"; the tag has moved on to {foreign(old.moved_to[:_SHORT], 30)}...{verdict}"


def redeploy(old: OldImage) -> str:
    """The fix, as far as the newer image is one."""
    if old.outcome is Outcome.STOP:
        return f"The tag's newer image is STOP too: mend that one first. {_REDEPLOY} with it."
    if old.outcome is not None:
        return f"{_REDEPLOY}: the tag is on a newer image, which is {old.outcome.name}."
    if old.moved_to is not None:
        return f"{_REDEPLOY}: the tag is on a newer image, which has no verdict yet."
    return f"{_REDEPLOY} with an image that Anchore knows."


# What the end of its STOP means, and what is left to do.
MEANINGS = {
    EndCause.NO_LONGER_RUNNING: "Fresh inventories no longer see this digest running under the tag,"
    " so its STOP ends. Nothing says that what stopped it is fixed.",
    EndCause.BACK_UNDER_ITS_TAG: "The tag is on this digest again, and has been gated since: its"
    " notices are the tag's from now on.",
}
STEPS = {
    EndCause.NO_LONGER_RUNNING: "Nothing to do: what runs now has notices of its own.",
    EndCause.BACK_UNDER_ITS_TAG: "Go by the notices of the tag itself.",
}


def old_shape(old: OldImage) -> shapes.Old:
    """The part `old` of a result."""
    moved_to = one_line(old.moved_to, 80) if old.moved_to else None
    return shapes.Old(one_line(old.digest, 80), moved_to, old.outcome)
