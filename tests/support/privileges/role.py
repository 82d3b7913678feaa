"""The function's role in a stack: what its statements allow."""

from ast import literal_eval
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from tests.support.deployed import DeployedStack
from tests.support.privileges.calls import Call


class Permission(Struct, frozen=True):
    """One action of one statement; both may have wildcards."""

    statement: str
    action: str
    resource: str
    conditional: bool

    def allows(self, call: Call) -> bool:
        """Whether the call needs nothing else; a condition is for AWS to judge, so it is none."""
        return (
            not self.conditional
            and fnmatchcase(call.action.lower(), self.action.lower())
            and fnmatchcase(call.resource, self.resource)
        )


def permissions(stack: DeployedStack) -> list[Permission]:
    """Of the role, with the names that the stack was given."""
    return [permission for statement in statements(stack) for permission in _of(statement)]


def statements(stack: DeployedStack) -> list[dict[str, Any]]:
    """The role's policy as CloudFormation made it; actions and resources are lists."""
    iam, role = stack.client("iam"), stack.name("RescanRole")
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    # moto keeps a policy that its CloudFormation made as Python prints it, AWS::NoValue as None.
    return [
        statement | {name: _listed(statement[name]) for name in ("Action", "Resource")}
        for statement in filter(None, literal_eval(policy)["Statement"])
    ]


def _of(statement: dict[str, Any]) -> Iterator[Permission]:
    assert statement["Effect"] == "Allow"
    for action in statement["Action"]:
        for resource in statement["Resource"]:
            yield Permission(statement["Sid"], action, resource, "Condition" in statement)


def _listed(one_or_many: str | list[str | None]) -> list[str]:
    return list(filter(None, [one_or_many] if isinstance(one_or_many, str) else one_or_many))
