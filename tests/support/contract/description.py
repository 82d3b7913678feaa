"""An OpenAPI description that requests and answers are held against; openapi-core is the judge."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import requests
import yaml  # type: ignore[import-untyped]
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse


class Description:
    """A description in YAML; `trusted`: whether the description itself is not checked first."""

    def __init__(self, file: Path, *, trusted: bool = False) -> None:
        read = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        # Through JSON: YAML makes numbers of statuses, and moments of the times in examples.
        self._document: dict[str, Any] = json.loads(json.dumps(read, default=str))
        config = Config(extra_media_type_deserializers={"application/problem+json": _json})
        if trusted:
            # The checks of 15,000 lines take longer than all tests of this folder.
            config.spec_validator_cls = None  # type: ignore[assignment]  # None means: no checks
        self._openapi = OpenAPI.from_dict(self._document, config=config)

    def wrong_with_request(self, request: requests.PreparedRequest) -> list[str]:
        """What the description does not allow; parameters that it does not know included."""
        asked = RequestsOpenAPIRequest(request)
        errors = self._openapi.iter_request_errors(asked)
        return [*_told(errors), *self._unknown_parameters(asked)]

    def wrong_with_response(
        self, request: requests.PreparedRequest, response: requests.Response
    ) -> list[str]:
        """What the description does not allow, field by field."""
        asked, answered = RequestsOpenAPIRequest(request), RequestsOpenAPIResponse(response)
        return list(_told(self._openapi.iter_response_errors(asked, answered)))

    def parameters(self, method: str, path: str) -> dict[str, dict[str, Any]]:
        """Those of the query by their names; `path` as the description has it."""
        declared = self._document["paths"][path][method].get("parameters", [])
        return {p["name"]: p for p in map(self._resolved, declared) if p["in"] == "query"}

    def fields(self, schema: str) -> set[str]:
        """Of the schema by this name."""
        return set(self._document["components"]["schemas"][schema].get("properties", ()))

    def _unknown_parameters(self, asked: RequestsOpenAPIRequest) -> Iterator[str]:
        """A server ignores them, so openapi-core does."""
        declared = self._operation(asked).get("parameters", [])
        known = {p["name"] for p in map(self._resolved, declared) if p["in"] == "query"}
        yield from (f"unknown parameter {n}" for n in asked.parameters.query if n not in known)

    def _operation(self, asked: RequestsOpenAPIRequest) -> dict[str, Any]:
        for template, operations in self._document["paths"].items():
            pattern = "/v2" + re.sub(r"\{\w+\}", "[^/]+", template)
            if re.fullmatch(pattern, asked.path) and asked.method in operations:
                operation: dict[str, Any] = operations[asked.method]
                return operation
        return {}

    def _resolved(self, parameter: dict[str, Any]) -> dict[str, Any]:
        reference = parameter.get("$ref")
        if reference is None:
            return parameter
        found: dict[str, Any] = self._document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
        return found


def _json(body: bytes) -> Any:
    return json.loads(body)


def _told(errors: Iterable[Exception]) -> Iterator[str]:
    for error in errors:
        fields = getattr(error.__cause__, "schema_errors", None)
        if fields is None:
            yield f"{type(error).__name__}: {error}"
        else:
            yield from (f"{field.json_path}: {field.message:.200}" for field in fields)
