"""The published schema of the results."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.paths import ROOT

SCHEMA = json.loads((ROOT / "docs" / "notice.schema.json").read_text())


def errors(result: Any) -> list[str]:
    """What the schema has against the result."""
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(result)]
