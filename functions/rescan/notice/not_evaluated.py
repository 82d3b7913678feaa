"""NOT_EVALUATED: an image could not be evaluated for a while. It never ends a STOP."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from rescan.gate.model import Step
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.safe_text import one_line
from rescan.ledger.news import NotEvaluatedNews
from rescan.notice import result_shapes as shapes
from rescan.notice.foreign import foreign
from rescan.notice.image_notice import ImageNotice, Verbs, shortened
from rescan.notice.issues import failure_issue
from rescan.notice.paragraphs import fact, items, paragraph, row
from rescan.notice.result import encoded, image_result, moment_or_none
from rescan.notice.subject import image_subject
from rescan.notice.times import age, moment, rfc3339
from rescan.outbox.envelope import Issue
from rescan.outbox.group import Group

_WORDS = {
    FailureCause.GONE: "no longer in Anchore",
    FailureCause.NOT_FOUND: "not in Anchore",
    FailureCause.CREDENTIALS: "credentials refused",
    FailureCause.FORBIDDEN: "access refused",
    FailureCause.THROTTLED: "Anchore throttles",
    FailureCause.CERTIFICATE: "certificate not trusted",
    FailureCause.DOWN: "Anchore does not answer",
    FailureCause.ANALYSIS_FAILED: "analysis failed",
    FailureCause.NOT_ANALYZED: "not analyzed yet",
    FailureCause.SCAN_FAILED: "vulnerability scan failed",
    FailureCause.NOT_MAPPED: "no mapping rule",
    FailureCause.WRONG_ANSWER: "an answer that nobody understands",
    FailureCause.OTHER: "another reason",
}
# A team cannot mend the platform: its notice says who must act.
_FOR_THE_PLATFORM = "This waits for whoever runs Anchore and the watcher. They act: "
# What they do, which is the same for one image and for many.
_PLATFORM_STEPS = {
    FailureCause.CREDENTIALS: "check the secret that ANCHORE_SECRET_ARN names: an expired"
    " password, a revoked key?",
    FailureCause.FORBIDDEN: "check the role of the function's user in Anchore, and"
    " ANCHORE_ACCOUNT.",
    FailureCause.THROTTLED: "ask Anchore for less at a time (MaxConcurrency), or give it more"
    " power.",
    FailureCause.CERTIFICATE: "check CA_BUNDLE and Anchore's certificate: expired, or of another"
    " CA?",
    FailureCause.DOWN: "see whether Anchore is up, and reachable from the function's network.",
    FailureCause.NOT_ANALYZED: "look at Anchore's analyzers: is one at work, how long is the"
    " queue?",
    FailureCause.SCAN_FAILED: "see in Anchore whether the feeds are in sync and the image can be"
    " scanned. If it really has no vulnerability any more, the next evaluation says so.",
    FailureCause.WRONG_ANSWER: "check ANCHORE_URL, ANCHORE_DIALECT and POLICY_ID: did Anchore or a"
    " proxy before it change?",
}
_EVERY_IMAGE = " Other images are likely to fail in the same way: mend this first."
_FURTHER = {
    FailureCause.CREDENTIALS: _EVERY_IMAGE,
    FailureCause.FORBIDDEN: _EVERY_IMAGE,
    FailureCause.CERTIFICATE: _EVERY_IMAGE,
    FailureCause.WRONG_ANSWER: _EVERY_IMAGE,
    FailureCause.DOWN: " If it is, and this image alone fails, look for its digest in Anchore's"
    " log.",
}
_IMAGE_STEPS = {
    FailureCause.GONE: "If it was removed on purpose, there is nothing to do, but a watch list that"
    " names it is to leave it out. If it still runs anywhere, add it to Anchore again: until then"
    " nobody watches it.",
    FailureCause.NOT_FOUND: "Check the name on the watch list, registry included: Anchore stores a"
    " name as it was added, docker.io/nginx and docker.io/library/nginx are two. If it is right,"
    " add the image to Anchore; if it is gone for good, have it taken off the list.",
    FailureCause.ANALYSIS_FAILED: "Have Anchore analyze the image again, and look for the failure"
    " in the analyzer's log.",
    FailureCause.NOT_MAPPED: "Ask the owner of the policy for a mapping of the image: without one"
    " Anchore answers go to everything.",
    FailureCause.OTHER: "Read the reason in this notice; the function's log has more under the"
    " image's name.",
}
_AT = {
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

    @staticmethod
    def group_steps(group: Group) -> list[str]:
        step = _PLATFORM_STEPS.get(group.cause) if group.cause else None
        return [
            _FOR_THE_PLATFORM
            + (step or "find out why; the function's log has more under each image's name."),
            "Until that is mended, a reason to stop one of these images goes unnoticed; the last"
            " verdict of each stays.",
            "It is tried again by itself.",
        ]

    @property
    def cause(self) -> FailureCause:
        return self.news.failing.cause

    @property
    def _is_absent(self) -> bool:
        """Whether Anchore works, and has no such image."""
        return self.cause in (FailureCause.GONE, FailureCause.NOT_FOUND)

    def issues(self) -> Iterator[Issue]:
        yield failure_issue(self.news.failing, str(self.news.tag), _WORDS[self.cause])

    # --- what has happened, and what to do

    @property
    def subject(self) -> str:
        """E.g. "NOT EVALUATED for 7 h, still STOP: payments/api:2.4.1"."""
        return image_subject(f"{self._state}: ", self.news.tag)

    @property
    def headline(self) -> str:
        return f"{self._state}: {self.name}."

    @property
    def _state(self) -> str:
        """For how long, and whether the image is stopped."""
        words = f", {_WORDS[self.cause]}" if self._is_absent else ""
        how_long = f" for {age(self.news.failing.since, self.news.at)}"
        still = ", still STOP" if self.news.first_stop_at else ""
        return f"{self.kind}{'' if self._is_gone else how_long}{words}{still}"

    @property
    def _is_gone(self) -> bool:
        return self.cause is FailureCause.GONE

    @property
    def _meaning(self) -> str:
        """Since when there is no verdict, and which one stays."""
        since = f"There is no verdict since {moment(self.news.failing.since)}. "
        verdict = "" if self._is_gone else since
        if (first := self.news.first_stop_at) is not None:
            stopped = f"STOP, since {moment(first)} ({age(first, self.news.at)})"
            return f"{verdict}The last verdict stays: {stopped}."
        return f"{verdict}No STOP stands against it, but a reason for one would go unnoticed."

    @cached_property
    def steps(self) -> list[str]:
        """By cause; a standing STOP is told again."""
        step = _IMAGE_STEPS.get(self.cause)
        platform_step = _FOR_THE_PLATFORM + _PLATFORM_STEPS.get(self.cause, "")
        steps = [step or platform_step + _FURTHER.get(self.cause, "")]
        if self.news.first_stop_at is not None:
            steps.append("Do not deploy the image: nothing says that what stopped it is gone.")
        if not self._is_absent:
            steps.append("It is tried again by itself; what runs already goes on running.")
        return steps

    # --- the mail

    def mail_paragraphs(self) -> Iterator[Sequence[str]]:
        """What it means, what else to do, the facts."""
        yield paragraph(self._meaning)
        yield items(self.steps[1:], title="WHAT ELSE TO DO")
        yield items(self.remarks())
        yield list(self._facts())
        yield self.digest_lines()

    def _facts(self) -> Iterator[str]:
        yield from self.image_facts()
        if self.policy_id:
            yield fact("Policy", foreign(self.policy_id, 200))
        yield from row("Step", self._step())
        yield from row("Why", shortened(self.news.failing.reason, 500))
        yield self.trigger_fact()

    def _step(self) -> str:
        step = self.news.failing.step
        known = next((words for name, words in _AT.items() if name.value == step), None)
        named = foreign(one_line(step, 80) or "not said")
        return f"{named} ({known})" if known else named

    # --- the chat message

    @property
    def chat_lead(self) -> str:
        return f"{self.headline} {self._meaning}"

    def chat_lines(self) -> Iterator[str]:
        yield from super().chat_lines()
        failing = self.news.failing
        yield f"Step {foreign(failing.step, 80)}: {foreign(failing.reason)}"

    # --- the result

    def result(self) -> str:
        failing = self.news.failing
        return encoded(
            replace(
                image_result(self.news, self.news.event_type),
                first_stop_at=moment_or_none(self.news.first_stop_at),
                failing=shapes.Failing(
                    since=rfc3339(failing.since),
                    step=one_line(failing.step, 80),
                    reason=one_line(failing.reason, 500),
                ),
            )
        )
