"""When a verdict may have become another: other feeds, another policy."""

import pytest

from rescan.gate.data_version import DataVersion

NOW = DataVersion("f2", "p2")


@pytest.mark.parametrize(
    ("before", "differs"),
    [
        pytest.param(None, True, id="nothing-known"),
        pytest.param(DataVersion("f2", "p2"), False, id="the-same"),
        pytest.param(DataVersion("f1", "p2"), True, id="other-feeds"),
        pytest.param(DataVersion("f2", "p1"), True, id="another-policy"),
        pytest.param(DataVersion("f2", None), False, id="policy-not-known-before"),
        pytest.param(DataVersion("f1", None), True, id="other-feeds-and-no-policy"),
    ],
)
def test_only_what_both_know_can_differ(before: DataVersion | None, differs: bool) -> None:
    assert NOW.differs_from(before) is differs


def test_a_policy_that_can_no_longer_be_read_is_no_change() -> None:
    assert not DataVersion("f2", None).differs_from(NOW)
