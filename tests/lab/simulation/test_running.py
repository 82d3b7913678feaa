"""What runs beside the active tags, at a twentieth of the page's size."""

import pytest

from tests.lab.simulation.running import watched
from tests.lab.simulation.scenario import Figures

pytestmark = pytest.mark.slow

IMAGES, OLD = 500, 20
# The feeds and the policies.
BESIDES = 2


@pytest.fixture(scope="module")
def sweeps() -> list[tuple[Figures, dict[str, int]]]:
    return [(one.figures, one.asked) for one in watched(0.05)]


def test_inventory_costs_one_request_a_sweep(
    sweeps: list[tuple[Figures, dict[str, int]]],
) -> None:
    (before, without), (figures, asked), _ = sweeps
    assert (without.get("inventory", 0), asked["inventory"]) == (0, 1)
    assert figures.anchore_calls == before.anchore_calls + 1


def test_each_old_digest_is_one_more_image_of_three_requests(
    sweeps: list[tuple[Figures, dict[str, int]]],
) -> None:
    figures, asked = sweeps[-1]
    assert figures.messages == IMAGES + OLD
    assert figures.anchore_calls == 3 * (IMAGES + OLD) + asked["page"] + BESIDES + 1
    assert figures.stopped == OLD
