"""The published schema of the results, and the one of the version before."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.paths import ROOT

SCHEMA = json.loads((ROOT / "docs" / "notice.schema.json").read_text())
SCHEMA_1 = json.loads(Path(__file__).with_name("notice.schema.1.json").read_text())


def errors(result: Any) -> list[str]:
    """What the schema has against the result, where it may have no other fields than it names."""
    return _errors(_CLOSED, result)


def open_errors(result: Any) -> list[str]:
    """What the schema has against the result, as its readers hold them together."""
    return _errors(_OPEN, result)


def errors_of_version_1(result: Any) -> list[str]:
    """What the schema of version 1 has against what a reader of that version takes from it.

    A kind of change that came with version 2 is one that such a reader passes over.
    """
    changes = result["changes"] or {}
    if changes:
        known = SCHEMA_1["$defs"]["changed_finding"]["properties"]["change"]["enum"]
        findings = [found for found in changes["findings"] if found["change"] in known]
        result = result | {"changes": changes | {"findings": findings}}
    return _errors(_VERSION_1, _known(result | {"version": "1"}, SCHEMA_1))


def _errors(validator: Draft202012Validator, result: Any) -> list[str]:
    return [error.message for error in validator.iter_errors(result)]


def _validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _closed(schema: Any) -> Any:
    """The same, and no object has a field without a description."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    return {"additionalProperties": False} | closed if "properties" in schema else closed


def _known(value: Any, schema: Any) -> Any:
    """The value without the fields that the schema does not name."""
    schema = _referred(schema)
    if isinstance(value, list):
        return [_known(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    fields = schema["properties"]
    return {name: _known(part, fields[name]) for name, part in value.items() if name in fields}


def _referred(schema: Any) -> Any:
    """What the schema refers to; of an object or null, the object."""
    schema = schema.get("anyOf", [schema])[0]
    return SCHEMA_1["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


_OPEN, _CLOSED, _VERSION_1 = map(_validator, (SCHEMA, _closed(SCHEMA), SCHEMA_1))
