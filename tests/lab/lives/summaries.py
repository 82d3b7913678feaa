"""Daily summaries, in a part of the lives: when they are asked for."""

from random import Random

# The share of lives that have some.
SHARE = 1 / 4
# The last one comes while it is calm, behind a sweep and before another.
_CALM_SECONDS = (7 * 3600.0, 18 * 3600.0)


def has_some(seed: int) -> bool:
    """Whether it is a life with summaries."""
    return Random(f"has summaries {seed}").random() < SHARE  # noqa: S311 - chance, no secret


def planned(seed: int, calm_at: float) -> list[float]:
    """After how many seconds each is asked for."""
    chance = Random(f"summaries {seed}")  # noqa: S311 - chance, no secret
    early = [chance.uniform(0, calm_at) for _ in range(chance.choice((0, 1)))]
    return [*early, calm_at + chance.uniform(*_CALM_SECONDS)]
