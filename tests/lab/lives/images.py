"""A trace as if each image of several platforms were one: judged by what its platforms come to.

Digests are those of the indexes then, and the evaluations of a run are one. The rules of all images
so hold for these as well; those of platforms alone look at the parts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tests.lab.lives.trace import Asked, Image, Published, Refused, Seen, Trace

VERDICTS = frozenset({"stop", "warn", "go"})
# What an image comes to of which a platform has no evaluation that counts.
IN_PART = "in part"
_WORST_FIRST = ("stop", "warn", "go")


class Parts:
    """What evaluations of whole images are made of.

    `evaluations` has those of the platforms, of one of an image; `records` what Anchore listed
    before it, each digest with the state of its analysis.
    """

    def __init__(self, trace: Trace) -> None:
        self.evaluations: dict[Asked, list[Asked]] = {}
        self.records: dict[Asked, dict[str, str]] = {}
        self._indexes = trace.estate.indexes
        self._trace = trace

    def as_images(self) -> list[Seen]:
        """The trace's, without word of platforms."""
        if not self._indexes:
            return self._trace.seen
        wholes = self._wholes()
        return [whole for seen in self._trace.seen for whole in self._as_image(seen, wholes)]

    def of(self, check: Asked) -> list[Asked]:
        """The evaluations of the platforms; of an image that has one, that evaluation."""
        return self.evaluations.get(check, [check])

    def missing(self, check: Asked) -> set[str]:
        """The digests that Anchore listed, and of which there is no evaluation in it."""
        return self.records.get(check, {}).keys() - {part.digest for part in self.of(check)}

    def _as_image(self, seen: Seen, wholes: dict[int, Asked]) -> Iterator[Seen]:
        match seen:
            case Asked(step="check", who=who) if who != "nobody" and seen.digest in self._indexes:
                if whole := wholes.get(id(seen)):
                    yield whole
            case Asked(step="check"):
                yield replace(seen, digest=self._image_of(seen.digest))
            case Published() | Refused():
                yield replace(seen, images=tuple(map(self._image, seen.images)))
            case _:
                yield seen

    def _image(self, image: Image) -> Image:
        return replace(image, digest=self._image_of(image.digest))

    def _image_of(self, digest: str | None) -> str | None:
        return self._indexes.get(digest or "", digest)

    def _wholes(self) -> dict[int, Asked]:
        """The evaluation of the image, by the last one of its platforms in the same run."""
        runs: dict[tuple[str, str | None, str | None], list[Asked]] = defaultdict(list)
        listed: dict[tuple[str, str | None], dict[str, str]] = {}
        lists: dict[tuple[str, str | None], list[Asked]] = defaultdict(list)
        for seen in self._trace.seen:
            if not isinstance(seen, Asked) or seen.who == "nobody":
                continue
            if seen.step == "images" and seen.records:
                self._list(seen, listed)
            elif seen.step == "vuln":
                lists[seen.who, seen.digest].append(seen)
            elif seen.step == "check" and seen.digest in self._indexes:
                runs[seen.who, seen.tag, self._image_of(seen.digest)].append(seen)
        wholes = {}
        for (who, _, index), checks in runs.items():
            records = listed.get((who, index), {})
            real = [check for check in checks if _is_real(check, lists[who, check.digest])]
            whole = replace(_together(real, checks[-1], records), digest=index)
            self.evaluations[whole], self.records[whole] = checks, records
            wholes[id(checks[-1])] = whole
        return wholes

    def _list(self, seen: Asked, listed: dict[tuple[str, str | None], dict[str, str]]) -> None:
        """The records of each index that it answers, in place of those that it answered before."""
        for digest, _ in seen.records:
            listed.pop((seen.who, self._image_of(digest)), None)
        for digest, status in seen.records:
            listed.setdefault((seen.who, self._image_of(digest)), {})[digest] = status


def _is_real(check: Asked, lists: Iterable[Asked]) -> bool:
    """A go or a warn needs a fresh list before it, be it one of a scan that failed."""
    if check.said == "stop":
        return check.sound
    return check.said in VERDICTS and any(
        asked.said.endswith(("rows", "failed")) for asked in lists
    )


def _together(real: list[Asked], last: Asked, records: dict[str, str]) -> Asked:
    """The worst of them, at the time of the last; in part, where one that is analyzed has none."""
    worst = min(real, key=lambda check: _WORST_FIRST.index(check.said), default=None)
    missing = {digest for digest, status in records.items() if status == "analyzed"} - {
        check.digest for check in real
    }
    if worst is None or (missing and worst.said != "stop"):
        return replace(last, said=IN_PART, findings=(), moment=None)
    stops = (check for check in real if check.said == "stop")
    findings = tuple(sorted({finding for check in stops for finding in check.findings}))
    held = tuple(sorted({each for check in real for each in check.held}))
    is_sound = worst.said == "stop" or all(check.sound for check in real)
    return replace(
        last, said=worst.said, findings=findings, moment=worst.moment, sound=is_sound, held=held
    )
