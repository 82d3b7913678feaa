"""The stack as moto makes it from what SAM makes of the template, for tests that call AWS.

moto's CloudFormation makes topic, key, queues, table, rules, role, log group and function. What it
cannot make is taken out, exactly that; tests of the translated template hold it.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import boto3

from tests.support.template import CODE_URI, PARAMETERS, translated

STACK = "anchore-rescan"
# What moto's CloudFormation does not know; and the dashboard's stack, which would need its template
# uploaded and gets no dashboard either.
NOT_MADE = {
    "AWS::CloudFormation::Stack",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


@dataclass(frozen=True)
class DeployedStack:
    """A stack, and the names that its resources were given."""

    session: boto3.Session
    url: str | None
    names: dict[str, str]

    def name(self, logical_id: str) -> str:
        """What `!Ref` gives: a queue's URL, a topic's ARN, a table's or a function's name."""
        return self.names[logical_id]

    def client(self, service: str) -> Any:
        """A client of the AWS that the stack is in."""
        return self.session.client(service, endpoint_url=self.url)  # type: ignore[call-overload]

    def environment(self) -> dict[str, str]:
        """The environment variables that the stack gives the function."""
        function = self.client("lambda").get_function_configuration(
            FunctionName=self.name("RescanFunction")
        )
        # CloudFormation hands every value over as text; moto leaves numbers as they are.
        return {name: str(it) for name, it in function["Environment"]["Variables"].items()}


def deploy(session: boto3.Session, url: str | None = None, **parameters: str) -> DeployedStack:
    """Make the stack in the moto behind `url`; None: in the one that `mock_aws` runs in process.

    The event source mappings are switched off: moto would take each message at once, and run the
    function in a container of Docker. Whoever wants the messages consumed must pump them.
    """
    template = translated(**parameters)
    template["Resources"] = {
        name: it for name, it in template["Resources"].items() if it["Type"] not in NOT_MADE
    }
    for mapping in ("RescanFunctionWork", "RescanFunctionPushes"):
        template["Resources"][mapping]["Properties"]["Enabled"] = False
    stack = DeployedStack(session, url, {})
    _upload_code(stack)
    return _created(stack, template, {**PARAMETERS, **parameters})


def _created(
    stack: DeployedStack, template: dict[str, Any], parameters: dict[str, str]
) -> DeployedStack:
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    made = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    # moto gives some that nobody refers to, such as the permission to invoke, no name.
    names = {
        it["LogicalResourceId"]: it["PhysicalResourceId"]
        for it in made
        if it.keys() >= {"LogicalResourceId", "PhysicalResourceId"}
    }
    return DeployedStack(stack.session, stack.url, names)


def _upload_code(stack: DeployedStack) -> None:
    bucket, key = CODE_URI.removeprefix("s3://").split("/")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("README", "The tests run the built artifact, not this.")
    s3 = stack.client("s3")
    s3.create_bucket(
        Bucket=bucket,
        CreateBucketConfiguration={"LocationConstraint": stack.session.region_name},
    )
    s3.put_object(Bucket=bucket, Key=key, Body=code.getvalue())
