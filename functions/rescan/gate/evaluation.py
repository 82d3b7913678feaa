"""One evaluation of a policy as Anchore answers it: findings, problems, what is suppressed."""

import re
from datetime import datetime

from msgspec import Struct

from rescan.kernel.safe_text import one_line

_NUMBERS = re.compile(r"\d+")


class FindingKey(Struct, frozen=True, order=True, array_like=True):
    """What makes a finding the same one in the next evaluation; severity is no part of it.

    `what` is the trigger id (CVE+package) for vulnerabilities. Elsewhere the trigger id is a
    digest of the message, numbers included, so there `what` is the message without its numbers
    and `rule` the rule's id instead of the policy's.
    """

    rule: str
    gate: str
    trigger: str
    what: str

    def bounded(self) -> "FindingKey":
        """The same with every text on one line, safe to show and cut."""
        return FindingKey(
            one_line(self.rule, 80),
            one_line(self.gate, 40),
            one_line(self.trigger, 40),
            one_line(self.what, 240),
        )


class Finding(Struct, frozen=True):
    """What one rule of the policy found; severity, version and fix are only in the rows.

    `policy_id` is what Anchore calls the id of the rule's set.
    """

    gate: str = ""
    trigger: str = ""
    trigger_id: str = ""
    message: str = ""
    action: str = ""
    policy_id: str = ""
    rule_id: str = ""
    recommendation: str | None = None
    allowlisted: bool = False
    inherited_from_base: bool | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes it the same finding when the answer repeats it, once a place."""
        return self.policy_id, self.gate, self.trigger, self.trigger_id

    @property
    def key(self) -> FindingKey:
        """By which it is known from one evaluation to the next."""
        if self.gate.lower() == "vulnerabilities":
            return FindingKey(self.policy_id, self.gate, self.trigger, self.trigger_id)
        return FindingKey(self.rule_id, self.gate, self.trigger, _NUMBERS.sub("#", self.message))

    @property
    def stops(self) -> bool:
        """Whether the finding holds the image back: action stop, and not allowlisted."""
        return self.action.lower() == "stop" and not self.allowlisted


class Allowlisted(Struct, frozen=True):
    """A finding, and an item of an allowlist that suppresses it.

    `ends`: whether the item has an end, None when that is not known; `until` is that end (aware).
    """

    finding: Finding
    allowlist: str = ""
    ends: bool | None = None
    until: datetime | None = None
    why: str = ""


class Problem(Struct, frozen=True):
    """What hindered the evaluation; with severity "error" the policy was not evaluated."""

    severity: str = ""
    problem_type: str = ""
    details: str = ""

    @property
    def prevents_evaluation(self) -> bool:
        """All but a plain warning: a severity never seen is taken for the worse one."""
        return self.severity.lower() != "warn"


class RuleSet(Struct, frozen=True):
    """A set of rules of the policy, by the names that people gave it."""

    id: str = ""
    name: str = ""


class Evaluation(Struct, frozen=True):
    """One policy evaluation. None means that the answer did not say.

    `policy_digest` tells one state of the policy from another. `findings_problem` says why
    `findings` is empty, or not whole, although there may be some. `allowlisted` names a finding
    once for each item that suppresses it.
    """

    image_digest: str | None
    evaluated_tag: str | None
    policy_id: str | None
    final_action: str
    final_action_reason: str | None = None
    evaluated_at: str | None = None
    policy_digest: str | None = None
    mapped_to_rule: bool | None = None
    problems: tuple[Problem, ...] | None = None
    findings: tuple[Finding, ...] = ()
    findings_problem: str | None = None
    allowlisted: tuple[Allowlisted, ...] = ()
    policy_name: str | None = None
    rule_sets: tuple[RuleSet, ...] = ()

    @property
    def is_denylisted(self) -> bool:
        """Whether the policy's denylist stops the image, whatever its findings are."""
        return (self.final_action_reason or "").lower() == "denylisted"

    @property
    def is_allowlisted(self) -> bool:
        """Whether the policy's allowlist of images lets the image pass, whatever its findings."""
        return (self.final_action_reason or "").lower() == "allowlisted"

    @property
    def names_vulnerabilities(self) -> bool:
        """Whether any finding, suppressed or not, is about a vulnerability of a package."""
        return any(
            finding.gate.lower() == "vulnerabilities" and "+" in finding.trigger_id
            for finding in self.findings
        )

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems because of which the policy was not evaluated."""
        return tuple(problem for problem in self.problems or () if problem.prevents_evaluation)

    @property
    def stopping(self) -> int:
        """How many findings hold the image back, each counted once."""
        return len({finding.identity for finding in self.findings if finding.stops})
