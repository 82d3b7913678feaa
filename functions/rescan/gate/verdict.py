"""Which outcome an evaluation means: the one place where GO, WARN and STOP are decided.

    about another digest or tag, or an unknown action  -> not_evaluated, always
    final_action stop                                  -> stop, whatever else the answer says
    a problem of severity error, no mapping rule that
    matches, another policy than the one asked for,
    vulnerabilities that were not refreshed            -> not_evaluated instead of warn or go

Source: Enterprise v2, PolicyEvaluation and PolicyEvaluationProblem; the server evaluates any
tag against any digest, so both are compared with what was asked.
"""

from collections.abc import Iterator

from msgspec import Struct

from rescan.gate.evaluation import Evaluation
from rescan.gate.model import Outcome, Step
from rescan.kernel.errors import AnchoreError
from rescan.kernel.failure_cause import FailureCause
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line

_VERDICTS = {"stop": Outcome.STOP, "warn": Outcome.WARN, "go": Outcome.GO}


# An evaluation may meet a problem for each package of an image.
_MOST_DOUBTS = 5


class Judgement(Struct, frozen=True):
    """The outcome, why, as one sentence; and what kept the image from a verdict, at which step."""

    outcome: Outcome
    reason: str
    cause: FailureCause | None = None
    failed_step: Step | None = None


class _Doubt(Struct, frozen=True):
    """A reason not to count a warn or a go."""

    reason: str
    cause: FailureCause = FailureCause.OTHER
    step: Step = Step.REGATE


def judge(
    evaluation: Evaluation,
    *,
    digest: str,
    tag: ImageTag,
    policy_id: str | None,
    refresh_error: AnchoreError | None,
    is_list_empty: bool = False,
) -> Judgement:
    """What the evaluation means for the image that was asked about.

    `refresh_error` is why its vulnerabilities were not refreshed; `is_list_empty` says that all of
    them were asked for, and none was listed.
    """
    if mismatch := _about_another(evaluation, digest, tag):
        return _not_evaluated(mismatch)
    verdict = _VERDICTS.get(evaluation.final_action.lower())
    if verdict is None:
        action = _short(evaluation.final_action)
        return _not_evaluated(f"Anchore answered an unknown final action: {action!r}")
    if verdict is Outcome.STOP:
        return Judgement(verdict, _why_it_stops(evaluation))
    if doubts := list(_doubts(evaluation, policy_id, refresh_error, is_list_empty)):
        reasons = "; ".join(doubt.reason for doubt in doubts[:_MOST_DOUBTS])
        more = len(doubts) - _MOST_DOUBTS
        reasons += f"; and {more:,} more" if more > 0 else ""
        known = (doubt for doubt in doubts if doubt.cause is not FailureCause.OTHER)
        main = next(known, doubts[0])
        reason = f"Anchore answered {verdict}, which does not count: {reasons}"
        return Judgement(Outcome.NOT_EVALUATED, reason, main.cause, main.step)
    return Judgement(verdict, f"the policy evaluation says {verdict}")


def _not_evaluated(reason: str) -> Judgement:
    return Judgement(Outcome.NOT_EVALUATED, reason, FailureCause.OTHER, Step.REGATE)


def _about_another(evaluation: Evaluation, digest: str, tag: ImageTag) -> str | None:
    answered = evaluation.image_digest
    if answered is not None and answered.lower() != digest.lower():
        return f"the answer is about another image: {_short(answered)}, asked for {digest}"
    if evaluation.evaluated_tag is not None and not tag.is_called(evaluation.evaluated_tag):
        answered = _short(evaluation.evaluated_tag)
        return f"the answer is about another tag: {answered}, asked for {tag}"
    return None


def _why_it_stops(evaluation: Evaluation) -> str:
    if evaluation.is_denylisted:
        return "the image is on the policy's denylist"
    if stopping := evaluation.stopping:
        return "1 finding stops it" if stopping == 1 else f"{stopping:,} findings stop it"
    if errors := evaluation.errors:
        return f"the policy could not be evaluated: {_short(errors[0].details)}"
    if problem := evaluation.findings_problem:
        return f"Anchore stops the image; its findings are not available: {problem}"
    return "Anchore stops the image and lists no finding that does"


def _doubts(
    evaluation: Evaluation,
    policy_id: str | None,
    refresh_error: AnchoreError | None,
    is_list_empty: bool,
) -> Iterator[_Doubt]:
    if refresh_error is not None:
        reason = f"the vulnerabilities were not refreshed: {refresh_error}"
        yield _Doubt(reason, refresh_error.cause, Step.REFRESH_VULNERABILITIES)
    if is_list_empty and evaluation.names_vulnerabilities:
        reason = "Anchore lists no vulnerability, and the evaluation names some: its scan failed"
        yield _Doubt(reason, FailureCause.SCAN_FAILED, Step.REFRESH_VULNERABILITIES)
    if policy_id is not None and evaluation.policy_id not in (None, policy_id):
        evaluated = _short(str(evaluation.policy_id))
        yield _Doubt(f"policy {evaluated} was evaluated, asked for {policy_id}")
    yield from _problems(evaluation)
    if evaluation.mapped_to_rule is None:
        yield _Doubt("it does not say whether a mapping rule of the policy matches the image")
    elif not evaluation.mapped_to_rule:
        reason = "no mapping rule of the policy matches the image"
        yield _Doubt(reason, FailureCause.NOT_MAPPED)


def _problems(evaluation: Evaluation) -> Iterator[_Doubt]:
    if evaluation.problems is None:
        yield _Doubt("it does not say whether the evaluation met problems")
    for problem in evaluation.errors:
        yield _Doubt(f"evaluation problem: {_short(f'{problem.problem_type}: {problem.details}')}")


def _short(text: str) -> str:
    return one_line(text, 300)
