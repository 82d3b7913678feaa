"""An answer to a policy check."""

import json
from typing import Any

from rescan.gate.evaluation import Finding
from rescan.kernel.image_tag import Digest, ImageTag

TAG = ImageTag.parse("reg.io/app:1")


DIGEST = Digest("sha256:" + "a" * 64)


def body(answer: object) -> bytearray:
    return bytearray(json.dumps(answer).encode())


FINDING = {
    "trigger_id": "CVE-2019-5953+wget",
    "gate": "vulnerabilities",
    "trigger": "package",
    "message": "CRITICAL Vulnerability found",
    "action": "stop",
    "policy_id": "rules-1",
    "recommendation": "Update it.",
    "rule_id": "rule-1",
    "allowlisted": False,
    "allowlist_match": None,
    "inherited_from_base": None,
}


READ_FINDING = Finding(
    gate="vulnerabilities",
    trigger="package",
    trigger_id="CVE-2019-5953+wget",
    message="CRITICAL Vulnerability found",
    action="stop",
    policy_id="rules-1",
    rule_id="rule-1",
    recommendation="Update it.",
)


def check(action: str = "stop", top: dict[str, Any] | None = None, **changes: Any) -> bytearray:
    """A sound body; `changes` to its one evaluation, where `...` takes the field away."""
    evaluation = {
        "final_action": action,
        "final_action_reason": "policy_evaluation",
        "evaluation_time": "2026-11-20T09:31:04Z",
        "evaluation_problems": [],
        "image_mapped_to_rule": True,
        "details": {"findings": [FINDING]},
    } | changes
    kept = {name: value for name, value in evaluation.items() if value is not ...}
    sound = {"image_digest": DIGEST, "evaluated_tag": str(TAG), "policy_id": "p1"}
    return body(sound | {"evaluations": [kept]} | (top or {}))
