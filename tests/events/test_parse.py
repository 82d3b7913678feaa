"""What each shape of event asks for; the shapes themselves stand in `events/`."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from rescan.aws.ecr_domains import dns_suffix
from rescan.events.commands import Batch, Examine, Gate, Ignored, Sweep
from rescan.events.parse import parse_event
from rescan.gate.model import Trigger, TriggerKind
from rescan.kernel.errors import EventRefused
from rescan.kernel.image_tag import Digest, ImageTag, TagPattern
from rescan.kernel.watch_list import WatchList

DIGEST = Digest("sha256:" + "7f" * 32)
PUSH: dict[str, Any] = {
    "version": "0",
    "id": "13cde686-328b-6117-af20-0e5566167482",
    "detail-type": "ECR Image Action",
    "source": "aws.ecr",
    "account": "123456789012",
    "time": "2026-11-24T08:00:00Z",
    "region": "eu-central-1",
    "resources": [],
    "detail": {
        "result": "SUCCESS",
        "repository-name": "payments/api",
        "image-digest": DIGEST,
        "action-type": "PUSH",
        "image-tag": "2.4.1",
    },
}


def push(**changes: Any) -> dict[str, Any]:
    """The push; a change of None takes the field away, `detail__x` changes the detail."""
    event = copy.deepcopy(PUSH)
    for name, value in changes.items():
        owner = event["detail"] if name.startswith("detail__") else event
        key = name.removeprefix("detail__").replace("_", "-")
        if value is None:
            del owner[key]
        else:
            owner[key] = value
    return event


def parsed(event: object) -> object:
    return parse_event(event, dns_suffix)


def test_an_ecr_push_asks_for_its_tag_and_digest() -> None:
    assert parsed(push()) == Gate(
        ImageTag("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "payments/api", "2.4.1"),
        Trigger(TriggerKind.ECR_PUSH, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        DIGEST,
    )


def test_a_replicated_image_is_gated_in_the_region_that_it_came_to() -> None:
    replication = push(
        **{"detail-type": "ECR Replication Action"},
        region="us-west-2",
        detail__action_type="REPLICATE",
        detail__source_region="eu-central-1",
        detail__source_account="210987654321",
    )
    assert parsed(replication) == Gate(
        ImageTag("123456789012.dkr.ecr.us-west-2.amazonaws.com", "payments/api", "2.4.1"),
        Trigger(TriggerKind.ECR_PUSH, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        DIGEST,
    )


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "amazonaws.com"),
        ("eu-central-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-gov-west-1", "amazonaws.com"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("eu-central-99", "amazonaws.com"),
    ],
)
def test_the_registry_has_the_suffix_of_its_partition(region: str, suffix: str) -> None:
    gate = parsed(push(region=region))
    assert isinstance(gate, Gate)
    assert gate.tag.registry == f"123456789012.dkr.ecr.{region}.{suffix}"


COSIGN = "sha256-" + "7f" * 32


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param(push(detail__image_tag=None), "the push has no tag", id="untagged"),
        pytest.param(push(detail__image_tag=""), "the push has no tag", id="empty-tag"),
        pytest.param(push(detail__action_type="DELETE"), "action DELETE", id="delete"),
        pytest.param(push(detail__result="FAILURE"), "ended with FAILURE", id="failure"),
        pytest.param(push(detail__image_tag=f"{COSIGN}.sig"), "names a signature", id="signature"),
        pytest.param(push(detail__image_tag=f"{COSIGN}.att"), "an attestation", id="attestation"),
        pytest.param(push(detail__image_tag=f"{COSIGN}.sbom"), "or an SBOM", id="sbom"),
        *(
            pytest.param(push(detail__artifact_media_type=kind), kind, id=kind)
            for kind in (
                "application/vnd.cncf.helm.config.v1+json",
                "application/vnd.cncf.notary.signature",
                "application/vnd.dev.cosign.artifact.sig.v1+json",
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                "application/vnd.in-toto+json",
                "application/spdx+json",
                "text/spdx",
                "application/vnd.cyclonedx+json",
                "application/vnd.syft+json",
            )
        ),
    ],
)
def test_a_push_that_is_no_image_is_ignored_with_the_reason(event: object, reason: str) -> None:
    ignored = parsed(event)
    assert isinstance(ignored, Ignored)
    assert reason in ignored.reason


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(push(), id="no-media-type"),
        pytest.param(
            push(detail__artifact_media_type="application/vnd.docker.container.image.v1+json"),
            id="docker-image",
        ),
        pytest.param(
            push(detail__artifact_media_type="application/vnd.oci.image.config.v1+json"),
            id="oci-image",
        ),
        pytest.param(push(detail__artifact_media_type="application/x-new"), id="unknown-type"),
        pytest.param(push(detail__image_tag="sha256-signed"), id="tag-like-a-signature"),
        pytest.param(push(detail__image_tag="v1.sig"), id="tag-ends-like-a-signature"),
    ],
)
def test_what_may_be_an_image_is_not_ignored(event: object) -> None:
    assert isinstance(parsed(event), Gate)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {},
             "time": "2026-11-24T08:00:00Z"}, id="rule"),
        pytest.param(
            {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}",
             "time": "2026-11-24T08:00:00Z"}, id="scheduler-with-detail-as-a-string"),
    ],
)  # fmt: skip
def test_a_schedule_asks_for_the_watch_list(event: object) -> None:
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert parsed(event) == Sweep(Trigger(TriggerKind.SCHEDULE, at))


def test_a_constant_input_asks_for_its_tags() -> None:
    assert parsed({"tags": ["app:1", "team/*"]}) == Sweep(
        Trigger(TriggerKind.SCHEDULE),
        WatchList((ImageTag.parse("app:1"),), (TagPattern("docker.io/team/*"),)),
    )


def test_a_direct_invocation_asks_in_full() -> None:
    event = {"tag": "app:1", "vtype": "os", "policyId": "p1", "imageDigest": DIGEST}
    assert parsed(event) == Gate(
        ImageTag.parse("app:1"),
        Trigger(TriggerKind.DIRECT),
        DIGEST,
        vtype="os",
        policy_id="p1",
        answer_in_full=True,
    )


def test_the_checks_are_asked_for_by_name() -> None:
    assert parsed({"doctor": True}) == Examine()


@pytest.mark.parametrize("event", [{"doctor": False}, {"doctor": True, "tag": "a:1"}])
def test_what_only_looks_like_it_is_no_examination(event: object) -> None:
    with pytest.raises(EventRefused):
        parsed(event)


def test_a_batch_is_handed_on() -> None:
    event = {"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}
    assert parsed(event) == Batch(event)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        pytest.param([], "no JSON object but a list", id="list"),
        pytest.param(None, "no JSON object but a NoneType", id="null"),
        pytest.param({}, "unknown shape keys", id="empty"),
        pytest.param({"image": "app:1"}, "unknown shape keys ['image']", id="other-key"),
        pytest.param({"source": "aws.ecr", "detail-type": "ECR Image Scan"}, "ECR Image Scan",
                     id="another-ecr-event"),
        pytest.param({"source": "aws.s3", "detail-type": "Object Created"}, "aws.s3", id="s3"),
        pytest.param({"Records": []}, "no list of records", id="no-records"),
        pytest.param({"Records": [{"eventSource": "aws:s3"}]}, "other than SQS", id="s3-records"),
        pytest.param({"Records": ["x"]}, "other than SQS", id="records-of-text"),
        pytest.param({"tag": "app:1", "policyID": "p"}, "policyID", id="typo-in-a-key"),
        pytest.param({"tag": "app:1", "authorization": "x"}, "authorization", id="authorization"),
        pytest.param({"tag": "app:1", "tags": ["a"]}, "unknown field", id="both"),
        pytest.param({"tag": "app@sha256:" + "a" * 64}, "is a digest", id="digest-as-tag"),
        pytest.param({"tag": "app:1", "vtype": "any"}, "any", id="vtype"),
        pytest.param({"tag": "app:1", "imageDigest": "sha256:1"}, "is no digest", id="digest"),
        pytest.param({"tag": 1}, "Expected `str`", id="tag-of-another-type"),
        pytest.param({"tags": []}, "length >= 1", id="no-tags"),
        pytest.param({"tags": "app:1"}, "Expected `array`", id="tags-of-another-type"),
        pytest.param({"tags": ["a b"]}, "which no tag may", id="bad-tag-in-tags"),
        pytest.param(push(account="12"), "account", id="account"),
        pytest.param(push(account=None), "account", id="no-account"),
        pytest.param(push(region="moon-base-1"), "moon-base-1", id="region-of-no-partition"),
        pytest.param(push(region="eu-central-1.evil.example/x"), "region", id="region-with-more"),
        pytest.param(push(detail__image_digest="sha256:7f"), "is no digest", id="push-digest"),
        pytest.param(push(detail__repository_name=None), "repository-name", id="no-repository"),
        pytest.param(push(detail__repository_name="a b"), "which no tag may", id="repository"),
        pytest.param(push(detail="{}"), "detail", id="detail-as-a-string"),
    ],
)  # fmt: skip
def test_an_unknown_shape_is_refused_with_what_was_expected(event: object, says: str) -> None:
    with pytest.raises(EventRefused) as raised:
        parsed(event)
    assert says in str(raised.value)
    assert ". Expected " in str(raised.value)


ANY_EVENT = (
    'an "ECR Image Action" or "ECR Replication Action" of ECR, a "Scheduled Event" of EventBridge,'
    ' {"tags": [...]},'
    ' {"tag": "registry/repository:tag", "vtype"?, "policyId"?, "imageDigest"?},'
    " or an SQS batch whose bodies are one of these"
)
OF_A_PUSH = "the fields that Amazon ECR documents for an image push"
OF_TAGS = '{"tags": ["registry/repository:tag", ...]}'


@pytest.mark.parametrize(
    ("event", "problem", "expected"),
    [
        ([], "it is no JSON object but a list", ANY_EVENT),
        ({"b": 1, "a": 2}, "unknown shape keys ['a', 'b']", ANY_EVENT),
        (
            {"source": "aws.s3", "detail-type": "x"},
            "unknown shape keys ['detail-type', 'source'], source 'aws.s3', detail-type 'x'",
            ANY_EVENT,
        ),
        ({"Records": 1}, "its Records are no list of records", ANY_EVENT),
        ({"Records": [{}]}, "its Records come from something other than SQS", ANY_EVENT),
        (
            push(region="moon-base-1"),
            "the region 'moon-base-1' is of no known partition",
            OF_A_PUSH,
        ),
        (push(account=1), "Expected `str`, got `int` - at `$.account`", OF_A_PUSH),
        ({"tags": 1}, "Expected `array`, got `int` - at `$.tags`", OF_TAGS),
        (
            {"tag": 1},
            "Expected `str`, got `int` - at `$.tag`",
            '{"tag", "vtype"?, "policyId"?, "imageDigest"?}',
        ),
        (
            {"tag": "app:1", "imageDigest": "x"},
            "'x' is no digest",
            "sha256: and 64 hexadecimal digits",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_was_expected(
    event: object, problem: str, expected: str
) -> None:
    with pytest.raises(EventRefused) as raised:
        parsed(event)
    assert str(raised.value) == f"The event was refused: {problem}. Expected {expected}."


@pytest.mark.parametrize("event", [{"tag": "a b"}, push(detail__repository_name="a b")])
def test_a_tag_that_is_none_is_refused_as_one(event: object) -> None:
    with pytest.raises(EventRefused) as raised:
        parsed(event)
    assert str(raised.value).endswith(". Expected a tag, registry/repository:tag.")


def test_a_tag_of_a_list_that_is_none_is_refused_with_the_list_s_shape() -> None:
    with pytest.raises(EventRefused) as raised:
        parsed({"tags": ["a b"]})
    assert str(raised.value).endswith(f". Expected {OF_TAGS}.")


@pytest.mark.parametrize(
    "event",
    [
        {"source": "aws.events", "detail-type": "Something"},
        {"source": "aws.s3", "detail-type": "Scheduled Event"},
    ],
)
def test_what_only_looks_like_a_schedule_is_no_sweep(event: object) -> None:
    with pytest.raises(EventRefused):
        parsed(event)


def test_a_push_without_a_tag_says_why_it_is_ignored() -> None:
    ignored = Ignored("the push has no tag: an image is gated under a tag")
    assert parsed(push(detail__image_tag=None)) == ignored


def test_a_refusal_names_a_dozen_keys_at_most() -> None:
    with pytest.raises(EventRefused) as raised:
        parsed({f"key-{number:02}": 1 for number in range(20)})
    assert "'key-11']" in str(raised.value)


def test_a_refusal_repeats_no_value_that_could_be_secret() -> None:
    with pytest.raises(EventRefused) as raised:
        parsed({"password": "s3cr3t-pass", "token": "t0ken"})
    assert not any(word in str(raised.value) for word in ("s3cr3t-pass", "t0ken"))
