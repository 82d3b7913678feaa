"""How time and memory grow with the rows of an image, the tags of a sweep, the size of a batch."""

from collections.abc import Callable
from math import log
from statistics import linear_regression, median

from msgspec import json

from rescan.gate.blocking_findings import blocking_findings
from rescan.gate.evaluation import Finding
from rescan.gate.model import Vulnerability
from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.anchore_server import rows_document
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Curve, Limited, Measured, Point
from tests.lab.bench.function import SWEEP, environment, handle, pushes
from tests.lab.bench.memory import peak_allocated_mb
from tests.lab.bench.small_image import AWS_SECONDS
from tests.lab.bench.sweep import SQS_SECONDS
from tests.lab.bench.timing import seconds

_ROWS = (1_000, 5_000, 20_000)
_TAGS = (100, 1_000, 10_000)
_IMAGES = (1, 2, 5, 10)
_FINDINGS = 50
_TIMES = 3
_ANSWER_SECONDS = 0.2
# Of a power law through the points; 1 is linear, and a little is the noise of a few points.
_MOST = 1.1


def measure(runs: int) -> Measured:
    """The curves, and what they come to."""
    curves = (
        Curve("an image, by its vulnerability rows", "rows", _points(_ROWS, _of_rows, runs)),
        Curve("the findings of a STOP, by the rows", "rows", _points(_ROWS, _of_stop, runs)),
        Curve("a sweep, by its active tags", "tags", _points(_TAGS, _of_tags, max(1, runs // 2))),
        Curve("a batch, by its images", "images", _points(_IMAGES, _of_images, runs)),
    )
    return Measured(rows=tuple(row for curve in curves for row in _slopes(curve)), curves=curves)


def exponent(sizes: tuple[int, ...], values: tuple[float, ...]) -> float:
    """The k of value = c * size^k that is nearest to the points."""
    return linear_regression(list(map(log, sizes)), list(map(log, values))).slope


def _slopes(curve: Curve) -> tuple[Limited, ...]:
    sizes = tuple(point.size for point in curve.points)
    milliseconds = tuple(point.seconds * 1000 for point in curve.points)
    megabytes = tuple(point.megabytes for point in curve.points)
    return tuple(
        Limited(
            what=f"growth of {what} of {curve.what}",
            limit_is="linear",
            ours=(exponent(sizes, values),),
            at_most=_MOST,
            unit="exponent",
        )
        for what, values in (("the time", milliseconds), ("the memory", megabytes))
    )


_Sample = tuple[float, float]


def _points(
    sizes: tuple[int, ...], sample: Callable[[int, int], tuple[_Sample, ...]], runs: int
) -> tuple[Point, ...]:
    return tuple(_point(size, sample(size, runs)) for size in sizes)


def _point(size: int, samples: tuple[_Sample, ...]) -> Point:
    return Point(
        size,
        seconds=median(taken for taken, _ in samples),
        megabytes=median(held for _, held in samples),
    )


def _of_rows(rows: int, runs: int) -> tuple[_Sample, ...]:
    with running(anchore_server, rows, 0, 0) as anchore, running(aws_server, 0) as aws:
        variables = environment(anchore, aws)
        return tuple(in_child(variables, _image) for _ in range(runs))


def _of_stop(rows: int, runs: int) -> tuple[_Sample, ...]:
    return tuple(in_child({}, _stop, rows) for _ in range(runs))


def _of_tags(tags: int, runs: int) -> tuple[_Sample, ...]:
    with running(anchore_server, 5, tags, 0) as anchore, running(aws_server, SQS_SECONDS) as aws:
        variables = environment(anchore, aws)
        return tuple(in_child(variables, _sweep) for _ in range(runs))


def _of_images(images: int, runs: int) -> tuple[_Sample, ...]:
    with (
        running(anchore_server, 1_000, 0, _ANSWER_SECONDS) as anchore,
        running(aws_server, AWS_SECONDS) as aws,
    ):
        variables = environment(anchore, aws)
        return tuple(in_child(variables, _batch, images) for _ in range(runs))


def _image() -> _Sample:
    return _warm(lambda: handle(pushes(range(1))))


def _stop(rows: int) -> _Sample:
    listed = json.decode(rows_document(rows), type=list[Vulnerability])
    found = [_finding(row) for row in listed[:: rows // _FINDINGS]]
    return _warm(lambda: blocking_findings(found, listed))


def _finding(row: Vulnerability) -> Finding:
    trigger_id = f"{row.vuln}+{row.package_name}"
    return Finding("vulnerabilities", "package", trigger_id, action="stop")


def _sweep() -> _Sample:
    return _warm(lambda: handle(SWEEP))


def _batch(images: int) -> _Sample:
    return _warm(lambda: handle(pushes(range(images))))


def _warm(work: Callable[[], object]) -> _Sample:
    """Time, the best of a few, and peak of the work, of a function that has done it before."""
    work()
    return min(seconds(work) for _ in range(_TIMES)), peak_allocated_mb(work)
