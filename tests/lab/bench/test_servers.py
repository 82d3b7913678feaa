"""What is measured is the function at work: on the servers of the benchmark it gates an image."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from rescan.anchore.inventory import rows_of
from rescan.gate.inventory import inventory_of
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
    # Of both names it says, once in five minutes, that scans work.
    assert counts.pop("UpdateItem") == 2
    assert counts == {"GetItem": 2, "PutItem": 2, "GetSecretValue": 1}


@pytest.mark.slow
def test_a_sweep_joins_what_the_inventory_of_the_benchmark_sees():
    with running(anchore_server, 3, 20, 0, 7) as anchore:
        rows = requests.get(f"{anchore}/v2/inventories", timeout=60).content
        answer = requests.get(f"{anchore}/v2/summaries/image-tags?page=1&limit=500", timeout=60)
    seen = inventory_of(rows_of(bytearray(rows)), datetime.now(UTC), timedelta(hours=24))
    listed = {(row["full_tag"], row["image_digest"]) for row in answer.json()["items"]}
    assert (seen.doubt, len(seen.images), len(listed)) == (None, 7, 20)
    assert {(str(image.tag), image.digest) for image in seen.images} <= listed
