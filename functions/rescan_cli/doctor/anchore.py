"""What Anchore lets the user do, as far as requests can tell that change nothing there.

Source: Enterprise v2 `GET /version`, `/policies`, `/summaries/image-tags`, and the operations of
the workflow; a check with `interactive=true` is not kept in Anchore's history.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from msgspec import Struct, json

from rescan.anchore.transport import Query
from rescan.gate.model import Step
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import (
    AnchoreAnswerUnreadable,
    AnchoreError,
    AnchoreForbidden,
    AnchoreRefused,
    AnchoreUnauthorized,
    ImageNotAnalyzed,
    ImageUnknown,
)
from rescan.kernel.image_tag import ImageTag, is_digest
from rescan.kernel.safe_text import one_line
from rescan_cli.connection import Connection
from rescan_cli.doctor.check import Check, NotChecked, Trouble

_Answer = TypeVar("_Answer")
# Enterprise that speaks API 2.7; the filter came within it, with 2.7.2.
_KNOWS_RUNNING = (5, 9)
_IGNORES_RUNNING = "; it ignores RUNNING_ONLY, so a sweep gates every active tag"
_ROLE = "Read Only of the account is enough."


class _Service(Struct, frozen=True):
    version: str | None = None


class _Version(Struct, frozen=True):
    service: _Service = _Service()
    api: _Service = _Service()


class _Tag(Struct, frozen=True):
    full_tag: str = ""
    image_digest: str = ""


class _Tags(Struct, frozen=True):
    items: list[_Tag] = []


class _Policy(Struct, frozen=True):
    policy_id: str = ""
    name: str = ""
    active: bool = False


class _Policies(Struct, frozen=True):
    items: list[_Policy] = []


class Anchore:
    """The Anchore under examination; `connect` is called for the first request."""

    def __init__(self, connect: Callable[[], Connection], dialect: str) -> None:
        self._connect = connect
        self._dialect = dialect
        self._image: _Tag | None = None

    def checks(self) -> list[Check]:
        """Each depends on the one before."""
        return [
            self._check("Version", self._version),
            self._check("Authorization", self._authorization),
        ]

    def further_checks(self) -> list[Check]:
        """Those that depend only on the first ones."""
        return [
            self._check("Policy", self._policy),
            self._check("Role: vulnerabilities", self._vulnerabilities),
            self._check("Role: evaluation", self._evaluation),
        ]

    def _check(self, name: str, look: Callable[[], str]) -> Check:
        def answer() -> str:
            try:
                return look()
            except AnchoreError as error:
                raise Trouble(error.problem, _fix(error)) from error

        return Check(name, answer)

    def _version(self) -> str:
        try:
            answer = self._ask("/version", {}, lambda body: json.decode(body, type=_Version))
        except (AnchoreRefused, AnchoreAnswerUnreadable) as error:
            raise Trouble(
                f"no API of version 2 here: {error.problem}",
                "Set ANCHORE_URL to the API of Anchore Enterprise 4.9 or later.",
            ) from error
        version = one_line(answer.service.version or "of no number", 40)
        api = one_line(answer.api.version or "of no number", 20)
        said = f"Anchore {version}, API {api}, spoken to in the {self._dialect} dialect"
        running_only = self._connect().settings.running_only
        return f"{said}{_IGNORES_RUNNING}" if running_only and _is_old(version) else said

    def _authorization(self) -> str:
        query = {"image_status": "active", "limit": "1", "page": "1"}
        try:
            tags = self._ask("/summaries/image-tags", query, _tags)
        except AnchoreRefused:  # a server without this operation: any list will do
            tags = []
            self._list_nothing()
        self._image = next((tag for tag in tags if is_digest(tag.image_digest)), None)
        return "accepted, and images may be listed"

    def _list_nothing(self) -> None:
        connection = self._connect()
        query = connection.dialect.images(ImageTag("docker.io", "anchore-rescan/none", "none"))
        with suppress(ImageUnknown):
            connection.transport.ask(query, len, Deadline.after(connection.seconds))

    def _policy(self) -> str:
        wanted = self._connect().settings.policy_id
        try:
            policies = self._ask("/policies", {}, _policies)
        except AnchoreForbidden:
            raise NotChecked("the role may not list policies, which gating does not need") from None
        found = [p for p in policies if (p.policy_id == wanted if wanted else p.active)]
        if found:
            name = one_line(f"{found[0].policy_id} {found[0].name}", 120)
            return f"{name} is {'there' if wanted else 'active'}"
        if wanted:
            raise Trouble(f"no policy has the id {wanted!r}", "Correct POLICY_ID or --policy.")
        raise Trouble("no policy is active", "Activate one in Anchore, or set POLICY_ID.")

    def _vulnerabilities(self) -> str:
        path = f"/images/{self._some_image().image_digest}/vuln/all"
        self._try(path, {}, "getImage")
        return "vulnerabilities may be read"

    def _evaluation(self) -> str:
        image = self._some_image()
        query = {"tag": image.full_tag, "detail": "false", "interactive": "true"}
        self._try(f"/images/{image.image_digest}/check", query, "getImageEvaluation")
        return "the policy may be evaluated"

    def _some_image(self) -> _Tag:
        if self._image is None:
            raise NotChecked("there is no image to try it on")
        return self._image

    def _try(self, path: str, query: dict[str, str], permission: str) -> None:
        try:
            self._ask(path, query, len)
        except ImageNotAnalyzed:
            return  # the role suffices
        except AnchoreForbidden as error:
            raise Trouble(
                f"the role lacks {permission}: {error.problem}", f"Give it to the user: {_ROLE}"
            ) from error

    def _ask(
        self, path: str, query: dict[str, str], read: Callable[[bytearray], _Answer]
    ) -> _Answer:
        connection = self._connect()
        asked = Query(Step.FIND_ACTIVE_IMAGE, path, query)
        return connection.transport.ask(asked, read, Deadline.after(connection.seconds))


def _is_old(version: str) -> bool:
    """Whether it is known to be older than the parameter `runtime` of API 2.7.2."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) < _KNOWS_RUNNING


def _tags(body: bytearray) -> list[_Tag]:
    return json.decode(body, type=_Tags).items


def _policies(body: bytearray) -> list[_Policy]:
    """Anchore's description has a bare array; other lists of v2 come in `items`."""
    if body.lstrip().startswith(b"["):
        return json.decode(body, type=list[_Policy])
    return json.decode(body, type=_Policies).items


def _fix(error: AnchoreError) -> str:
    match error:
        case AnchoreUnauthorized():
            return "Check user and password, or the token; an API key's user is _api_key."
        case AnchoreForbidden():
            return f"Give the user a role in this account: {_ROLE} See ANCHORE_ACCOUNT too."
        case AnchoreRefused() | AnchoreAnswerUnreadable():
            return "Check ANCHORE_URL and ANCHORE_DIALECT."
        case _:
            return "Try again; if the problem stays, ask whoever runs Anchore."
