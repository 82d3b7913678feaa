"""The floor of a cold start is one: it does what the function does, and nothing is left out."""

from pathlib import Path

import pytest
import requests

from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.canned_server import running
from tests.lab.bench.cold_start import Starter, ways_to_start
from tests.lab.bench.function import environment


@pytest.mark.slow
def test_each_way_to_start_makes_the_same_calls_of_aws(tmp_path: Path) -> None:
    with running(anchore_server, 5, 0, 0) as anchore, running(aws_server, 0) as aws:
        starter = Starter(tmp_path / "client", environment(anchore, aws))
        calls = []
        for way in ways_to_start(tmp_path):
            started = starter.start(way, way.staged)
            assert len(started.parts()) == 5
            calls.append(requests.get(f"{aws}/counts", timeout=60).json())
    assert calls == [{"GetSecretValue": 1, "GetItem": 1, "UpdateItem": 1, "PutItem": 1}] * 3
