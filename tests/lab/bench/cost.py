"""What a thousand images cost, from measured CPU and the wait on Anchore.

Sources: AWS Lambda pricing, US East (N. Virginia), arm64, first tier; AWS Lambda developer guide,
"Configure Lambda function memory": at 1,769 MB a function has one vCPU, and below it its share.
"""

from statistics import median

from msgspec import Struct

from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.batch import MEMORY
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.function import environment, handle, pushes
from tests.lab.bench.memory import peak_rss_mb
from tests.lab.bench.small_image import AWS_SECONDS
from tests.lab.bench.timing import cpu_seconds

GB_SECOND_DOLLARS = 0.0000133334
REQUEST_DOLLARS = 0.20 / 1_000_000
LATENCIES = (0.2, 2.0, 20.0)
BATCHES = (1, 5, 10, 100)
# So many images in flight, by batches of these sizes, on the default MemorySize.
IN_FLIGHT, DEFAULT_MB = 200, 512
MEMORY_SIZES = (256, 512, 1024, 1769)
ORDINARY_ROWS = 500
LONG_ROWS = 20_000
_ANSWERS = 3
_LEDGER_CALLS = 2
_FULL_CPU_MB = 1769
# What Lambda's own processes and a second long answer in the same moment may take.
_HEADROOM = 1.25


class Work(Struct, frozen=True):
    """One batch: CPU for images of ordinary length, the process's peak with long ones."""

    images: int
    cpu_seconds: float
    peak_mb: float


class Cost(Struct, frozen=True):
    """Of a thousand images."""

    gb_seconds: float
    dollars: float


def cost_of_thousand(work: Work, answer_seconds: float, memory_mb: int) -> Cost:
    """With so many seconds for each of Anchore's answers: waiting is paid like working."""
    share = min(1.0, memory_mb / _FULL_CPU_MB)
    waiting = _ANSWERS * answer_seconds + _LEDGER_CALLS * AWS_SECONDS
    invocations = 1000 / work.images
    gb_seconds = invocations * (waiting + work.cpu_seconds / share) * memory_mb / 1024
    return Cost(gb_seconds, gb_seconds * GB_SECOND_DOLLARS + invocations * REQUEST_DOLLARS)


def smallest_that_holds(work: Work) -> int:
    """The smallest of MEMORY_SIZES with room for the peak; the largest when none has."""
    needed = work.peak_mb * 1e6 / 2**20 * _HEADROOM
    return next((size for size in MEMORY_SIZES if size >= needed), MEMORY_SIZES[-1])


def measure_work(runs: int) -> tuple[Work, ...]:
    """A batch of each size."""
    with running(aws_server, AWS_SECONDS) as aws:
        with running(anchore_server, ORDINARY_ROWS, 0, 0) as anchore:
            variables = environment(anchore, aws)
            cpu = {batch: in_child(variables, _cpu, batch, runs) for batch in BATCHES}
        # All lists of a batch are held while Anchore evaluates.
        with running(anchore_server, LONG_ROWS, 0, LATENCIES[0]) as anchore:
            variables = environment(anchore, aws) | MEMORY
            peaks = {batch: in_child(variables, _peak, batch) for batch in BATCHES}
    return tuple(Work(batch, cpu[batch], peaks[batch]) for batch in BATCHES)


def _cpu(images: int, runs: int) -> float:
    handle(pushes(range(images)))
    return median(cpu_seconds(lambda: handle(pushes(range(images)))) for _ in range(5 * runs))


def _peak(images: int) -> float:
    handle(pushes(range(images)))
    return peak_rss_mb()
