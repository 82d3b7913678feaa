"""A life as its seed plans it: whose images there are, and what happens to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from random import Random

HOUR = 3600.0
# The share of lives that have a theme.
_THEMES = 0.1
_TEAMS = ("payments", "web", "data-platform", "unrouted")
_REGISTRIES = (
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "registry.example.com",
    "reg.io:5000",
)
_NAMES = ("api", "worker", "nginx-edge", "ledger_db", "a/b/c", "x")
_TAGS = ("1.4", "latest", "v2.0.1-rc.1", "main", "2026.11")
SEVERITIES = ("Critical", "High", "Medium", "Low", "Unknown")
# The policy stops by these, and warns of the next.
STOPPING, WARNING = frozenset({"Critical", "High"}), frozenset({"Medium"})


@dataclass(frozen=True)
class Vulnerability:
    """In an image from one feed on, until another (None: for ever)."""

    name: str
    severity: str
    package: str
    since: int
    until: int | None = None


@dataclass(frozen=True)
class Tag:
    """A tag, whose it is, whether sweeps look at it, and the images that it is on in turn."""

    name: str
    team: str
    watched: bool
    digests: tuple[str, ...]
    is_poison: bool = False


@dataclass(frozen=True)
class Happening:
    """Something that happens so many seconds after the beginning; `what` says how to read it."""

    name: str
    at: float
    what: str
    tag: int = 0
    number: int = 0
    seconds: float = 0.0
    times: tuple[float, ...] = ()
    service: str = ""


@dataclass(frozen=True)
class Plan:
    """All that a seed decides before the life begins; faults at calls are drawn while it lasts.

    `calm_at`: from then on nothing fails, but the first scans of what is `unscanned`.
    """

    seed: int
    environment: Mapping[str, str]
    tags: tuple[Tag, ...]
    rows: Mapping[str, tuple[Vulnerability, ...]]
    happenings: tuple[Happening, ...]
    calm_at: float
    rates: Mapping[str, float]
    chat: bool = False
    unscanned: frozenset[str] = frozenset()
    left_out: frozenset[str] = field(default_factory=frozenset)


def digest_of(text: str) -> str:
    """A digest that a text stands for."""
    return "sha256:" + sha256(text.encode()).hexdigest()


def planned(seed: int) -> Plan:
    """The life of this seed."""
    chance = Random(f"plan {seed}")  # noqa: S311 - chance, no secret
    tags = tuple(_tags(chance))
    calm_at = chance.choice((2, 5, 8, 13, 13, 20, 30)) * HOUR
    digests = {digest for tag in tags for digest in tag.digests}
    shared = [_vulnerability(chance, f"CVE-2026-{n:04}") for n in range(chance.randint(1, 4))]
    environment = _environment(chance, tags)
    rows = {
        digest: _kept(seed, digest, _rows(chance, shared, digest)) for digest in sorted(digests)
    }
    happenings = [*_happenings(chance, tags, calm_at), *_of_the_theme(seed, calm_at)]
    return Plan(
        seed=seed,
        environment=environment,
        tags=tags,
        rows=rows,
        happenings=tuple(sorted(happenings, key=lambda h: (h.at, h.name))),
        calm_at=calm_at,
        rates=_rates(chance),
        chat=chance.random() < 0.2,
        unscanned=frozenset(filter(partial(_is_unscanned, seed), digests)),
    )


def _tags(chance: Random) -> list[Tag]:
    found: list[Tag] = []
    for number in range(chance.choice((1, 1, 2, 2, 3, 4, 6))):
        team, registry = chance.choice(_TEAMS), chance.choice(_REGISTRIES)
        repository = f"{team}/{chance.choice(_NAMES)}-{number}"
        name = f"{registry}/{repository}:{chance.choice(_TAGS)}"
        digests = tuple(digest_of(f"{name} {n}") for n in range(chance.randint(1, 3)))
        watched, poison = chance.random() < 0.85, chance.random() < 0.03
        found.append(Tag(name, team, watched, digests, poison))
    return found


def _environment(chance: Random, tags: tuple[Tag, ...]) -> dict[str, str]:
    teams = ",".join(f"{team}/*={team}" for team in _TEAMS if team != "unrouted")
    environment = {
        "TEAMS": teams,
        "DIGEST_ABOVE": str(chance.choice((1, 2, 10))),
        "PENDING_HOURS": str(chance.choice((0.5, 2))),
        "NOT_EVALUATED_HOURS": str(chance.choice((1, 6))),
        "REMINDER_HOURS": str(chance.choice((5, 24))),
        "REFRESH": chance.choice(("always", "always", "feed")),
        "WATCH": "active",
    }
    watched = [tag.name for tag in tags if tag.watched]
    # Who is not on the list is gated when it is pushed, and while it is stopped or fails.
    if len(watched) < len(tags) and watched:
        environment["WATCHED_TAGS"] = ",".join(watched)
    return environment


def _vulnerability(chance: Random, name: str) -> Vulnerability:
    since = chance.choice((0, 0, 0, 1, 1, 2, 3))
    until = since + chance.randint(1, 2) if chance.random() < 0.3 else None
    severity = chance.choices(SEVERITIES, (3, 4, 2, 2, 1))[0]
    return Vulnerability(name, severity, chance.choice(("libc", "openssl", "zlib")), since, until)


def _rows(chance: Random, shared: list[Vulnerability], digest: str) -> list[Vulnerability]:
    """The last one stops nothing."""
    rows = [row for row in shared if chance.random() < 0.5]
    rows += [
        _vulnerability(chance, f"CVE-2025-{digest[7:10]}-{n}") for n in range(chance.randint(0, 3))
    ]
    return [*rows, Vulnerability(f"CVE-2020-{digest[7:11]}", "Low", "bash", 0)]


def _is_unscanned(seed: int, digest: str) -> bool:
    """Of few images the first scans fail."""
    return Random(f"unscanned {seed} {digest}").random() < 0.15  # noqa: S311 - chance, no secret


def _kept(seed: int, digest: str, rows: list[Vulnerability]) -> tuple[Vulnerability, ...]:
    """Few images have no row, or none at times: to Anchore's clients a failed scan's twins."""
    number = Random(f"no rows {seed} {digest}").random()  # noqa: S311 - chance, no secret
    if number < 0.1:
        return ()
    return tuple(rows[:-1] if number < 0.2 else rows)


def _happenings(chance: Random, tags: tuple[Tag, ...], calm_at: float) -> list[Happening]:
    found: list[Happening] = []

    def add(what: str, at: float, **facts: object) -> None:
        found.append(Happening(f"{what}-{len(found)}", at, what, **facts))  # type: ignore[arg-type]

    for number, tag in enumerate(tags):
        moves = [0.0, *sorted(chance.uniform(0, calm_at) for _ in tag.digests[1:])]
        for position, at in enumerate(moves):
            analysis = chance.choice((0.0, 0.0, 30.0, 600.0, 4000.0))
            add("push", at, tag=number, number=position, seconds=analysis, times=_lateness(chance))
    for what, likely, facts in _KINDS:
        for _ in range(likely(chance)):
            add(what, chance.uniform(0, calm_at), **facts(chance, len(tags)))
    return found


def _lateness(chance: Random) -> tuple[float, ...]:
    """By how much each of a push's events is late: there is none, one, or two of them."""
    events = chance.choice((0, 1, 1, 1, 2))
    return tuple(chance.choice((1.0, 5.0, 400.0)) * chance.random() for _ in range(events))


def _sometimes(share: float) -> Callable[[Random], int]:
    return lambda chance: int(chance.random() < share)


def _away(service: str) -> Callable[[Random, int], dict[str, object]]:
    return lambda chance, tags: {
        "service": service,
        "seconds": chance.choice((20.0, 300.0, 3600.0, 9000.0)),
    }


def _of_a_tag(chance: Random, tags: int) -> dict[str, object]:
    return {"tag": chance.randrange(tags)}


def _nothing(chance: Random, tags: int) -> dict[str, object]:
    return {}


# What happens besides pushes, how often in a life, and its facts.
_KINDS: tuple[
    tuple[str, Callable[[Random], int], Callable[[Random, int], dict[str, object]]], ...
] = (
    ("feed", lambda chance: chance.choice((0, 1, 2, 3)), _nothing),
    (
        "policy",
        lambda chance: chance.choice((0, 0, 1, 2)),
        lambda chance, tags: {"number": chance.randrange(1000)},
    ),
    ("away", _sometimes(0.2), _away("anchore")),
    ("away", _sometimes(0.2), _away("table")),
    ("away", _sometimes(0.2), _away("topic")),
    ("away", _sometimes(0.2), _away("queue")),
    ("deploy", _sometimes(0.2), _nothing),
    ("gone", _sometimes(0.15), _of_a_tag),
    (
        "throttle",
        _sometimes(0.1),
        lambda chance, tags: {"seconds": chance.choice((60.0, 2000.0))},
    ),
    ("direct", _sometimes(0.3), _of_a_tag),
)


def _of_the_theme(seed: int, calm_at: float) -> list[Happening]:
    """A few lives have one: the topic is away for hours in which feeds and policies change.

    So several notices of an image wait, and a STOP ends before anybody was told of it.
    """
    chance = Random(f"theme {seed}")  # noqa: S311 - chance, no secret
    if chance.random() >= _THEMES:
        return []
    begin = chance.choice((0.0, chance.uniform(0, calm_at)))
    changes = sorted(chance.uniform(begin, calm_at) for _ in range(4))
    number = chance.randrange(1000)
    return [
        Happening("silence", begin, "away", seconds=0.9 * (calm_at - begin), service="topic"),
        Happening("theme-feed", changes[1], "feed"),
        *(
            Happening(f"theme-policy-{n}", at, "policy", number=number)
            for n, at in enumerate(changes)
            if n != 1
        ),
    ]


def _rates(chance: Random) -> dict[str, float]:
    """How likely each fault is at a call: most lives have a few kinds of them."""
    rates: dict[str, float] = {}
    for kind in (
        "kill before",
        "kill after",
        "lost",
        "refused",
        "throttled",
        "conflict",
        "slow",
        "wrong",
    ):
        if chance.random() < 0.5:
            rates[kind] = chance.choice((0.01, 0.03, 0.08))
    # Only one in a dozen wrong answers is wrong in a given way.
    if "wrong" in rates:
        rates["wrong"] *= chance.choice((1, 3))
    return rates
