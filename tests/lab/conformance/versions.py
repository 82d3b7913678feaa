"""What each version of Anchore's API ignores of our requests, as a table of docs/conformance.md."""

from collections import defaultdict
from collections.abc import Iterable

from tests.lab.conformance.verdicts import Verdict, table

REFEREE = "Anchore's descriptions, by version"
VERSIONS = (
    "2.0.0", "2.1.0", "2.2.0", "2.3.0", "2.4.0", "2.5.0", "2.6.0", "2.6.1", "2.7.2", "2.8.0",
    "2.10.0", "2.10.1", "2.10.2", "2.11.0", "2.11.1", "2.12.0", "2.12.1", "2.13.0",
)  # fmt: skip
OPERATIONS = (
    "list images",
    "vulnerabilities",
    "check",
    "submit",
    "list tags",
    "inventory",
    "feeds, policies",
    "doctor",
)
# By the version that begins to know the parameter of `GET /summaries/image-tags`.
_SINCE = {"limit": "2.4.0", "page": "2.4.0", "order_by": "2.4.0"}
_SENT = {"list tags": ("limit", "page", "order_by"), "doctor": ("limit", "page")}

_TEXT = """Every request of ours in every mode, each valid in every description that Anchore has
published of its API (`enterprise-client-go`). A server ignores a parameter that it does not know.

- `limit`, `page`, `order_by`: one answer holds all tags. The same page again ends the
  sweep's reading (`test_a_server_before_2_4_which_ignores_the_page_has_answered_all`).
- `base_digest=auto` is a digest to all of them; 2.6.0 is the first that explains `auto`. Before it
  `doctor` calls BASE_IMAGE a fix."""


def numbers(version: str) -> tuple[int, ...]:
    """To be compared."""
    return tuple(map(int, version.split(".")))


def ignored(version: str, operation: str) -> list[str]:
    """The parameters of our requests that this version does not know."""
    sent = _SENT.get(operation, ())
    return [name for name in sent if numbers(version) < numbers(_SINCE[name])]


def as_markdown(heard: Iterable[Verdict]) -> str:
    """The section, or nothing when the descriptions were not heard."""
    outcomes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for verdict in heard:
        version, _, operation = verdict.branch.partition(" ")
        outcomes[version][operation] = verdict.outcome
    rows = [
        [version, *(_cell(version, it, outcomes[version].get(it, "skipped")) for it in OPERATIONS)]
        for version in VERSIONS
    ]
    return "\n\n".join([f"## {REFEREE}", _TEXT, table(["API", *OPERATIONS], rows)])


def _cell(version: str, operation: str, outcome: str) -> str:
    if outcome != "passed":
        return {"failed": "**differs**"}.get(outcome, "not run")
    names = ", ".join(f"`{name}`" for name in ignored(version, operation))
    return f"ignores {names}" if names else "agrees"
