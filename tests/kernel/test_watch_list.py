"""Which tags a sweep looks at."""

import pytest

from rescan.kernel.image_tag import ImageTag
from rescan.kernel.watch_list import WatchList

ACTIVE = [ImageTag.parse(t) for t in ("reg.io/a:1", "reg.io/b:1", "reg.io/b:2", "nginx:1")]


@pytest.mark.parametrize(
    ("entries", "watched"),
    [
        pytest.param([], ["reg.io/a:1", "reg.io/b:1", "reg.io/b:2", "docker.io/nginx:1"], id="all"),
        pytest.param(["", "  "], list(map(str, ACTIVE)), id="blank-entries-name-nothing"),
        pytest.param(["reg.io/x:9"], ["reg.io/x:9"], id="a-named-tag-need-not-be-active"),
        pytest.param(["reg.io/b:*"], ["reg.io/b:1", "reg.io/b:2"], id="pattern"),
        pytest.param(["*:1", "reg.io/b:1"], ["reg.io/b:1", "reg.io/a:1", "docker.io/nginx:1"],
                     id="named-first-and-once"),
        pytest.param(["nginx:1", "docker.io/nginx:1"], ["docker.io/nginx:1"], id="same-tag-once"),
        pytest.param(["reg.io/c:*"], [], id="pattern-without-a-match"),
    ],
)  # fmt: skip
def test_watched_tags(entries: list[str], watched: list[str]) -> None:
    assert [str(tag) for tag in WatchList.parse(entries).select(ACTIVE)] == watched


@pytest.mark.parametrize(
    ("entries", "needed"), [([], True), (["a:1"], False), (["a:*"], True), (["a:1", "b:*"], True)]
)
def test_the_active_tags_are_listed_only_when_needed(entries: list[str], needed: bool) -> None:
    assert WatchList.parse(entries).needs_listing is needed


def test_a_pattern_without_a_match_is_told() -> None:
    watch_list = WatchList.parse(["reg.io/b:*", "reg.io/typo:*"])
    assert watch_list.unmatched(ACTIVE) == ("reg.io/typo:*",)


@pytest.mark.parametrize("entry", ["a b:1", "app@sha256:" + "a" * 64, "team/[ab]:*"])
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"a b|sha256|\[ab\]"):
        WatchList.parse(["good:1", entry])
