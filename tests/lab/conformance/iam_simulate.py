"""IAM's rules as `@cloud-copilot/iam-simulate` has them: is a request allowed?

It is licensed under the AGPL: a tool of the tests, run as a process of its own, and nothing that
ships.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from tests.lab.conformance.npm_packages import answer_of

ACCOUNT = "123456789012"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/rescan/rescan"
ALLOWED, DENIED, REFUSED = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied"

Statement: TypeAlias = Mapping[str, Any]


class Request(Struct, frozen=True):
    """One request; `context` holds the condition keys that it has."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()
    principal: str = ROLE

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} {dict(self.context)}"


class Case(Struct, frozen=True):
    """A request, the statements of whoever makes it, and those of what it is about."""

    request: Request
    identity: Sequence[Statement] = ()
    resource: Sequence[Statement] = ()


def judged(cases: Sequence[Case]) -> list[str]:
    """For each: ALLOWED, DENIED because nothing allows it, or REFUSED by a Deny."""
    answers: list[str] = answer_of("simulate.js", list(map(_simulation, cases)))
    assert [answer for answer in answers if answer.startswith("error")] == []
    return answers


def _simulation(case: Case) -> dict[str, Any]:
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    organization = {"name": "all", "policy": _policy(everything)}
    simulation = {
        "request": {
            "principal": case.request.principal,
            "action": case.request.action,
            "resource": {"resource": case.request.resource, "accountId": ACCOUNT},
            "contextVariables": dict(case.request.context),
        },
        "identityPolicies": [{"name": "role", "policy": _policy(case.identity)}],
        "serviceControlPolicies": [{"orgIdentifier": "o-1", "policies": [organization]}],
        "resourceControlPolicies": [],
    }
    return simulation | ({"resourcePolicy": _policy(case.resource)} if case.resource else {})


def _policy(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
