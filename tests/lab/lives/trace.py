"""What is seen of a life from outside: what went in, what came out, and which faults there were.

No word of the product: the auditor judges by these alone. Times are seconds since the life began,
on the world's own clock.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened; `who` is the invocation that it happened to, if any."""

    at: float
    who: str


Findings = tuple[tuple[str, str], ...]  # each vulnerability with its severity


@dataclass(frozen=True, slots=True)
class Truth(Seen):
    """What Anchore says of a tag from now on; `digest` None: no image bears it.

    `action` is what the policy comes to, None while the image is not analyzed. A tag with a digest
    behind an @ is that digest, whatever the tag is on; None: Anchore does not have it.
    """

    tag: str
    digest: str | None
    action: str | None
    findings: Findings


@dataclass(frozen=True, slots=True)
class Pushed(Seen):
    """An image was pushed; its event comes so many `times`."""

    tag: str
    digest: str
    times: int


@dataclass(frozen=True, slots=True)
class Asked(Seen):
    """An answer of Anchore's to one step; `sound`: it is whole, true, and of what was asked.

    `moment` is the time that an evaluation bears. `records` are those of images of several
    platforms: the digest of each, with the state of its analysis. `held` are vulnerabilities that
    an allowlist keeps from counting, each with the moment until which it does.
    """

    step: str
    tag: str | None
    digest: str | None
    said: str
    findings: Findings = ()
    sound: bool = True
    moment: str | None = None
    records: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """A row of Anchore's inventory: what runs in a context, and when it was seen there."""

    tag: str
    digest: str | None
    context: str
    first_seen: float
    last_seen: float


@dataclass(frozen=True, slots=True)
class Inventoried(Seen):
    """Anchore answered the whole inventory, as it was."""

    rows: tuple[Ran, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a message names; `notice` is the id of what it would have got alone.

    `findings` are those that stop it, as far as the message lists them. `old`: it runs by its
    digest, and the tag has moved on. `reason` is what a group says of it.
    """

    notice: str
    tag: str
    digest: str | None
    findings: Findings
    old: bool = False
    reason: str = ""

    @property
    def subject(self) -> str:
        """What readers take it for: a tag, or a digest that runs under it."""
        return f"{self.tag}@{self.digest}" if self.old else self.tag


@dataclass(frozen=True, slots=True)
class Covered:
    """What a message says of a sweep: when it began, and what its images came to."""

    started: float
    expected: int
    evaluated: int
    absent: int
    missing: int


@dataclass(frozen=True, slots=True)
class Summed:
    """The figures of a summary: images by their tag, and whether each is an old digest."""

    stopped: tuple[tuple[str, bool], ...]
    total: int
    not_evaluated: tuple[tuple[str, bool], ...]
    sweep: Covered | None


@dataclass(frozen=True, slots=True)
class Published(Seen):
    """A message that SNS took; `answered`: the function heard so.

    `decided` is when its newest notice was decided, on the function's clock, `moment` the time that
    the evaluation bears, and `whole` says that it is about one image, with all its findings.
    `platforms` are those that it names: the digest of each, and what it came to. `held` are the
    findings that it says are held back, each with the moment until which they are. `summed` has
    the figures of a summary.
    """

    container: str
    channel: str
    id: str
    kind: str
    team: str
    images: tuple[Image, ...]
    answered: bool
    moment: str | None = None
    reason: str = ""
    whole: bool = True
    decided: float = 0.0
    platforms: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, float], ...] = ()
    summed: Summed | None = None


@dataclass(frozen=True, slots=True)
class Refused(Seen):
    """A message that SNS never takes, of the images that it names."""

    channel: str
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Fault(Seen):
    """Something went wrong at a call; `number` is the call's in its invocation."""

    kind: str
    call: str
    number: int


@dataclass(frozen=True, slots=True)
class Started(Seen):
    """Lambda invokes a container with an event; `what` says with which, `message` of a queue."""

    container: str
    what: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Ended(Seen):
    """`how` is answered, failed (with an error of the tree), crashed (with any other) or killed."""

    how: str
    container: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Crashed(Seen):
    """The function logged an exception that it did not expect."""

    error: str


@dataclass(frozen=True, slots=True)
class Sent(Seen):
    """A message went to a queue; `sweep` is when the sweep began that it is of, if any.

    `digest` is that of a push. The tag has an @ and the digest where an old one is asked for. A
    message for a `page` of a sweep asks for no image.
    """

    queue: str
    message: str
    tag: str | None
    delay: int
    sweep: float | None = None
    digest: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Left(Seen):
    """A message left its queue: `how` is done, dead or redriven."""

    message: str
    how: str


@dataclass(frozen=True, slots=True)
class Wrote(Seen):
    """An item of the table was written or deleted; `key` names it."""

    key: str
    how: str


@dataclass(frozen=True, slots=True)
class Measured(Seen):
    """The metrics of an invocation."""

    values: dict[str, float] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Calm(Seen):
    """From now on nothing fails, and nothing changes."""


@dataclass(frozen=True, slots=True)
class Rest(Seen):
    """What is left in the end."""

    waiting: int
    aside: int
    flights: int
    is_claimed: bool
    queued: int
    dead: int
    deferred: int


@dataclass(frozen=True, slots=True)
class Estate:
    """The images that are watched, whose each is, and within how long a STOP is to be known.

    `only_running`: those that do not run are not watched. What was seen for no longer than
    `running_within_seconds` ago runs. `indexes` has the index of each digest that is a platform.
    """

    teams: dict[str, str]
    watched: frozenset[str]
    channels: frozenset[str]
    sweep_seconds: float
    reminder_seconds: float
    not_evaluated_seconds: float
    only_running: bool = False
    running_within_seconds: float = 0.0
    indexes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole life."""

    seed: int
    estate: Estate
    seen: list[Seen]
