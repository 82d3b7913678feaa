"""What is measured is the function at work: on the servers of the benchmark it gates an image."""

import pytest
import requests

from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.function import environment, handle, pushes


@pytest.mark.slow
def test_an_image_that_is_a_go_reads_the_ledger_once_and_writes_it_once():
    with running(anchore_server, 3, 0, 0) as anchore, running(aws_server, 0) as aws:
        answer = in_child(environment(anchore, aws), handle, pushes(range(2)))
        counts = requests.get(f"{aws}/counts", timeout=60).json()
    assert answer == {"batchItemFailures": []}
    assert counts == {"GetItem": 2, "PutItem": 2, "GetSecretValue": 1}
