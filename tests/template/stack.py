"""template.yaml as CloudFormation gets it from SAM, and the resources that a stack then has."""

import re
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

__all__ = ["PARAMETERS", "of_type", "properties", "resources", "template"]

PARAMETERS = {
    "AnchoreUrl": "https://anchore.example.com",
    "AnchoreSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:anchore-AbCdEf",
}
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "anchore-rescan",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = {"Ref": "AWS::NoValue"}


def template() -> dict[str, Any]:
    """The file, with its short tags spelt out."""
    parsed: dict[str, Any] = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
    return parsed


def resources(**parameters: str) -> dict[str, Any]:
    """The resources by logical id; PARAMETERS and the defaults stand for what is not given.

    References to other resources stay as they are: `{"Ref": ...}`, `{"Fn::GetAtt": ...}`.
    """
    given = {**PARAMETERS, **parameters}
    source = template()
    # Where `sam package` puts the code; SAM accepts no other.
    source["Resources"]["RescanFunction"]["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    stack = _Stack(transform(source, given, _NoManagedPolicies()), given)
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


class _NoManagedPolicies:
    """SAM asks IAM for the ARNs of managed policies that a template names; this one names none."""

    def load(self) -> dict[str, str]:
        return {}


class _Stack:
    """Evaluates the functions of CloudFormation that the template uses."""

    def __init__(self, translated: dict[str, Any], given: dict[str, str]) -> None:
        self.template = translated
        self.values = dict(_PSEUDO_PARAMETERS)
        for name, parameter in translated["Parameters"].items():
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
            return re.sub(r"\$\{([^}]+)\}", lambda found: self.values[found[1]], argument)
        arguments = self.evaluated(argument)
        match function:
            case "Fn::Not":
                return not arguments[0]
            case "Fn::Equals":
                return arguments[0] == arguments[1]
            case "Fn::Join":
                return arguments[0].join(arguments[1])
            case "Fn::FindInMap":
                mapping, key, attribute = arguments
                return self.template["Mappings"][mapping][key][attribute]
        raise NotImplementedError(f"{function}: teach it to tests/template/stack.py")
