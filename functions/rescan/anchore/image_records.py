"""Reads the image records of Enterprise v2.

Source: Anchore's OpenAPI 2.13.0, `AnchoreImage`; it requires no field. The architecture is
described since 2.10.0; servers before have it, too (Anchore's v2 mock).
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct, json

from rescan.gate.model import DetectedTag, ImageRecord
from rescan.kernel.clock import moment_of
from rescan.kernel.image_tag import Digest
from rescan.kernel.json_decoding import NULL, lenient, preload_decoders
from rescan.kernel.safe_text import one_line
from rescan.kernel.team import team_name

DigestText = Annotated[str, Meta(pattern="^sha256:[0-9a-fA-F]{64}$")]


class _TagDetail(Struct, frozen=True):
    full_tag: str | None = None
    tag_detected_at: str | None = None


class _Image(Struct, frozen=True):
    image_digest: DigestText
    parent_digest: str | None = None
    image_status: str | None = None
    analysis_status: str | None = None
    image_detail: list[_TagDetail] | None = None
    annotations: Raw = NULL
    image_content: Raw = NULL


class _Metadata(Struct, frozen=True):
    arch: Raw = NULL
    distro: Raw = NULL


class _Content(Struct, frozen=True):
    metadata: _Metadata = _Metadata()


class _ImageList(Struct, frozen=True):
    items: list[_Image]


def image_records(body: bytearray, team_annotation: str | None) -> list[ImageRecord]:
    """The records, each with all its tags; the annotation of that name holds an image's team."""
    return [
        ImageRecord(
            digest=Digest(image.image_digest),
            tags=tuple(map(_detected_tag, image.image_detail or ())),
            parent_digest=Digest(image.parent_digest) if image.parent_digest else None,
            image_status=image.image_status,
            analysis_status=image.analysis_status,
            team=_team(image.annotations, team_annotation),
            platform=_platform(image.image_content),
        )
        for image in json.decode(body, type=_ImageList).items
    ]


def _detected_tag(detail: _TagDetail) -> DetectedTag:
    return DetectedTag(detail.full_tag or "", moment_of(detail.tag_detected_at))


def _platform(content: Raw) -> str | None:
    """Anchore says the architecture; the system only where it is Windows, as the distro."""
    metadata = (lenient(content, _Content) or _Content()).metadata
    arch = one_line(lenient(metadata.arch, str) or "", 40)
    is_windows = (lenient(metadata.distro, str) or "").lower().startswith("windows")
    return f"{'windows' if is_windows else 'linux'}/{arch}" if arch else None


def _team(annotations: Raw, name: str | None) -> str | None:
    """The annotation's text; None when it is missing or no text."""
    if name is None:
        return None
    values = lenient(annotations, dict[str, Raw]) or {}
    return team_name(lenient(values.get(name, NULL), str) or "")


preload_decoders(_ImageList, _Content)
