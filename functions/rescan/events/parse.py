"""What an event asks for: each shape that may arrive, read into one typed value.

    ECR "Image Action" from EventBridge            -> Gate, or Ignored with the reason
    ECR "Replication Action" from EventBridge      -> the same, in the region that got the image
    EventBridge rule, EventBridge Scheduler        -> Sweep of the watch list
    {"tags": [...]} (a schedule's constant input)  -> Sweep of these
    {"publish": "notices"} (a schedule's input)    -> Publish what waits
    {"summarize": "ledger", "due"?} (a schedule's) -> Summarize what is remembered
    {"check": "feeds"} (a schedule's input)        -> Check whether feeds or policy have changed
    {"doctor": true} (a direct invocation)         -> Examine
    {"rescan": {...}} (our own queue's message)    -> Gate, with its history
    {"sweep_page": {...}} (the same)               -> SweepPage
    {"tag", "vtype"?, "policyId"?, "imageDigest"?} -> Gate, answered in full
    SQS batch of any of the above                  -> Batch

Sources: Amazon ECR user guide, "Amazon ECR events and EventBridge"; EventBridge Scheduler, whose
default payload has the string "{}" as its detail. An unknown shape is refused before any request.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from rescan.events.commands import (
    Batch,
    Check,
    Event,
    Examine,
    Gate,
    Ignored,
    Publish,
    Summarize,
    Sweep,
    SweepPage,
)
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.clock import moment_of, utc_moment_of
from rescan.kernel.errors import EventRefused
from rescan.kernel.image_tag import Digest, ImageTag, is_digest
from rescan.kernel.json_decoding import preload_decoders
from rescan.kernel.watch_list import WatchList
from rescan.settings import VulnerabilityType

_EXPECTED = (
    'an "ECR Image Action" or "ECR Replication Action" of ECR, a "Scheduled Event" of EventBridge,'
    ' {"tags": [...]},'
    ' {"tag": "registry/repository:tag", "vtype"?, "policyId"?, "imageDigest"?},'
    " or an SQS batch whose bodies are one of these"
)
_CONSTANT_INPUTS: tuple[tuple[dict[str, object], Event], ...] = (
    ({"publish": "notices"}, Publish()),
    ({"check": "feeds"}, Check()),
    ({"doctor": True}, Examine()),
)
# What puts an image into a repository, by the kind of event that tells it. A replicated image comes
# without a push.
_ARRIVALS = {"ECR Image Action": "PUSH", "ECR Replication Action": "REPLICATE"}
_OWN_EXPECTED = "a message of this function's own queue"
_ECR_EXPECTED = "the fields that Amazon ECR documents for an image push"

# Helm charts, signatures, attestations and SBOMs, by the media type of their config or artifact.
_NON_IMAGES = re.compile(
    r"application/vnd\.cncf\.(helm|notary)\."
    r"|application/vnd\.dev\.(cosign|sigstore)\."
    r"|application/vnd\.in-toto"
    r"|(application|text)/(vnd\.)?(spdx|cyclonedx|syft)\b"
)
# cosign's older scheme: a tag that is derived from the digest it signs.
_COSIGN_TAG = re.compile(r"sha256-.+\.(sig|att|sbom)")


def parse_event(event: object, dns_suffix: Callable[[str], str | None]) -> Event:
    """What the event asks for; EventRefused says what was expected.

    `dns_suffix` knows the domain of a region's partition (amazonaws.com, amazonaws.com.cn, ...).
    """
    if not isinstance(event, Mapping):
        raise EventRefused(f"it is no JSON object but a {type(event).__name__}", _EXPECTED)
    source, detail_type = event.get("source"), event.get("detail-type")
    if "Records" in event:
        return _batch(event)
    if source == "aws.ecr" and str(detail_type) in _ARRIVALS:
        return _ecr_push(event, dns_suffix)
    if source in ("aws.events", "aws.scheduler") and detail_type == "Scheduled Event":
        return Sweep(Trigger(TriggerKind.SCHEDULE, moment_of(event.get("time"))))
    return _input_of_ours(event)


def _input_of_ours(event: Mapping[str, Any]) -> Event:
    """What no service of AWS makes: a schedule's constant input, a message, a direct call."""
    for constant, asked in _CONSTANT_INPUTS:
        if event == constant:
            return asked
    if event.get("summarize") == "ledger":
        return Summarize(utc_moment_of(event.get("due")))
    if "rescan" in event:
        return _own_message(event)
    if "sweep_page" in event:
        page: _PageMessage = _convert(event, _PageMessage, _OWN_EXPECTED)
        return page.sweep_page
    if "tags" in event:
        return _tags(event)
    if "tag" in event:
        return _direct(event)
    raise EventRefused(f"unknown shape {_shape(event)}", _EXPECTED)


def _shape(event: Mapping[str, Any]) -> str:
    """What may be told of an event: its keys, source and kind; values could be secrets."""
    told = [f"keys {sorted(map(str, event))[:12]}"]
    told += [f"{k} {event[k]!r:.80}" for k in ("source", "detail-type") if k in event]
    return ", ".join(told)


def _batch(event: Mapping[str, Any]) -> Batch:
    records = event["Records"]
    if not isinstance(records, Sequence) or not records:
        raise EventRefused("its Records are no list of records", _EXPECTED)
    if not all(isinstance(r, Mapping) and r.get("eventSource") == "aws:sqs" for r in records):
        raise EventRefused("its Records come from something other than SQS", _EXPECTED)
    return Batch(event)


class _EcrDetail(Struct, frozen=True, rename="kebab"):
    action_type: str
    result: str
    repository_name: str
    image_digest: str | None = None
    image_tag: str | None = None
    artifact_media_type: str | None = None


class _EcrEvent(Struct, frozen=True):
    account: Annotated[str, Meta(pattern=r"^\d{12}$")]
    region: Annotated[str, Meta(pattern=r"^[a-z]+(-[a-z]+)+-\d+$")]
    detail: _EcrDetail
    time: str | None = None


def _ecr_push(event: Mapping[str, Any], dns_suffix: Callable[[str], str | None]) -> Event:
    push = _convert(event, _EcrEvent, _ECR_EXPECTED)
    if reason := _why_no_image(push.detail):
        return Ignored(reason)
    suffix = dns_suffix(push.region)
    if suffix is None:
        raise EventRefused(f"the region {push.region!r} is of no known partition", _ECR_EXPECTED)
    registry = f"{push.account}.dkr.ecr.{push.region}.{suffix}"
    return Gate(
        _tag(f"{registry}/{push.detail.repository_name}:{push.detail.image_tag}"),
        Trigger(TriggerKind.ECR_PUSH, moment_of(push.time)),
        _digest(push.detail.image_digest),
    )


def _why_no_image(detail: _EcrDetail) -> str | None:
    if detail.action_type not in _ARRIVALS.values():
        return f"the action {detail.action_type} is no push"
    if detail.result != "SUCCESS":
        return f"the push ended with {detail.result}"
    if not detail.image_tag:
        return "the push has no tag: an image is gated under a tag"
    if _COSIGN_TAG.fullmatch(detail.image_tag):
        return f"the tag {detail.image_tag} names a signature, an attestation or an SBOM"
    if detail.artifact_media_type and _NON_IMAGES.match(detail.artifact_media_type.lower()):
        return f"the media type {detail.artifact_media_type} is no image's"
    return None


class _OwnMessage(Struct, frozen=True, forbid_unknown_fields=True):
    rescan: Gate


class _PageMessage(Struct, frozen=True, forbid_unknown_fields=True):
    sweep_page: SweepPage


def _own_message(event: Mapping[str, Any]) -> Gate:
    message: _OwnMessage = _convert(event, _OwnMessage, _OWN_EXPECTED)
    return message.rescan


class _Tags(Struct, frozen=True, forbid_unknown_fields=True):
    tags: Annotated[list[str], Meta(min_length=1)]


def _tags(event: Mapping[str, Any]) -> Sweep:
    expected = '{"tags": ["registry/repository:tag", ...]}'
    try:
        watch_list = WatchList.parse(_convert(event, _Tags, expected).tags)
    except ValueError as error:
        raise EventRefused(str(error), expected) from error
    return Sweep(Trigger(TriggerKind.SCHEDULE), watch_list)


# JSON can carry half of a surrogate pair; no request can.
_Encodable = Annotated[str, Meta(pattern="^[^\ud800-\udfff]*$")]


class _Direct(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    tag: str
    vtype: VulnerabilityType | None = None
    policy_id: _Encodable | None = None
    image_digest: str | None = None


def _direct(event: Mapping[str, Any]) -> Gate:
    asked = _convert(event, _Direct, '{"tag", "vtype"?, "policyId"?, "imageDigest"?}')
    return Gate(
        _tag(asked.tag),
        Trigger(TriggerKind.DIRECT),
        _digest(asked.image_digest),
        vtype=asked.vtype,
        policy_id=asked.policy_id or None,
        answer_in_full=True,
    )


def _convert(event: Mapping[str, Any], wanted: type[Any], expected: str) -> Any:
    try:
        return convert(event, wanted)
    except ValidationError as error:
        raise EventRefused(str(error), expected) from error


def _tag(text: str) -> ImageTag:
    try:
        return ImageTag.parse(text)
    except ValueError as error:
        raise EventRefused(str(error), "a tag, registry/repository:tag") from error


def _digest(text: str | None) -> Digest | None:
    if not text:
        return None
    if not is_digest(text):
        raise EventRefused(f"{text!r} is no digest", "sha256: and 64 hexadecimal digits")
    return Digest(text)


preload_decoders(_EcrEvent, _OwnMessage, _PageMessage, _Tags, _Direct)
