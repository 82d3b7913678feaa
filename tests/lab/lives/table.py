"""A trace as a table that a person can read: when, who, what."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from tests.lab.lives.trace import Asked, Fault, Image, Measured, Published, Seen, Truth, Wrote

_QUIET = (Measured,)


def rows(seen: Iterable[Seen], *, whole: bool = False) -> Iterator[str]:
    """A line each; metrics, and what the publisher writes for itself, only in the `whole`."""
    for one in seen:
        if whole or not isinstance(one, _QUIET):
            yield f"{clock(one.at):>14}  {one.who:<22.22}  {type(one).__name__:<10}  {_words(one)}"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds since the beginning."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02}:{rest:06.3f}"


def _words(one: Seen) -> str:
    match one:
        case Truth():
            return f"{short(one.tag)} on {_digest(one.digest)}: {one.action} {_names(one.findings)}"
        case Asked():
            about = f"{short(one.tag or '')} {_digest(one.digest)}".strip()
            doubt = "" if one.sound else ", not to be counted"
            return f"{one.step} {about}: {one.said}{doubt} {_names(one.findings)}"
        case Published():
            images = "; ".join(map(_image, one.images))
            heard = "" if one.answered else ", the answer is lost"
            return f"{one.kind} to {one.team} on {one.channel}: {images}{heard} [{one.id[:6]}]"
        case Fault():
            return f"{one.kind} at call {one.number}: {one.call}"
        case Wrote():
            return f"{one.key} is {one.how}"
    facts = (f.name for f in fields(one) if f.name not in ("at", "who"))
    return ", ".join(f"{name} {value}" for name in facts if (value := getattr(one, name)) != "")


def _image(image: Image) -> str:
    return (
        f"{short(image.tag)} {_digest(image.digest)} {_names(image.findings)} <{image.notice[:6]}>"
    )


def _digest(digest: str | None) -> str:
    return digest[7:11] if digest else "-"


def short(tag: str) -> str:
    """Without its registry."""
    return tag.partition("/")[2] or tag


def _names(findings: Iterable[tuple[str, str]]) -> str:
    return " ".join(name for name, _ in findings)
