"""NOT_EVALUATED: an image could not be evaluated for a while. It never ends a STOP."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from rescan.gate.model import Step
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import NotEvaluatedNews
from rescan.notice import result_shapes as shapes
from rescan.notice.content import Paragraph
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import ImageNotice, Verbs, shortened
from rescan.notice.issues import failure_issue
from rescan.notice.mail import fact, items, paragraph, row
from rescan.notice.result import encoded, image_result, moment_or_none
from rescan.notice.times import age, moment, rfc3339
from rescan.outbox.envelope import Envelope
from rescan.outbox.group import Group


class _Failure(Struct, frozen=True):
    """A cause in words, and the step that ends it; `more` is said of one image alone."""

    words: str
    step: str
    more: str = ""


_EVERY_IMAGE = " Other images are likely to fail in the same way: mend this first."
# A team cannot mend the platform: its notice says who must act, for one image as for many.
_FOR_THE_PLATFORM = "This waits for whoever runs Anchore and the watcher. They act: "
_OF_THE_PLATFORM = {
    FailureCause.CREDENTIALS: _Failure(
        "credentials refused",
        "check the secret that ANCHORE_SECRET_ARN names: an expired password, a revoked key?",
        _EVERY_IMAGE,
    ),
    FailureCause.FORBIDDEN: _Failure(
        "access refused",
        "check the role of the function's user in Anchore, and ANCHORE_ACCOUNT.",
        _EVERY_IMAGE,
    ),
    FailureCause.THROTTLED: _Failure(
        "Anchore throttles",
        "ask Anchore for less at a time (MaxConcurrency), or give it more power.",
    ),
    FailureCause.CERTIFICATE: _Failure(
        "certificate not trusted",
        "check CA_BUNDLE and Anchore's certificate: expired, or of another CA?",
        _EVERY_IMAGE,
    ),
    FailureCause.DOWN: _Failure(
        "Anchore does not answer",
        "see whether Anchore is up, and reachable from the function's network.",
        " If it is, and this image alone fails, look for its digest in Anchore's log.",
    ),
    FailureCause.NOT_ANALYZED: _Failure(
        "not analyzed yet", "look at Anchore's analyzers: is one at work, how long is the queue?"
    ),
    FailureCause.SCAN_FAILED: _Failure(
        "vulnerability scan failed",
        "see in Anchore whether the feeds are in sync and the image can be scanned. If it really"
        " has no vulnerability, the next evaluation says so.",
    ),
    FailureCause.WRONG_ANSWER: _Failure(
        "an answer that nobody understands",
        "check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID: did Anchore or a proxy before it"
        " change?",
        _EVERY_IMAGE,
    ),
}
# Anchore works, and has no such image.
_ABSENCES = {
    FailureCause.GONE: _Failure(
        "no longer in Anchore",
        "If it was removed on purpose, there is nothing to do, but a watch list that names it is to"
        " leave it out. If it still runs anywhere, add it to Anchore again: until then nobody"
        " watches it.",
    ),
    FailureCause.NOT_FOUND: _Failure(
        "not in Anchore",
        "Check the name on the watch list, registry included: Anchore stores a name as it was"
        " added, docker.io/nginx and docker.io/library/nginx are two. If it is right, add the image"
        " to Anchore; if it is gone for good, have it taken off the list.",
    ),
}
_FAILURES = {
    **_OF_THE_PLATFORM,
    **_ABSENCES,
    FailureCause.ANALYSIS_FAILED: _Failure(
        "analysis failed",
        "Have Anchore analyze the image again, and look for the failure in the analyzer's log.",
    ),
    FailureCause.NOT_MAPPED: _Failure(
        "no mapping rule",
        "Ask the owner of the policy for a mapping of the image: without one Anchore answers go to"
        " everything.",
    ),
    FailureCause.OTHER: _Failure(
        "another reason",
        "Read the reason in this notice; the function's log has more under the image's name.",
    ),
}
_ADD_OR_REDEPLOY = (
    "Redeploy what runs with an image that Anchore knows, or have Anchore analyze this digest:"
    " AddMissingImages submits it, dated when it was first seen."
)
_STEPS = {
    Step.FIND_ACTIVE_IMAGE: "looking the image up",
    Step.REFRESH_VULNERABILITIES: "refreshing its vulnerabilities",
    Step.REGATE: "evaluating the policy",
    Step.LIST_TAGS: "listing the active tags",
}


class NotEvaluatedNotice(ImageNotice):
    """What keeps the image from a verdict, and which verdict stays."""

    kind = "NOT EVALUATED"
    verbs = Verbs("has no verdict", "have no verdict")
    effect = "KEEPS THEM FROM A VERDICT"

    news: NotEvaluatedNews

    def __init__(self, news: NotEvaluatedNews) -> None:
        super().__init__(news)
        self.failing = news.failing
        self._failure = _FAILURES[news.failing.cause]
        self._is_absent = news.failing.cause in _ABSENCES

    @staticmethod
    def group_steps(group: Group) -> list[str]:
        failure = _OF_THE_PLATFORM.get(group.cause) if group.cause else None
        unknown = "find out why; the function's log has more under each image's name."
        return [
            f"{_FOR_THE_PLATFORM}{failure.step if failure else unknown}",
            "Until that is mended, a reason to stop one of these images goes unnoticed; the last"
            " verdict of each stays.",
            "It is tried again by itself.",
        ]

    @cached_property
    def labels(self) -> Envelope:
        issue = failure_issue(self.failing, str(self.news.tag), self._failure.words)
        return self.envelope([issue], cause=self.failing.cause)

    # --- what has happened, and what to do

    def subject(self) -> str:
        """E.g. "NOT EVALUATED for 7 h, still STOP: payments/api:2.4.1"."""
        return self.with_name(f"{self._state()}: ")

    def headline(self) -> str:
        return f"{self._state()}: {self.name}."

    def _state(self) -> str:
        """For how long, and whether the image is stopped."""
        how_long = f" for {age(self.failing.since, self.news.at)}"
        absent = f", {self._failure.words}" if self._is_absent else ""
        still = ", still STOP" if self.news.first_stop_at else ""
        return f"{self.kind}{'' if self._is_gone else how_long}{absent}{still}"

    @property
    def _is_gone(self) -> bool:
        return self.failing.cause is FailureCause.GONE

    def _meaning(self) -> str:
        """Since when there is no verdict, and which one stays."""
        since = f"There is no verdict since {moment(self.failing.since)}. "
        verdict = "" if self._is_gone else since
        if (first := self.news.first_stop_at) is not None:
            stopped = f"STOP, since {moment(first)} ({age(first, self.news.at)})"
            return f"{verdict}The last verdict stays: {stopped}."
        return f"{verdict}No STOP stands against it, but a reason for one would go unnoticed."

    def steps(self) -> list[str]:
        who = _FOR_THE_PLATFORM if self.failing.cause in _OF_THE_PLATFORM else ""
        steps = [f"{who}{self._failure.step}{self._failure.more}"]
        if self.news.old is not None and self._is_absent:
            steps = [_ADD_OR_REDEPLOY]
        if self.news.first_stop_at is not None:
            steps.append("Do not deploy the image: nothing says that what stopped it is gone.")
        if not self._is_absent:
            steps.append("It is tried again by itself; what runs already goes on running.")
        return steps

    # --- the mail

    def mail_paragraphs(self, other_steps: Sequence[str]) -> Iterator[Paragraph]:
        yield paragraph(self._meaning())
        yield items(other_steps, title="WHAT ELSE TO DO")
        yield items(self.remarks())
        yield list(self._facts())
        yield self.digest_lines()

    def _facts(self) -> Iterator[str]:
        yield from self.image_facts()
        if self.labels.policy_id:
            yield fact("Policy", foreign(self.labels.policy_id, 200))
        yield from row("Step", self._step())
        yield from row("Why", shortened(self.failing.reason, 500))
        yield self.trigger_fact()

    def _step(self) -> str:
        step = self.failing.step
        known = next((words for name, words in _STEPS.items() if name.value == step), None)
        named = foreign(one_line(step, 80) or "not said")
        return f"{named} ({known})" if known else named

    # --- the chat message

    def chat_lead(self) -> str:
        return f"{self.headline()} {self._meaning()}"

    def chat_lines(self) -> Iterator[str]:
        yield from super().chat_lines()
        yield f"Step {foreign(self.failing.step, 80)}: {foreign(self.failing.reason)}"

    # --- the result

    def result(self) -> str:
        failing = shapes.Failing(
            since=rfc3339(self.failing.since),
            step=one_line(self.failing.step, 80),
            reason=one_line(self.failing.reason, 500),
        )
        common = image_result(self.news, self.news.event_type)
        first_stop_at = moment_or_none(self.news.first_stop_at)
        return encoded(replace(common, first_stop_at=first_stop_at, failing=failing))
