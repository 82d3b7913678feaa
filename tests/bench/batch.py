"""An SQS batch of ten images: as long as one of them."""

from tests.bench import anchore_server, aws_server
from tests.bench.canned_server import running
from tests.bench.child import in_child
from tests.bench.figures import Compared, Measured
from tests.bench.function import environment, handle, pushes
from tests.bench.small_image import AWS_SECONDS
from tests.bench.timing import seconds

__all__ = ["measure"]

_IMAGES = 10
_ANSWER_SECONDS = 0.2
_TIMES = 3


def measure(runs: int) -> Measured:
    """The row of the batch."""
    times = runs * _TIMES
    with (
        running(anchore_server, 5, 0, _ANSWER_SECONDS) as anchore,
        running(aws_server, AWS_SECONDS) as aws,
    ):
        taken = in_child(environment(anchore, aws), batches, _IMAGES, times)
    return Measured(
        rows=(
            Compared(
                what=f"an SQS batch of {_IMAGES} images, Anchore in 200 ms, AWS in 5 ms",
                floor_is="three answers one after the other, 600 ms",
                ours=taken,
                floor=(3 * _ANSWER_SECONDS,) * times,
                at_most=1.08,
            ),
        )
    )


def batches(images: int, times: int) -> tuple[float, ...]:
    """How long each of so many batches of different images takes, the first one apart."""
    handle(pushes(range(images)))
    return tuple(seconds(lambda: handle(pushes(range(images)))) for _ in range(times))
