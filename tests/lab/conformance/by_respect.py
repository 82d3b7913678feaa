"""The workflow, run by Redocly Respect from an Arazzo document.

The runner does not say what a workflow's outputs were. So it is given a document of two steps:
run the workflow, then post its outputs to a loopback server.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from msgspec import Struct
from msgspec import json as msgspec_json

from rescan_cli.replay.har import Recording
from rescan_cli.replay.router import NotRecorded
from rescan_cli.replay.server import ReplayServer
from tests.lab.conformance.redocly import Finished, Redocly
from tests.lab.conformance.run import ListeningReplay, Outputs, Run

_OUTPUTS = ("imageDigest", "vulnerabilities", "finalAction")


class Document(Struct, frozen=True):
    """An Arazzo document; `source` is its name for the OpenAPI description of Anchore."""

    path: Path
    source: str


def run_by_respect(
    redocly: Redocly,
    document: Document,
    workflow: str,
    recording: Recording,
    inputs: Mapping[str, str],
) -> tuple[Run, Finished]:
    """The run, and how the runner liked it. What was not recorded is answered 501."""
    listening = ListeningReplay(recording)
    telling = document.path.with_name("telling.arazzo.json")
    with _told() as (url, told):
        telling.write_text(json.dumps(_telling(document.path.name, workflow, inputs, url)))
        try:
            with ReplayServer(listening) as anchore:
                servers = {document.source: f"{anchore.url}/v2"}
                finished = redocly.respect(telling, servers, inputs)
        except NotRecorded:
            pass  # the runner has met it as a 501
    outputs = told[0] if told else Outputs()
    return Run(tuple(listening.asked), outputs), finished


def _telling(document: str, workflow: str, inputs: Mapping[str, str], url: str) -> dict[str, Any]:
    run = {
        "stepId": "run",
        "workflowId": f"$sourceDescriptions.subject.workflows.{workflow}",
        "parameters": [{"name": name, "value": f"$inputs.{name}"} for name in inputs],
        "outputs": {name: f"$outputs.{name}" for name in _OUTPUTS},
        "onFailure": [{"name": "failed", "type": "goto", "stepId": "tell"}],
    }
    tell = {
        "stepId": "tell",
        "x-operation": {"method": "post", "url": url},
        "requestBody": {
            "contentType": "application/json",
            "payload": {name: f"$steps.run.outputs.{name}" for name in _OUTPUTS},
        },
    }
    properties = {name: {"type": "string"} for name in inputs}
    return {
        "arazzo": "1.0.1",
        "info": {"title": "Runs a workflow and tells its outputs", "version": "1.0.0"},
        "sourceDescriptions": [{"name": "subject", "url": document, "type": "arazzo"}],
        "workflows": [
            {
                "workflowId": "tell-outputs",
                "inputs": {"type": "object", "properties": properties},
                "steps": [run, tell],
            }
        ],
    }


@contextmanager
def _told() -> Iterator[tuple[str, list[Outputs]]]:
    """A server that takes outputs: its URL, and those it was told."""
    told: list[Outputs] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append(msgspec_json.decode(body, type=Outputs))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/outputs", told
        finally:
            server.shutdown()
            thread.join()
