"""docs/troubleshooting.md quotes messages that the code has."""

import re

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
CODE = "".join(file.read_text() for file in (ROOT / "functions" / "rescan").rglob("*.py"))
HEADINGS = re.findall(r"^- \*\*(`.+?`.*?)\*\*:", PAGE, re.MULTILINE | re.DOTALL)
# What a message fills in, and what others say: Anchore, OpenSSL, AWS.
_FILLED_IN = [
    r"\.\.\.",
    r"HTTP 40\d",
    "'[^']*'",
    "sha256:",
    "to arn:aws:sns:",
    "certificate verify failed.*",
    "SNS answered .*",
]
_FILLED = "|".join(_FILLED_IN)


@pytest.mark.parametrize("message", [m for h in HEADINGS for m in re.findall("`([^`]+)`", h)])
def test_a_message_is_one_that_the_code_has(message: str):
    words = [part.strip(" :") for part in re.split(_FILLED, message)]
    missing = [part for part in words if part and part not in CODE and part != "findActiveImage"]
    assert missing == []


@pytest.mark.parametrize("line", ["image failed", "image gated"])
def test_a_log_line_to_look_for_is_one_that_the_code_writes(line: str):
    assert f"`{line}`" in PAGE
    assert f'"{line}"' in CODE
