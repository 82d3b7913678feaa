"""Whether Anchore's inventory tells what runs, by the whole of it, as a sweep reads it."""

from datetime import timedelta

from rescan.anchore.inventory import read_inventory
from rescan.anchore.transport import Transport
from rescan.doctor.check import NotChecked, Trouble
from rescan.gate.inventory import Inventory
from rescan.kernel.clock import utc_now
from rescan.kernel.deadline import Deadline
from rescan.kernel.errors import AnchoreError, AnchoreForbidden
from rescan.settings import Settings

_AGENTS = "See to the agents that report to Anchore's inventory, or set WATCH to all."
_ROLE = "Give the user listRuntimeInventories: Read Only of the account is enough."


def what_runs(settings: Settings, transport: Transport, deadline: Deadline) -> str:
    """How much the inventory tells; what it does not tell is a trouble only for WATCH=running."""
    if settings.watch == "active" or settings.anchore_dialect == "arazzo":
        raise NotChecked("no sweep asks what runs: see WATCH and ANCHORE_DIALECT")
    within = timedelta(hours=settings.running_within_hours)
    try:
        inventory = read_inventory(transport, deadline, utc_now(), within)
    except AnchoreError as error:
        advice = _ROLE if isinstance(error, AnchoreForbidden) else _AGENTS
        raise _unknown(settings, error.problem, advice) from error
    if inventory.doubt is not None:
        raise _unknown(settings, inventory.doubt, _AGENTS)
    return _told(inventory)


def _unknown(settings: Settings, doubt: str, advice: str) -> Exception:
    problem = f"what runs is not known: {doubt}"
    if settings.watch == "running":
        return Trouble(problem, advice)
    return NotChecked(f"{problem}. {advice.replace(' to all', ' to active')}")


def _told(inventory: Inventory) -> str:
    images, contexts = len(inventory.images), len(inventory.contexts)
    stale = f", {len(inventory.stale):,} of them stale" if inventory.stale else ""
    return f"running images: {images:,}, in contexts: {contexts:,}{stale}"
