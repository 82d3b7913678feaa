"""The tree in the docstring of `rescan.errors` is the tree of its classes, fates included."""

import inspect
import re

import pytest
from msgspec import Struct

from rescan.kernel import errors
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.fate import Fate

# Four columns of branches a level, the name, and its own fate where it differs from above.
_LINE = re.compile(
    r"^ {4}(?P<branches>(?:[│ ] {3})*[├└]── |)(?P<name>[A-Z]\w+)"
    r"(?: +(?P<fate>retry|requeue|stop|alarm) +\S.*| {2,}\S.*)?$"
)


class Entry(Struct, frozen=True):
    """A line of the tree; `fate` is what the class comes to, inherited or its own."""

    parent: str | None
    fate: Fate


def documented() -> dict[str, Entry]:
    """The tree as the docstring draws it."""
    tree: dict[str, Entry] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := _LINE.match(line):
            del above[len(found["branches"]) // 4 :]
            parent = above[-1] if above else None
            own = Fate(found["fate"]) if found["fate"] else None
            tree[found["name"]] = Entry(parent, own or _inherited(tree, parent))
            above.append(found["name"])
    return tree


def _inherited(tree: dict[str, Entry], parent: str | None) -> Fate:
    return tree[parent].fate if parent else Fate.ALARM


def classes() -> dict[str, type[errors.RescanError]]:
    return {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.RescanError)
    }


def test_the_tree_is_the_class_hierarchy_with_its_fates() -> None:
    assert documented() == {
        name: Entry(None if kind is errors.RescanError else kind.__bases__[0].__name__, kind.fate)
        for name, kind in classes().items()
    }


def test_every_error_has_one_parent() -> None:
    assert {name for name, kind in classes().items() if len(kind.__bases__) > 1} == set()


def test_every_error_is_public() -> None:
    assert [name for name in classes() if name.startswith("_")] == []


@pytest.mark.parametrize("fate", Fate)
def test_every_fate_is_explained_and_met(fate: Fate) -> None:
    assert f"`{fate}`:" in (errors.__doc__ or "")
    assert fate in {kind.fate for kind in classes().values()}


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (errors.SecretUnusable, FailureCause.CREDENTIALS),
        (errors.OutOfTime, FailureCause.OTHER),
        (errors.AnchoreUnreachable, FailureCause.DOWN),
        (errors.AnchoreCertificateError, FailureCause.CERTIFICATE),
        (errors.AnchoreInterrupted, FailureCause.DOWN),
        (errors.AnchoreTimeout, FailureCause.DOWN),
        (errors.AnchoreServerError, FailureCause.DOWN),
        (errors.AnchoreAnswerCut, FailureCause.DOWN),
        (errors.AnchoreThrottled, FailureCause.THROTTLED),
        (errors.AnchoreUnauthorized, FailureCause.CREDENTIALS),
        (errors.AnchoreForbidden, FailureCause.FORBIDDEN),
        (errors.AnchoreRefused, FailureCause.WRONG_ANSWER),
        (errors.ImageUnknown, FailureCause.NOT_FOUND),
        (errors.ImageNotAnalyzed, FailureCause.NOT_ANALYZED),
        (errors.AnchoreAnswerUnreadable, FailureCause.WRONG_ANSWER),
        (errors.AnchoreAnswerTooLarge, FailureCause.OTHER),
    ],
)
def test_an_error_says_what_keeps_the_image_from_a_verdict(
    kind: type[errors.RescanError], cause: FailureCause
) -> None:
    assert kind.cause is cause


def test_an_anchore_error_says_step_problem_request_and_advice() -> None:
    error = errors.AnchoreThrottled(
        "HTTP 429",
        step="regate",
        request="GET /x",
        advice="Ask less often.",
        status=429,
        retry_after=600.0,
    )
    assert str(error) == "regate: HTTP 429 (GET /x). Ask less often."
    assert (error.problem, error.step, error.request) == ("HTTP 429", "regate", "GET /x")
    assert (error.status, error.retry_after) == (429, 600.0)


@pytest.mark.parametrize(
    ("value", "said"), [(None, "is not set"), ("ftp://x", "is 'ftp://x'")], ids=["unset", "wrong"]
)
def test_a_settings_error_says_variable_value_expectation_and_example(
    value: str | None, said: str
) -> None:
    error = errors.SettingsError("ANCHORE_URL", value, "an http(s) URL", "https://a.example.com")
    assert (error.variable, str(error)) == (
        "ANCHORE_URL",
        f"ANCHORE_URL {said}. Expected an http(s) URL. Example: ANCHORE_URL=https://a.example.com",
    )
