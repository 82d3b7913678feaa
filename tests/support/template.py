"""template.yaml as CloudFormation gets it from SAM, and the resources that a stack then has."""

import json
import pickle
import re
from functools import cache
from typing import Any

import pytest

from tests.support.paths import ROOT

PARAMETERS = {
    "AnchoreUrl": "https://anchore.example.com",
    "AnchoreSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore-AbCdEf",
}
CODE_URI = "s3://code-bucket/function.zip"
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "anchore-rescan",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = {"Ref": "AWS::NoValue"}


def template() -> dict[str, Any]:
    """The file, with its short tags spelt out; a copy, which the caller may change."""
    return _copy(_parsed("template.yaml"))


def translated(**parameters: str) -> dict[str, Any]:
    """What SAM makes of the file: plain CloudFormation, nothing evaluated but what SAM needs.

    A copy, which the caller may change.
    """
    return _copy(_translated(frozenset(parameters.items())))


# SAM takes a second to be imported, and a tenth of one for each translation: hence the caches, and
# no import above that every run of any test would wait for.


def _copy(pickled: bytes) -> dict[str, Any]:
    made: dict[str, Any] = pickle.loads(pickled)  # noqa: S301 - made by this process
    return made


@cache
def _parsed(file: str) -> bytes:
    from samcli.yamlhelper import yaml_parse  # noqa: PLC0415

    return pickle.dumps(yaml_parse((ROOT / file).read_text()))


@cache
def _translated(parameters: frozenset[tuple[str, str]]) -> bytes:
    from samtranslator.translator.transform import transform  # noqa: PLC0415

    source = template()
    # Where `sam package` puts the code; SAM accepts no other.
    source["Resources"]["RescanFunction"]["Properties"]["CodeUri"] = CODE_URI
    with pytest.MonkeyPatch.context() as environment:
        # SAM asks boto3 for the region, to know the partition.
        environment.setenv("AWS_DEFAULT_REGION", _PSEUDO_PARAMETERS["AWS::Region"])
        made = transform(source, PARAMETERS | dict(parameters), _NoManagedPolicies())
    return pickle.dumps(made)


def resources(**parameters: str) -> dict[str, Any]:
    """The resources by logical id; PARAMETERS and the defaults stand for what is not given.

    References to other resources stay as they are: `{"Ref": ...}`, `{"Fn::GetAtt": ...}`.
    """
    stack = _Stack(translated(**parameters), {**PARAMETERS, **parameters})
    return {
        name: stack.evaluated(resource)
        for name, resource in stack.template["Resources"].items()
        if stack.holds(resource.get("Condition"))
    }


def properties(resource: str, **parameters: str) -> dict[str, Any]:
    """The properties of one resource."""
    found: dict[str, Any] = resources(**parameters)[resource]["Properties"]
    return found


def of_type(kind: str, **parameters: str) -> list[dict[str, Any]]:
    """The properties of every resource of the type."""
    return [it["Properties"] for it in resources(**parameters).values() if it["Type"] == kind]


def refused(**parameters: str) -> list[str]:
    """What the rules of the template say against the parameters, before anything is made."""
    source = template()
    stack = _Stack(source, {**PARAMETERS, **parameters})
    return [
        assertion["AssertDescription"]
        for rule in source["Rules"].values()
        if stack.evaluated(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not stack.evaluated(assertion["Assert"])
    ]


def dashboard_name(region: str, **parameters: str) -> str:
    """The name of the dashboard that the stack has in the region."""
    return str(_dashboard({"AWS::Region": region}, **parameters)["DashboardName"])


def dashboard(**parameters: str) -> dict[str, Any]:
    """The body of the dashboard in the stack; `WorkQueue.QueueName` stands for that attribute."""
    body: dict[str, Any] = json.loads(_dashboard({}, **parameters)["DashboardBody"])
    return body


def _dashboard(pseudo: dict[str, str], **parameters: str) -> dict[str, Any]:
    given = {
        name: _reference(value)
        for name, value in properties("Dashboard", **parameters)["Parameters"].items()
    }
    stack = _Stack(_copy(_parsed("dashboard.yaml")), given)
    stack.values |= pseudo
    made: dict[str, Any] = stack.evaluated(stack.template["Resources"]["Dashboard"]["Properties"])
    return made


def _reference(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [named] = value.values()
    return ".".join(named) if isinstance(named, list) else named


def _joined(separator: str, parts: list[Any]) -> Any:
    """A text; with references to resources in it, which have no names here, it stays as it is."""
    if all(isinstance(part, str) for part in parts):
        return separator.join(parts)
    return {"Fn::Join": [separator, parts]}


class _NoManagedPolicies:
    """SAM asks IAM for the ARNs of managed policies that a template names; this one names none."""

    def load(self) -> dict[str, str]:
        return {}


class _Stack:
    """Evaluates the functions of CloudFormation that the template uses."""

    def __init__(self, source: dict[str, Any], given: dict[str, Any]) -> None:
        self.template = source
        self.values: dict[str, Any] = dict(_PSEUDO_PARAMETERS)
        for name, parameter in source["Parameters"].items():
            value = given.get(name, parameter.get("Default"))
            is_list = parameter["Type"] == "CommaDelimitedList"
            self.values[name] = value.split(",") if is_list else value

    def holds(self, condition: str | None) -> bool:
        return condition is None or bool(self.evaluated(self.template["Conditions"][condition]))

    def evaluated(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for value in map(self.evaluated, node) if value != _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            if function == "Ref":
                return self.values.get(argument, node)
            if function.startswith("Fn::") and function != "Fn::GetAtt":
                return self._call(function, argument)
        evaluated = {key: self.evaluated(value) for key, value in node.items()}
        return {key: value for key, value in evaluated.items() if value != _NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Fn::If":
            condition, then, otherwise = argument
            return self.evaluated(then if self.holds(condition) else otherwise)
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(self.values[found[1]]), argument)
        arguments = self.evaluated(argument)
        match function:
            case "Fn::Not":
                return not arguments[0]
            case "Fn::Equals":
                return arguments[0] == arguments[1]
            case "Fn::EachMemberEquals":
                members, text = arguments
                return all(member == text for member in members)
            case "Fn::Join":
                return _joined(*arguments)
            case "Fn::FindInMap":
                mapping, key, attribute = arguments
                return self.template["Mappings"][mapping][key][attribute]
        raise NotImplementedError(f"{function}: teach it to tests/support/template.py")
