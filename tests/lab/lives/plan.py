"""A life as its seed plans it: whose images there are, and what happens to them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from random import Random

from tests.lab.lives import allowlist, batches, pages, platforms, summaries
from tests.lab.lives.digests import digest_of
from tests.lab.lives.pages import Pages

HOUR = 3600.0
# The share of lives that have a theme.
_SCANNERS = 0.15
_THEMES = 0.1
# The share of lives whose sweeps ask what runs.
_INVENTORIES = 0.25
_CONTEXTS = ("prod/always", "prod/payments", "prod/web", "edge-7")
# Before the calm: agents report what has changed, and then nothing changes any more.
_REPORTED_SECONDS = 900.0
_FOR_EVER = 1e9
_TEAMS = ("payments", "web", "data-platform", "unrouted")
_REGISTRIES = (
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "registry.example.com",
    "reg.io:5000",
)
_NAMES = ("api", "worker", "nginx-edge", "ledger_db", "a/b/c", "x")
_TAGS = ("1.4", "latest", "v2.0.1-rc.1", "main", "2026.11")
SEVERITIES = ("Critical", "High", "Medium", "Low", "Unknown")
# A long analysis is one poll of the push after the other, each the same: few are long.
_ANALYSIS_SECONDS, _ANALYSIS_SHARES = (0.0, 30.0, 150.0, 600.0, 4000.0), (24, 16, 10, 4, 1)
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

    `calm_at`: from then on nothing fails, but the first scans of what is `unscanned`. `contexts`
    are those of the inventory; without any no sweep asks what runs. `indexes` are the digests that
    have several platforms, `items` those of allowlists that end. `pages` are those of its sweeps.
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
    contexts: tuple[str, ...] = ()
    indexes: platforms.Indexes = field(default_factory=dict)
    items: tuple[allowlist.Item, ...] = ()
    batch_size: int = 1
    pages: Pages | None = None
    left_out: frozenset[str] = field(default_factory=frozenset)


def planned(seed: int) -> Plan:
    """The life of this seed."""
    chance = Random(f"plan {seed}")  # noqa: S311 - chance, no secret
    tags = tuple(_tags(chance))
    calm_at = chance.choice((2, 5, 8, 13, 13, 20, 30)) * HOUR
    has_platforms = platforms.has_some(seed)
    calm_at = min(calm_at, platforms.LONGEST_SECONDS) if has_platforms else calm_at
    digests = {digest for tag in tags for digest in tag.digests}
    shared = [_vulnerability(chance, f"CVE-2026-{n:04}") for n in range(chance.randint(1, 4))]
    environment = _environment(chance, tags)
    rows = {
        digest: _kept(seed, digest, _rows(chance, shared, digest)) for digest in sorted(digests)
    }
    happenings = [*_happenings(chance, tags, calm_at), *_of_the_theme(seed, calm_at)]
    happenings += _scanner_fails(seed, calm_at)
    happenings += [
        Happening(f"summary-{at:.0f}", at, "summary") for at in _summaries(seed, calm_at)
    ]
    running = Random(f"what runs {seed}")  # noqa: S311 - chance, no secret
    contexts = _CONTEXTS[: running.randint(2, 4)] if running.random() < _INVENTORIES else ()
    if contexts:
        environment |= _environment_with_inventory(running, tags)
        tags = tuple(_moving(running, tag) for tag in tags)
        newest = {tag.digests[-1] for tag in tags} - digests
        rows |= {digest: tuple(_rows(running, shared, digest)) for digest in sorted(newest)}
        happenings += _of_what_runs(running, tags, contexts, happenings, calm_at)
    of_tags = {tag.name: tag.digests for tag in tags}
    indexes = platforms.planned(seed, of_tags) if has_platforms else {}
    several = [one.digest for every in indexes.values() for one in every]
    rows |= {digest: _of_platform(seed, shared, digest) for digest in several}
    return Plan(
        seed=seed,
        environment=environment | _environment_with_pages(seed, tags, contexts),
        tags=tags,
        rows=rows,
        happenings=tuple(sorted(happenings, key=lambda h: (h.at, h.name))),
        calm_at=calm_at,
        rates=_rates(chance),
        chat=chance.random() < 0.2,
        unscanned=frozenset(filter(partial(_is_unscanned, seed), (*digests, *several))),
        contexts=contexts,
        indexes=indexes,
        items=_items(seed, rows, calm_at),
        batch_size=batches.largest(seed),
        pages=_pages(seed, tags, contexts),
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
        "PENDING_HOURS": str(chance.choice((0.5, 0.5, 2))),
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
        _vulnerability(chance, f"CVE-2025-{digest[7:15]}-{n}") for n in range(chance.randint(0, 3))
    ]
    return [*rows, Vulnerability(f"CVE-2020-{digest[7:15]}", "Low", "bash", 0)]


def _summaries(seed: int, calm_at: float) -> list[float]:
    return summaries.planned(seed, calm_at) if summaries.has_some(seed) else []


def _scanner_fails(seed: int, calm_at: float) -> list[Happening]:
    """In few lives every scan fails for hours, while Anchore answers as if all were well."""
    chance = Random(f"scanner {seed}")  # noqa: S311 - chance, no secret
    if chance.random() >= _SCANNERS:
        return []
    begin, seconds = chance.uniform(0, calm_at), chance.choice((1.0, 3.0, 9.0, 20.0)) * HOUR
    seconds = min(seconds, calm_at - begin)
    return [Happening("scanner", begin, "away", seconds=seconds, service="scanner")]


def _items(
    seed: int, rows: Mapping[str, tuple[Vulnerability, ...]], calm_at: float
) -> tuple[allowlist.Item, ...]:
    if not allowlist.has_some(seed):
        return ()
    every = (row for found in rows.values() for row in found if row.severity in STOPPING)
    return allowlist.planned(seed, {row.name: row.package for row in every}, calm_at)


def _of_platform(seed: int, shared: list[Vulnerability], digest: str) -> tuple[Vulnerability, ...]:
    chance = Random(f"rows {seed} {digest}")  # noqa: S311 - chance, no secret
    return _kept(seed, digest, _rows(chance, shared, digest))


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
            analysis = chance.choices(_ANALYSIS_SECONDS, _ANALYSIS_SHARES)[0]
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


def _environment_with_inventory(chance: Random, tags: tuple[Tag, ...]) -> dict[str, str]:
    """Patterns instead of names: who names all tags has no need to ask what there is."""
    patterns = [f"{tag.name.rpartition(':')[0]}:*" for tag in tags if tag.watched]
    return {
        "WATCH": chance.choice(("all", "all", "running")),
        "RUNNING_WITHIN_HOURS": str(chance.choice((1, 2, 6))),
        "WATCHED_TAGS": ",".join(patterns) if len(patterns) < len(tags) else "",
    }


def _pages(seed: int, tags: tuple[Tag, ...], contexts: tuple[str, ...]) -> Pages | None:
    has_some = pages.has_some(seed, asks_what_runs=bool(contexts))
    return pages.planned(seed, [tag.name for tag in tags]) if has_some else None


def _environment_with_pages(
    seed: int, tags: tuple[Tag, ...], contexts: tuple[str, ...]
) -> dict[str, str]:
    """Patterns here as well, beside some names."""
    if not pages.has_some(seed, asks_what_runs=bool(contexts)):
        return {}
    names = [tag.name for tag in tags if tag.watched]
    return {"WATCHED_TAGS": pages.watched(seed, names, others=len(names) < len(tags))}


def _moving(chance: Random, tag: Tag) -> Tag:
    """Most tags move on once more: what runs on is an old digest then."""
    if chance.random() < 0.3:
        return tag
    return replace(tag, digests=(*tag.digests, digest_of(f"{tag.name} newest")))


def _of_moves(
    chance: Random, tags: tuple[Tag, ...], happenings: list[Happening], calm_at: float
) -> Iterator[Happening]:
    """The pushes that these lives have besides; a tag may move back, too."""
    pushed = {(one.tag, one.number) for one in happenings if one.what == "push"}
    for tag, number in ((tag, len(tags[tag].digests) - 1) for tag in range(len(tags))):
        if (tag, number) not in pushed:
            yield Happening(
                f"push-on-{tag}",
                chance.uniform(0.1, 0.7) * calm_at,
                "push",
                tag=tag,
                number=number,
                seconds=chance.choice((0.0, 30.0, 600.0)),
                times=_lateness(chance),
            )
    if chance.random() < 0.2:
        at, back = chance.uniform(0, calm_at), chance.randrange(len(tags))
        yield Happening(f"push-back-{back}", at, "push", tag=back, times=_lateness(chance))


def _of_what_runs(
    chance: Random,
    tags: tuple[Tag, ...],
    contexts: tuple[str, ...],
    happenings: list[Happening],
    calm_at: float,
) -> list[Happening]:
    """What starts and stops where, and what becomes of the agents that tell of it.

    Many a workload goes on with its digest when the tag moves.
    """
    found = list(_of_moves(chance, tags, happenings, calm_at))
    last = calm_at - _REPORTED_SECONDS

    def add(what: str, at: float, **facts: object) -> None:
        found.append(Happening(f"{what}-runs-{len(found)}", at, what, **facts))  # type: ignore[arg-type]

    every = [*happenings, *found]
    pushes = [one for one in every if one.what == "push" and one.at < last]
    for push, context in product(pushes, contexts[1:]):
        if chance.random() < 0.6:
            begin = min(last, push.at + chance.choice((0.0, 600.0, 9000.0)) * chance.random())
            seconds = chance.choice((_FOR_EVER, _FOR_EVER, chance.uniform(0, calm_at)))
            seconds = _ending(begin, seconds, last)
            facts = {"tag": push.tag, "number": push.number, "seconds": seconds}
            add("run", begin, service=context, **facts)
    if chance.random() < 0.2:
        stranger = {"tag": chance.randrange(len(tags)), "number": -1, "seconds": _FOR_EVER}
        add("run", chance.uniform(0, last), service=contexts[-1], **stranger)
    return [*found, *_of_agents(chance, contexts, last)]


def _of_agents(chance: Random, contexts: tuple[str, ...], last: float) -> Iterator[Happening]:
    """They fall silent, their contexts vanish, or nobody may read what they tell."""
    for what, context in product(("silence", "vanish"), contexts[1:]):
        if chance.random() < 0.4:
            # Late rather than early: only what has moved on by then is lost.
            begin = last * max(chance.random(), chance.random())
            seconds = chance.choice((3600.0, 9000.0, _FOR_EVER))
            seconds = _ending(begin, seconds, last)
            yield Happening(f"{what}-{context}", begin, what, service=context, seconds=seconds)
    if chance.random() < 0.3:
        begin, how = chance.uniform(0, last), chance.choice(("refused", "empty", "silent"))
        seconds = min(chance.choice((3600.0, 30000.0)), last - begin)
        what = "silence" if how == "silent" else "withhold"
        for where in contexts if how == "silent" else (how,):
            yield Happening(f"{what}-all-{where}", begin, what, service=where, seconds=seconds)


def _ending(begin: float, seconds: float, last: float) -> float:
    """How long it lasts: what does not last for ever ends before the calm."""
    return seconds if seconds == _FOR_EVER else min(seconds, last - begin)


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
