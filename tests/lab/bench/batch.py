"""An SQS batch, of ten images and of a hundred: as long as one of them."""

from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.anchore_server import tag_of
from tests.lab.bench.bare import BareAnchore
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Compared, Measured
from tests.lab.bench.function import environment, handle, pushes
from tests.lab.bench.small_image import AWS_SECONDS
from tests.lab.bench.timing import Turns, by_turns

_TIMES = 3
# What MemorySize is by default; it bounds how many bytes of answers are held.
MEMORY = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}


def measure(runs: int) -> Measured:
    """A row for each batch."""
    return Measured(
        rows=(
            _batch(10, 0.2, "three answers one after the other, 600 ms", 1.08, runs * _TIMES),
            # Six seconds for each turn of ours, and as many for the floor.
            _batch(100, 2.0, "three answers one after the other, 6 s", 1.15, runs),
        )
    )


def _batch(images: int, seconds: float, floor_is: str, at_most: float, times: int) -> Compared:
    with (
        running(anchore_server, 5, 0, seconds) as anchore,
        running(aws_server, AWS_SECONDS) as aws,
    ):
        variables = environment(anchore, aws) | MEMORY
        turns = in_child(variables, _turns, anchore, images, times)
    return Compared(
        what=f"an SQS batch of {images} images, Anchore in {seconds * 1000:,.0f} ms, AWS in 5 ms",
        floor_is=f"{floor_is} and what the server adds",
        ours=turns.ours,
        floor=turns.floor,
        at_most=at_most,
    )


def _turns(anchore: str, images: int, times: int) -> Turns:
    bare = BareAnchore(anchore)
    batch = range(images)
    return by_turns(lambda: handle(pushes(batch)), lambda: bare.three(tag_of(0)), times, warm=1)
