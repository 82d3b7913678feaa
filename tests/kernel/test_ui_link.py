"""The address of an image in Anchore's UI, by the template that the deployment gives."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.ui_link import UiLink

TAG = ImageTag("123456789012.dkr.ecr.eu-west-1.amazonaws.com:443", "payments/api", "2.4.1")
DIGEST = "sha256:" + "9f" * 32
WHOLE = "https://anchore.example.com:8443/ui/#/images/{registry}/{repository}/{tag}?d={digest}"


def test_names_are_put_in_percent_encoded() -> None:
    assert UiLink.parse(WHOLE).of(TAG, DIGEST) == (
        "https://anchore.example.com:8443/ui/#/images/"
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com%3A443/payments%2Fapi/2.4.1"
        f"?d=sha256%3A{'9f' * 32}"
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("http://a/{tag}/{tag}", "http://a/2.4.1/2.4.1", id="twice"),
        pytest.param("https://a.example.com/images", "https://a.example.com/images", id="none"),
        pytest.param("https://a?q={repository}", "https://a?q=payments%2Fapi", id="query-alone"),
    ],
)
def test_any_number_of_placeholders_will_do(template: str, expected: str) -> None:
    assert UiLink.parse(template).of(TAG, None) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("anchore.example.com/{tag}", "an http", id="no-scheme"),
        pytest.param("ftp://a/{tag}", "an http", id="another-scheme"),
        pytest.param("javascript:alert({tag})", "an http", id="script"),
        pytest.param("https://{registry}/images", "after its host", id="host-of-others"),
        pytest.param("https://a.{registry}/images", "after its host", id="host-of-others-within"),
        pytest.param("https://a@b/{tag}", "an http", id="user-name"),
        pytest.param("https://a/{tag", "an http", id="open-brace"),
        pytest.param("https://a/{tag}\n", "an http", id="line-end"),
        pytest.param("https://a/<{tag}>", "an http", id="brackets"),
        pytest.param("https://a/{image}", r"no other placeholders than \{registry\}", id="unknown"),
        pytest.param("https://a/{}", "no other placeholders", id="empty"),
        pytest.param("https://a/{Tag}", "no other placeholders", id="capitals"),
    ],
)
def test_template_that_is_no_address_is_refused(template: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        UiLink.parse(template)


@pytest.mark.parametrize(
    ("tag", "digest"),
    [
        pytest.param(TAG, None, id="digest-not-known"),
        pytest.param(ImageTag("r.io", "..", "1"), DIGEST, id="folder-above"),
        pytest.param(ImageTag("r.io", "app", "."), DIGEST, id="same-folder"),
        pytest.param(ImageTag("r.io", "\u6aa2" * 256, "1"), DIGEST, id="too-long"),
    ],
)
def test_image_that_the_template_cannot_name_has_no_link(tag: ImageTag, digest: str | None) -> None:
    assert UiLink.parse(WHOLE).of(tag, digest) is None


@given(st.text(), st.text(), st.text(), st.text())
def test_no_name_leaves_its_place_in_the_address(
    registry: str, repository: str, tag: str, digest: str
) -> None:
    address = UiLink.parse(WHOLE).of(ImageTag(registry, repository, tag), digest)
    if address is not None:
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc, parts.path) == (
            "https",
            "anchore.example.com:8443",
            "/ui/",
        )
        assert parts.fragment.count("/") == 4
        assert parts.fragment.count("?") == 1
        assert address.isascii()
        assert not set(address) & set(" \n<>\"'`()[]{}|\\^*!;")
