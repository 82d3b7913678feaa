"""An SQS batch of ten images: as long as one of them."""

from tests.lab.bench import anchore_server, aws_server
from tests.lab.bench.anchore_server import tag_of
from tests.lab.bench.bare import BareAnchore
from tests.lab.bench.canned_server import running
from tests.lab.bench.child import in_child
from tests.lab.bench.figures import Compared, Measured
from tests.lab.bench.function import environment, handle, pushes
from tests.lab.bench.small_image import AWS_SECONDS
from tests.lab.bench.timing import Turns, by_turns

_IMAGES = 10
_ANSWER_SECONDS = 0.2
_TIMES = 3


def measure(runs: int) -> Measured:
    """The row of the batch."""
    with (
        running(anchore_server, 5, 0, _ANSWER_SECONDS) as anchore,
        running(aws_server, AWS_SECONDS) as aws,
    ):
        turns = in_child(environment(anchore, aws), _turns, anchore, runs * _TIMES)
    return Measured(
        rows=(
            Compared(
                what=f"an SQS batch of {_IMAGES} images, Anchore in 200 ms, AWS in 5 ms",
                floor_is="three answers one after the other, 600 ms and what the server adds",
                ours=turns.ours,
                floor=turns.floor,
                at_most=1.08,
            ),
        )
    )


def _turns(anchore: str, times: int) -> Turns:
    bare = BareAnchore(anchore)
    batch = range(_IMAGES)
    return by_turns(lambda: handle(pushes(batch)), lambda: bare.three(tag_of(0)), times, warm=1)
