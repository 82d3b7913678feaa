"""What Anchore lets the user do, as far as requests can tell that change nothing there.

Source: Enterprise v2 `GET /version`, `/policies`, `/summaries/image-tags`, `/inventories`, and the
operations of the workflow; a check with `interactive=true` is not kept in Anchore's history.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from msgspec import Struct, json

from rescan.anchore.dialect import Dialect
from rescan.anchore.policies import deciding, policies_of
from rescan.anchore.transport import Query, Transport
from rescan.doctor.check import Check, NotChecked, Trouble
from rescan.doctor.features import Feature, lacking
from rescan.doctor.what_runs import what_runs
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
from rescan.settings import Settings

_Answer = TypeVar("_Answer")
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


class Anchore:
    """The Anchore under examination; what it says is shown without our credentials."""

    def __init__(
        self, settings: Settings, transport: Transport, dialect: Dialect, deadline: Deadline
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._dialect = dialect
        self._deadline = deadline
        self._told = _Version()
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
            self._check("Features", self._features),
            self._check("Policy", self._policy),
            self._check("Role: vulnerabilities", self._vulnerabilities),
            self._check("Role: evaluation", self._evaluation),
            self._check("Inventory", self._inventory),
        ]

    def _check(self, name: str, look: Callable[[], str]) -> Check:
        def answer() -> str:
            try:
                return look()
            except AnchoreError as error:
                raise Trouble(error.problem, _advice(error)) from error

        return Check(name, answer)

    def _version(self) -> str:
        try:
            told = self._ask("/version", {}, lambda body: json.decode(body, type=_Version))
        except (AnchoreRefused, AnchoreAnswerUnreadable) as error:
            raise Trouble(
                f"no API of version 2 here: {error.problem}",
                "Set ANCHORE_URL to the API of Anchore Enterprise 4.9 or later.",
            ) from error
        self._told = told
        version = self._transport.excerpt(told.service.version or "of no number", 40)
        api = self._transport.excerpt(told.api.version or "of no number", 20)
        dialect = self._settings.anchore_dialect
        return f"Anchore {version}, API {api}, spoken to in the {dialect} dialect"

    def _features(self) -> str:
        missing = lacking(self._told.service.version or "", self._told.api.version or "")
        if missing is None:
            raise NotChecked("the server's version is no number")
        if needed := [feature for feature in missing if feature.needed(self._settings)]:
            switches = " and ".join(str(feature.setting).upper() for feature in needed)
            raise Trouble(_without(needed), f"Set {switches} to false, or update Anchore.")
        return _without(missing) or "it has all that the function can use"

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
        query = self._dialect.images(ImageTag("docker.io", "anchore-rescan/none", "none"))
        with suppress(ImageUnknown):
            self._transport.ask(query, len, self._deadline.half())

    def _policy(self) -> str:
        wanted = self._settings.policy_id
        try:
            policies = self._ask("/policies", {}, lambda body: policies_of(body, _Policy))
        except AnchoreForbidden:
            raise NotChecked(
                "the role may not list policies: an edited policy begins no sweep"
            ) from None
        if found := deciding(policies, wanted):
            name = self._transport.excerpt(f"{found.policy_id} {found.name}", 120)
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

    def _inventory(self) -> str:
        return what_runs(self._settings, self._transport, self._deadline.half())

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
        asked = Query(Step.FIND_ACTIVE_IMAGE, path, query)
        return self._transport.ask(asked, read, self._deadline.half())


def _without(features: list[Feature]) -> str:
    return "; ".join(feature.without for feature in features)


def _tags(body: bytearray) -> list[_Tag]:
    return json.decode(body, type=_Tags).items


def _advice(error: AnchoreError) -> str:
    match error:
        case AnchoreUnauthorized():
            return "Check user and password, or the token; an API key's user is _api_key."
        case AnchoreForbidden():
            return f"Give the user a role in this account: {_ROLE} See ANCHORE_ACCOUNT too."
        case AnchoreRefused() | AnchoreAnswerUnreadable():
            return "Check ANCHORE_URL and ANCHORE_DIALECT."
        case _:
            return "Try again; if the problem stays, ask whoever runs Anchore."
