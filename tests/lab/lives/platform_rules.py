"""The auditor's rules of images that have several platforms; see `auditor.py`."""

from collections.abc import Callable, Iterator

from tests.lab.lives.case import Case, each_told
from tests.lab.lives.images import VERDICTS
from tests.lab.lives.trace import Asked, Published

Found = Iterator[tuple[float, str]]
# What a result may still meet on its way from Anchore's answer to the ledger.
_SLOW = 150.0


def every_platform_is_gated(case: Case) -> Found:
    """Each platform of an image that Anchore has analyzed is gated when one of them is."""
    for check, records in case.parts.records.items():
        analyzed = {digest for digest, status in records.items() if status == "analyzed"}
        gated = {asked.digest for asked in case.asked[check.who] if asked.step == "vuln"}
        left_out = (analyzed & case.parts.missing(check)) - gated
        if left_out and case.finished(check.who) and not case.faults.get(check.who):
            yield check.at, f"{check.who} leaves {sorted(left_out)} of {check.tag} out"


def a_stop_names_each_platform(case: Case) -> Found:
    """A STOP of an image of several platforms names each, and what Anchore said of it."""
    for message in case.all(Published):
        if message.kind not in ("STOP", "REMINDER") or not message.whole:
            continue
        for image in message.images:
            judged = (one for one in case.checks.get(image.tag, ()) if _has_several(case, one))
            meant = [one for one in judged if one.moment == message.moment]
            if meant and not any(_is_named(case, message, check) for check in meant):
                yield message.at, f"{message.kind} of {image.tag} does not tell of its platforms"


def _has_several(case: Case, check: Asked) -> bool:
    return len(case.parts.records.get(check, ())) > 1


def _is_named(case: Case, message: Published, check: Asked) -> bool:
    """One without a verdict has whatever outcome says so."""
    said = {part.digest: part.said for part in case.parts.of(check) if part.said in VERDICTS}
    told = dict(message.platforms)
    decided = {digest: outcome for digest, outcome in told.items() if outcome in VERDICTS}
    is_true = all(said.get(digest) == outcome for digest, outcome in decided.items())
    stops = {part.digest for part in case.parts.of(check) if part.said == "stop" and part.sound}
    return told.keys() == case.parts.records[check].keys() and is_true and stops <= decided.keys()


def no_platform_is_forgotten(case: Case) -> Found:
    """A STOP of several platforms ends by an evaluation of each one that was judged before."""
    for _, subject, told in each_told(case):
        if told.message.kind != "RECOVERED":
            continue
        for check in case.judged.get(subject, ()):
            is_of_it = check.moment is not None and check.moment == told.message.moment
            if is_of_it and (known := _known_and_missing(case, check)):
                yield told.message.at, f"{subject} recovered, and {sorted(known)} was not judged"


def _known_and_missing(case: Case, check: Asked) -> set[str]:
    """The platforms that an evaluation of the image before this one had, and this one lacks."""
    missing, known = case.parts.missing(check), set[str]()
    for other in case.judged[case.subject_of(check)] if missing else ():
        is_kept = case.finished(other.who) and other.who in case.wrote and case.verdict_of(other)
        if not is_kept or case.ends[other.who].at > check.at - _SLOW:
            continue
        parts = {part.digest or "" for part in case.parts.of(other) if case.verdict_of(part)}
        known = known | parts if other.digest == check.digest else set()
    return missing & known


RULES: tuple[Callable[[Case], Found], ...] = (
    every_platform_is_gated,
    a_stop_names_each_platform,
    no_platform_is_forgotten,
)
