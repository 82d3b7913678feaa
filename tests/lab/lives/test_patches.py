"""The planted bugs apply to the tree as it is."""

import pytest

from tests.lab.lives.patches import DoesNotApply, changed_by, names, patched, what
from tests.support.paths import ROOT


@pytest.mark.parametrize("name", names())
def test_each_planted_bug_applies_and_says_what_is_wrong(name: str) -> None:
    for path, text in patched(name).items():
        compile(text, path, "exec")
        assert text != (ROOT / path).read_text()
    assert what(name).endswith(".")


def test_a_bug_that_no_longer_applies_is_told() -> None:
    gone = "It is gone.\n--- a/Makefile\n+++ b/Makefile\n@@ -1 +1 @@\n-nothing like it\n+other\n"
    with pytest.raises(DoesNotApply, match="0 times"):
        changed_by(gone, "gone")
