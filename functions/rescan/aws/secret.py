"""Reads the secret with Anchore's credentials from AWS Secrets Manager."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from rescan.kernel.errors import SecretUnusable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretReader:
    """Calling it returns the secret's string; nothing is cached, so a rotation takes effect."""

    def __init__(self, client: "SecretsManagerClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def __call__(self) -> str:
        """The string of the secret's current version; SecretUnusable names the secret and why."""
        try:
            answer = self._client.get_secret_value(SecretId=self._arn)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise self._unusable(f"Secrets Manager answered {code}") from error
        except BotoCoreError as error:
            # Only the error's name: its text may hold a proxy's address and password.
            problem = f"{type(error).__name__} (no answer of Secrets Manager)"
            raise self._unusable(problem) from error
        if "SecretString" not in answer:
            raise self._unusable("it is binary, expected a string of JSON")
        return answer["SecretString"]

    def _unusable(self, problem: str) -> SecretUnusable:
        return SecretUnusable(
            f"The secret {self._arn} cannot be read: {problem}."
            " Check ANCHORE_SECRET_ARN, the function's role and the secret's KMS key."
        )
