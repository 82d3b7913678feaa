"""Tags are completed as Anchore completes them, and only then compared."""

import pytest

from rescan.kernel.image_tag import ImageTag, TagPattern, is_digest

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag"),
    [
        pytest.param("nginx", "docker.io", "nginx", "latest", id="bare-name"),
        pytest.param("nginx:1.25", "docker.io", "nginx", "1.25", id="no-registry"),
        pytest.param("library/nginx", "docker.io", "library/nginx", "latest", id="library-stays"),
        pytest.param("docker.io/nginx", "docker.io", "nginx", "latest", id="library-not-added"),
        pytest.param("team/app:1", "docker.io", "team/app", "1", id="first-part-without-dot"),
        pytest.param("reg.io/team/app:1", "reg.io", "team/app", "1", id="first-part-with-dot"),
        pytest.param("reg:5000/app:1", "reg:5000", "app", "1", id="registry-with-port"),
        pytest.param("reg:5000/app", "reg:5000", "app", "latest", id="port-is-no-tag"),
        pytest.param("localhost/app:1", "localhost", "app", "1", id="localhost"),
        pytest.param("localbuild/app:1", "localbuild", "app", "1", id="localbuild"),
        pytest.param(f"{ECR}/a/b/c:v-1.0_x", ECR, "a/b/c", "v-1.0_x", id="ecr-nested"),
        pytest.param("  nginx:1 ", "docker.io", "nginx", "1", id="surrounding-space"),
        pytest.param("app:", "docker.io", "app", "latest", id="empty-tag"),
    ],
)
def test_a_tag_is_completed(text: str, registry: str, repository: str, tag: str) -> None:
    assert ImageTag.parse(text) == ImageTag(registry, repository, tag)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "1 to 512 characters", id="empty"),
        pytest.param("a" * 513, "1 to 512 characters", id="too-long"),
        pytest.param("app:1 2", "' '", id="space-inside"),
        pytest.param("app\n:1", r"'\\n'", id="line-end"),
        pytest.param("app*:1", r"'\*'", id="pattern"),
        pytest.param("app@sha256:" + "a" * 64, "is a digest", id="digest-reference"),
        pytest.param("sha256:" + "a" * 64, "is a digest", id="digest"),
        pytest.param("a" * 64, "is a digest or an image id", id="image-id"),
        pytest.param("reg.io/:1", "names no repository", id="no-repository"),
        pytest.param("reg.io//app:1", "names no repository", id="empty-part"),
        pytest.param("reg.io/app:1:2", "more than one tag", id="two-tags"),
        pytest.param("reg.io/app:1/b", "more than one tag", id="tag-in-the-middle"),
    ],
)
def test_what_is_no_tag_is_refused_with_its_fault(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ImageTag.parse(text)


def test_a_full_name_is_its_own_completion() -> None:
    assert str(ImageTag.parse(str(ImageTag.parse("nginx")))) == "docker.io/nginx:latest"


@pytest.mark.parametrize(
    ("name", "same"),
    [
        pytest.param("docker.io/nginx:latest", True, id="full-name"),
        pytest.param("nginx", True, id="short-name"),
        pytest.param("docker.io/library/nginx:latest", False, id="library-is-another"),
        pytest.param("docker.io/nginx:LATEST", False, id="case-counts"),
        pytest.param("docker.io/nginx:latest-1", False, id="longer"),
        pytest.param("", False, id="empty"),
        pytest.param(None, False, id="not-said"),
        pytest.param("docker.io/nginx@sha256:" + "a" * 64, False, id="no-tag"),
    ],
)
def test_a_name_is_compared_after_completion(name: str | None, same: bool) -> None:
    assert ImageTag.parse("nginx").is_called(name) is same


@pytest.mark.parametrize(
    ("pattern", "tag", "matches"),
    [
        pytest.param("*", "reg.io/a:1", True, id="everything"),
        pytest.param("nginx:*", "docker.io/nginx:1", True, id="registry-completed"),
        pytest.param("team/*", "docker.io/team/app:1", True, id="star-spans-the-tag"),
        pytest.param("team/*", "reg.io/team/app:1", False, id="other-registry"),
        pytest.param("*/team/*:prod-*", f"{ECR}/team/app:prod-7", True, id="three-stars"),
        pytest.param("*/team/*:prod-*", f"{ECR}/team/app:dev-7", False, id="other-tag"),
        pytest.param("*/team/app", f"{ECR}/team/app:latest", True, id="latest-completed"),
        pytest.param("*/team/app", f"{ECR}/team/app:1", False, id="only-latest"),
        pytest.param("reg.io/a.p:*", "reg.io/axp:1", False, id="dot-is-a-dot"),
        pytest.param("reg.io/App:*", "reg.io/app:1", False, id="case-counts"),
    ],
)
def test_a_pattern_matches_full_names(pattern: str, tag: str, matches: bool) -> None:
    assert TagPattern.parse(pattern).matches(ImageTag.parse(tag)) is matches


@pytest.mark.parametrize("pattern", ["team/[ab]:*", "team/?:*", "a b*"])
def test_a_pattern_knows_no_other_wildcard(pattern: str) -> None:
    with pytest.raises(ValueError, match="which no tag may"):
        TagPattern.parse(pattern)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        pytest.param("sha256:" + "aB3" * 21 + "0", True, id="hexadecimal"),
        pytest.param("sha256:" + "a" * 63, False, id="short"),
        pytest.param("sha256:" + "a" * 64 + "/../..", False, id="path"),
        pytest.param("sha512:" + "a" * 64, False, id="other-algorithm"),
    ],
)
def test_a_digest_is_sha256_and_64_digits(text: str, digest: bool) -> None:
    assert is_digest(text) is digest
