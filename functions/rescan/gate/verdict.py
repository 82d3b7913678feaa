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

from rescan.gate.evaluation import Evaluation
from rescan.gate.model import Outcome
from rescan.kernel.image_tag import ImageTag
from rescan.kernel.safe_text import one_line

_VERDICTS = {"stop": Outcome.STOP, "warn": Outcome.WARN, "go": Outcome.GO}


def judge(
    evaluation: Evaluation,
    *,
    digest: str,
    tag: ImageTag,
    policy_id: str | None,
    refresh_problem: str | None,
) -> tuple[Outcome, str]:
    """The outcome, and why, as one sentence."""
    if stranger := _about_another(evaluation, digest, tag):
        return Outcome.NOT_EVALUATED, stranger
    verdict = _VERDICTS.get(evaluation.final_action.lower())
    if verdict is None:
        action = _short(evaluation.final_action)
        return Outcome.NOT_EVALUATED, f"Anchore answered an unknown final action: {action!r}"
    if verdict is Outcome.STOP:
        return verdict, _why_it_stops(evaluation)
    doubts = list(_doubts(evaluation, policy_id, refresh_problem))
    if doubts:
        said = f"Anchore answered {verdict}, which does not count"
        return Outcome.NOT_EVALUATED, f"{said}: {'; '.join(doubts)}"
    return verdict, f"the policy evaluation says {verdict}"


def _about_another(evaluation: Evaluation, digest: str, tag: ImageTag) -> str | None:
    answered = evaluation.image_digest
    if answered is not None and answered.lower() != digest.lower():
        return f"the answer is about another image: {_short(answered)}, asked for {digest}"
    if evaluation.evaluated_tag is not None and not tag.is_called(evaluation.evaluated_tag):
        answered = _short(evaluation.evaluated_tag)
        return f"the answer is about another tag: {answered}, asked for {tag}"
    return None


def _why_it_stops(evaluation: Evaluation) -> str:
    if (evaluation.final_action_reason or "").lower() == "denylisted":
        return "the image is on the policy's denylist"  # whatever its findings are
    if stopping := evaluation.stopping:
        return "1 finding stops it" if stopping == 1 else f"{stopping:,} findings stop it"
    if errors := [p for p in evaluation.problems or () if p.prevents_evaluation]:
        return f"the policy could not be evaluated: {_short(errors[0].details)}"
    if problem := evaluation.findings_problem:
        return f"Anchore stops the image; its findings are not available: {problem}"
    return "Anchore stops the image and lists no finding that does"


def _doubts(
    evaluation: Evaluation, policy_id: str | None, refresh_problem: str | None
) -> Iterator[str]:
    if refresh_problem is not None:
        yield f"the vulnerabilities were not refreshed: {refresh_problem}"
    if policy_id is not None and evaluation.policy_id not in (None, policy_id):
        yield f"policy {_short(str(evaluation.policy_id))} was evaluated, asked for {policy_id}"
    if evaluation.problems is None:
        yield "it does not say whether the evaluation met problems"
    for problem in evaluation.problems or ():
        if problem.prevents_evaluation:
            yield f"evaluation problem: {_short(f'{problem.problem_type}: {problem.details}')}"
    if evaluation.mapped_to_rule is None:
        yield "it does not say whether a mapping rule of the policy matches the image"
    elif not evaluation.mapped_to_rule:
        yield "no mapping rule of the policy matches the image"


def _short(text: str) -> str:
    return one_line(text, 300)
