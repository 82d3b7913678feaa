"""Properties of whole lives: sequences of what happens, drawn by hypothesis, and known ones."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

MANY = os.environ.get("PROPERTY_EXAMPLES")


def for_any(
    moment: type,
    facts: dict[str, st.SearchStrategy[Any]],
    *known: list[Any],
    examples: int,
    shortest: int,
) -> Callable[[Any], Any]:
    """The test for so many lives of up to 8 moments, and for those found to be worth it.

    They are the same ones at each run, unless PROPERTY_EXAMPLES asks for so many new ones.
    """

    def decorate(test: Any) -> Any:
        lives = st.lists(st.builds(moment, **facts), min_size=shortest, max_size=8)
        test = given(lives)(test)
        for life in known:
            test = example(life)(test)
        return settings(
            max_examples=int(MANY or examples),
            deadline=None,
            database=None,
            derandomize=MANY is None,
        )(test)

    return decorate
