"""Whatever is pushed, moved, started and stopped, and whatever the inventory says and when."""

from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rescan.kernel.image_tag import Digest, ImageTag
from rescan.ledger.entry import Entry
from tests.support.cluster import HOUR, WITHIN, Cluster
from tests.support.life_properties import MANY

TAGS = [ImageTag.parse(f"reg.io/{name}:1") for name in ("api", "web")]
DIGESTS = [Digest(f"sha256:{letter * 64}") for letter in "abc"]
CONTEXTS = ["eu/pay", "us/pay"]
some_tag, some_digest = st.sampled_from(TAGS), st.sampled_from(DIGESTS)
some_context = st.sampled_from(CONTEXTS)
A_VERDICT = st.sampled_from(["stop", "go"])


class Running(RuleBasedStateMachine):
    """After a sweep each image that runs has a verdict of it, or there is a doubt that is told.

    No STOP ends but by a real evaluation, by being gone from Anchore, or, of an old digest, by a
    fresh inventory that no longer sees it. No verdict of one digest is told of another.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        # Something runs in each, so that a container that stops leaves no context behind.
        for context in CONTEXTS:
            self.cluster.start(
                context, ImageTag.parse("reg.io/base:1"), Digest("sha256:" + "9" * 64)
            )
        self.stopped: dict[str, Entry] = {}
        self.told = 0

    @rule(tag=some_tag, digest=some_digest, verdict=A_VERDICT)
    def push(self, tag: ImageTag, digest: Digest, verdict: str) -> None:
        """Or the tag moves, back to what it was on before perhaps."""
        self.cluster.now += HOUR
        self.cluster.push(tag, digest, verdict)

    @rule(digest=some_digest, verdict=A_VERDICT)
    def judge(self, digest: Digest, verdict: str) -> None:
        if digest in self.cluster.verdicts:
            self.cluster.verdicts[digest] = verdict

    @rule(context=some_context, tag=some_tag, digest=some_digest)
    def start(self, context: str, tag: ImageTag, digest: Digest) -> None:
        self.cluster.start(context, tag, digest)

    @rule(context=some_context, tag=some_tag, digest=some_digest)
    def stop(self, context: str, tag: ImageTag, digest: Digest) -> None:
        self.cluster.stop(context, tag, digest)

    @rule(context=some_context, silent=st.booleans(), hidden=st.booleans())
    def report(self, context: str, silent: bool, hidden: bool) -> None:
        """An agent stops, or its rows vanish; or both come back."""
        for names, is_so in ((self.cluster.silent, silent), (self.cluster.hidden, hidden)):
            (names.add if is_so else names.discard)(context)

    @rule(refused=st.booleans())
    def refuse(self, refused: bool) -> None:
        self.cluster.refused = refused

    @rule(tag=some_tag)
    def gate(self, tag: ImageTag) -> None:
        self.cluster.gate(tag)
        self._check_ends(None)

    @rule(hours=st.sampled_from([1, 6, 30]))
    def sweep(self, hours: int) -> None:
        began = self.cluster.sweep(later=hours * HOUR)
        self._check_ends(began)
        record = self.cluster.ledger.sweeps[-1].inventory
        assert record is not None
        if record.doubt is None:
            for context, tag, digest in self.cluster.runs:
                if tag in TAGS and context not in self.cluster.silent | self.cluster.hidden:
                    self._check_gated(tag, digest, began)

    def _check_gated(self, tag: ImageTag, digest: Digest, began: datetime) -> None:
        """Under its tag, as an old digest, or under another tag that is on it, as Anchore calls it.

        That it has no verdict is known, and told in time.
        """
        own = (self.cluster.entry(tag, digest), self.cluster.entry(tag))
        others = [e for e in self.cluster.ledger.entries.values() if e.digest == digest]
        entries = [*own, *(others if tag not in self.cluster.tags else [])]
        assert any(
            entry is not None
            and entry.sweep == began
            and ((entry.digest == digest and entry.verdict) or entry.failing)
            for entry in entries
        )

    def _check_ends(self, began: datetime | None) -> None:
        for subject, before in self.stopped.items():
            after = self.cluster.ledger.entries[subject]
            if after.stopped:
                continue
            is_evaluated = after.evaluated_at is not None and after.verdict is not None
            assert is_evaluated or self._is_gone(before) or self._is_unseen(before, began)
        entries = self.cluster.ledger.entries
        self.stopped = {subject: entry for subject, entry in entries.items() if entry.stopped}

    def _is_gone(self, before: Entry) -> bool:
        history = dict(self.cluster.tags.get(before.tag, ()))
        return before.old_digest not in history if before.old_digest else not history

    def _is_unseen(self, before: Entry, began: datetime | None) -> bool:
        """Of an old digest, in a sweep whose inventory is fresh: or the tag is on it again."""
        cluster, record = self.cluster, self.cluster.ledger.sweeps[-1].inventory
        if before.old_digest is None or began is None or record is None or record.doubt:
            return False
        tag_is_on = cluster.tags[before.tag][-1][0]
        if tag_is_on == before.old_digest:
            own = cluster.entry(before.tag)
            return own is not None and own.digest == before.old_digest
        rows = [
            (context, seen)
            for (context, tag, digest), (_, seen) in cluster.rows.items()
            if (tag, digest) == (before.tag, before.old_digest)
        ]
        fresh = [context for context, _ in rows if context not in cluster.silent | cluster.hidden]
        return len(fresh) == len(rows) and all(began - seen > WITHIN for _, seen in rows)

    @invariant()
    def no_verdict_is_told_of_another_digest(self) -> None:
        for result in self.cluster.results[self.told :]:
            if result["event_type"] in ("STOP", "RECOVERED"):
                known = self.cluster.entry(ImageTag.parse(result["image"]["full_tag"]))
                digest = result["image"]["digest"]
                assert digest in self.cluster.verdicts
                old = result.get("old")
                assert old is None or old["digest"] == digest
                assert known is None or old or known.digest == digest
        self.told = len(self.cluster.results)


Running.TestCase.settings = settings(
    max_examples=int(MANY or 30),
    stateful_step_count=20,
    deadline=None,
    database=None,
    derandomize=MANY is None,
)
TestRunning = Running.TestCase
