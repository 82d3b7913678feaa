"""All checks in their order: the way to Anchore, what it lets us do, and what is in AWS."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, to_builtins

from rescan.anchore.build import dialect_of
from rescan.anchore.credentials import authorization_of
from rescan.anchore.transport import Transport
from rescan.doctor.anchore import Anchore
from rescan.doctor.check import Check, Checked, State, Trouble, in_turn
from rescan.doctor.route import Route, route_checks
from rescan.doctor.tls import certificates
from rescan.events.dispatcher import Answer
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import SecretUnusable, SettingsError
from rescan.settings import Settings


class Examination(Struct, frozen=True, kw_only=True):
    """`read_secret` gives the JSON with Anchore's credentials; `stack` are the checks of AWS."""

    settings: Settings
    environment: Mapping[str, str]
    transport: Transport
    read_secret: Callable[[], str]
    stack: Sequence[Check]

    def run(self, deadline: Deadline) -> Iterator[Checked]:
        """Each result once it is there; those of AWS do not depend on Anchore's."""
        anchore = Anchore(self.settings, self.transport, dialect_of(self.settings), deadline)
        failed = False
        for checked in in_turn([*self._way(deadline), *anchore.checks()], deadline):
            failed = failed or checked.state is State.FAILED
            yield checked
        further = [] if failed else anchore.further_checks()
        yield from (check.run(deadline) for check in (*further, *self.stack))

    def answer(self, deadline: Deadline) -> Answer:
        """{"checks": a result each}, which is what the function answers."""
        return {"checks": to_builtins(list(self.run(deadline)))}

    def _way(self, deadline: Deadline) -> list[Check]:
        route = Route.to(self.settings.base_url)
        return [
            *route_checks(route, deadline),
            Check("TLS", lambda: certificates(route, self.settings, self.environment)),
            Check("Credentials", self._credentials, on_its_own=True),
        ]

    def _credentials(self) -> str:
        try:
            authorization_of(self.read_secret())
        except SettingsError as error:
            raise Trouble(str(error), "Set it, and try again.") from error
        except SecretUnusable as error:
            raise Trouble(str(error), "Correct it, and try again.") from error
        return "there"
