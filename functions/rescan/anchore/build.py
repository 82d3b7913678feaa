"""What asks Anchore, as the settings have it: for the function and for the command."""

from collections.abc import Callable

from requests import Session

from rescan.anchore.arazzo import ArazzoDialect
from rescan.anchore.credentials import AnchoreAuth
from rescan.anchore.dialect import Dialect
from rescan.anchore.enterprise import EnterpriseDialect
from rescan.anchore.transport import Transport
from rescan.settings import Settings


def transport_of(settings: Settings, secret: Callable[[], str], session: Session) -> Transport:
    """Requests to the settings' Anchore; `secret` returns the JSON that holds the credentials."""
    return Transport(
        session,
        settings.base_url,
        AnchoreAuth(secret),
        account=settings.anchore_account,
        ca_bundle=settings.ca_bundle,
        read_seconds=settings.read_timeout_seconds,
        max_body_bytes=settings.max_body_mb * 1024 * 1024,
    )


def dialect_of(settings: Settings) -> Dialect:
    """The dialect that the settings name."""
    if settings.anchore_dialect == "arazzo":
        return ArazzoDialect()
    return EnterpriseDialect(
        vendor_only=settings.vendor_only,
        base_image=settings.base_image,
        team_annotation=settings.team_annotation,
    )
