"""What AWS refuses, in words for the caller whose credentials were refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from rescan.kernel.errors import LedgerUnavailable, RescanError

_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_BAD_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NO_ANSWER = (ConnectionError, HTTPClientError)


@contextmanager
def explained(name: str, region: str | None) -> Iterator[None]:
    """Refusals of AWS become click's errors, which the caller can mend, or LedgerUnavailable.

    `name` is the table or the stack that is asked for, `region` None the one of the caller's own
    configuration.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _in_words(error, name, region) from error
    except LedgerUnavailable as error:
        raise _in_words(error.__cause__ or error, name, region) from error


def _in_words(error: BaseException, name: str, region: str | None) -> Exception:
    where = region or "the region of your configuration"
    if isinstance(error, ClientError):
        return _refusal(error, name, where)
    if isinstance(error, _NO_CREDENTIALS):
        return _no_credentials(type(error).__name__)
    if isinstance(error, NoRegionError | InvalidRegionError):
        return click.ClickException(
            "No region of AWS is set. Expected that of the stack, in --region or AWS_REGION."
            " Example: --region eu-central-1"
        )
    if isinstance(error, _NO_ANSWER):
        return LedgerUnavailable(
            f"AWS did not answer in {where}: {type(error).__name__}. Check the region, the network"
            " and the proxy (HTTPS_PROXY)."
        )
    if isinstance(error, RescanError):
        return error
    return LedgerUnavailable(f"AWS could not be asked in {where}: {type(error).__name__}.")


def _refusal(error: ClientError, name: str, where: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "an error without a code")
    action = _action(error)
    if code in _BAD_CREDENTIALS:
        return _no_credentials(code)
    if code.startswith("AccessDenied"):
        return click.ClickException(
            f"AWS does not let your credentials do {action} on {name} in {where} ({code}). Ask for"
            f" that permission; docs/cli.md, status, has the whole policy."
        )
    if code == "ResourceNotFoundException":
        return _missing("table", name, where, "the stack's output LedgerTable")
    if code == "ValidationError" and "does not exist" in str(error):
        return _missing("stack", name, where, "the name that `sam deploy` was given")
    return LedgerUnavailable(f"{action} on {name} in {where} failed: AWS answered {code}.")


def _action(error: ClientError) -> str:
    """As a policy of IAM names it."""
    service = "cloudformation" if error.operation_name == "DescribeStacks" else "dynamodb"
    return f"{service}:{error.operation_name}"


def _no_credentials(problem: str) -> click.ClickException:
    return click.ClickException(
        f"There are no valid AWS credentials: {problem}. Expected those of AWS's usual chain, such"
        " as AWS_PROFILE after `aws sso login`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )


def _missing(kind: str, name: str, where: str, expected: str) -> click.ClickException:
    return click.ClickException(
        f"There is no {kind} {name} in {where} for these credentials. Expected {expected}, and the"
        " region and the account that it is in. Example: --region eu-central-1"
    )
