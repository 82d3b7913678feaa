"""The full name of a tag, completed as Anchore completes it, and patterns over such names.

Source: `parse_dockerimage_string` of anchore-engine, which both APIs use for the tag filter:
no registry means docker.io, no tag means latest, and `library/` is neither added nor removed,
so `nginx` and `library/nginx` are two different names there.
"""

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NewType

from msgspec import Struct

Digest = NewType("Digest", str)

_FORBIDDEN = re.compile(r"[^a-zA-Z0-9@:/_.\-]")
_DIGEST = re.compile(r"sha256:[0-9a-fA-F]{64}")
_LOCAL_REGISTRIES = {"localhost", "localhost.localdomain", "localbuild"}
_EXAMPLE = "registry.example.com/team/app:1.4"
# Distribution specification: a tag has at most 128 characters, a name at most 255.
_LONGEST = 512


def is_digest(text: str) -> bool:
    """Whether the text is a sha256 digest, the one kind that Anchore's paths accept."""
    return _DIGEST.fullmatch(text) is not None


class ImageTag(Struct, frozen=True, order=True):
    """registry/repository:tag, all three parts known; `str()` gives the full name."""

    registry: str
    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}:{self.tag}"

    @classmethod
    def parse(cls, text: str) -> "ImageTag":
        """Complete a tag as `docker pull` would take it; ValueError says what is wrong with it."""
        return cls(*_parts(text.strip()))

    def is_called(self, name: str | None) -> bool:
        """Whether the name, completed, is this very tag; a name that is no tag is another."""
        try:
            return name is not None and ImageTag.parse(name) == self
        except ValueError:
            return False


@lru_cache(maxsize=1024)  # one gate reads the name of its tag a dozen times
def _parts(text: str) -> tuple[str, str, str]:
    _refuse_what_is_no_tag(text)
    registry, rest = _split_registry(text)
    repository, _, tag = rest.partition(":")
    if not repository or repository.startswith("/") or repository.endswith("/"):
        raise ValueError(f"{text!r} names no repository; expected e.g. {_EXAMPLE}")
    if ":" in tag or "/" in tag:
        raise ValueError(f"{text!r} has more than one tag; expected e.g. {_EXAMPLE}")
    return registry, repository, tag or "latest"


def _refuse_what_is_no_tag(text: str) -> None:
    if not text or len(text) > _LONGEST:
        raise ValueError(f"a tag has 1 to {_LONGEST} characters; expected e.g. {_EXAMPLE}")
    if bad := sorted(set(_FORBIDDEN.findall(text))):
        raise ValueError(f"{text!r} holds {bad}, which no tag may; expected e.g. {_EXAMPLE}")
    if "@" in text or text.startswith("sha256:") or re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError(f"{text!r} is a digest or an image id, not a tag; expected {_EXAMPLE}")


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first in _LOCAL_REGISTRIES):
        return first, rest
    return "docker.io", text


class TagPattern(Struct, frozen=True):
    """A full name in which `*` stands for any characters, `/` and `:` included."""

    pattern: str

    @classmethod
    def parse(cls, text: str) -> "TagPattern":
        """Complete a pattern as far as it has no `*`: registry first, then the tag.

        ValueError says what is wrong with it.
        """
        if bad := sorted(set(_FORBIDDEN.findall(text.replace("*", "")))):
            raise ValueError(f"{text!r} holds {bad}, which no tag may; expected e.g. team/*:prod-*")
        if "*" not in re.split("[/:]", text)[0]:
            registry, rest = _split_registry(text)
            text = f"{registry}/{rest}"
        last = text.rpartition("/")[2]
        return cls(text if ":" in last or "*" in last else f"{text}:latest")

    def matches(self, tag: ImageTag) -> bool:
        """Whether the full name of the tag has this pattern, letter by letter."""
        # `?` and `[` would mean something to fnmatch; parse() lets neither through.
        return fnmatchcase(str(tag), self.pattern)


class RepositoryPattern(Struct, frozen=True):
    """A repository, with its registry or without; `*` stands for any characters, `/` included."""

    pattern: str

    @classmethod
    def parse(cls, text: str) -> "RepositoryPattern":
        """The pattern as it is; ValueError says what was expected."""
        if bad := sorted(set(_FORBIDDEN.findall(text.replace("*", "")))):
            raise ValueError(f"a pattern of repositories, not {text!r}, which holds {bad}")
        if ":" in text.rpartition("/")[2]:
            raise ValueError(f"a pattern of repositories, not {text!r}, which names a tag")
        return cls(text)

    def matches(self, tag: ImageTag) -> bool:
        """Whether the repository is called so, letter by letter."""
        names = (f"{tag.registry}/{tag.repository}", tag.repository)
        return any(fnmatchcase(name, self.pattern) for name in names)
