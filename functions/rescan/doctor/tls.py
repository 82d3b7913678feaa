"""The certificates: whether they are trusted, and if not, what exactly is missing."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from rescan.doctor.check import NotChecked, Trouble
from rescan.doctor.route import Route
from rescan.settings import Settings

# X509_V_ERR_* of OpenSSL, x509_vfy.h.
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_ISSUERS = {2, 18, 19, 20, 21}
_OTHER_HOSTS = {62, 63, 64}
# X509_V_FLAG_NO_CHECK_TIME of the same header, for which Python has no name.
_AT_ANY_TIME = 0x200000

# As `ssl.SSLSocket.getpeercert` decodes it.
_Certificate = dict[str, Any]


def certificates(route: Route, settings: Settings, environment: Mapping[str, str]) -> str:
    """Who issued the server's certificate, and until when; Trouble when it is refused."""
    if not settings.encrypted:
        raise NotChecked("ANCHORE_URL is no https URL: the credentials travel unencrypted")
    bundle = _bundle(settings, environment)
    try:
        context = _trusting(bundle)
        with route.tls(context) as connection:
            leaf = connection.getpeercert() or {}
            return f"{connection.version()}, issued by {_issuer(leaf)}, until {_day(leaf)}"
    except ssl.SSLCertVerificationError as error:
        raise _refused(error, route, bundle) from error
    except ssl.SSLError as error:
        raise Trouble(
            f"the handshake failed: {error.reason}", "Check that this port speaks TLS."
        ) from error
    except OSError as error:
        raise Trouble(
            f"no handshake: {error.strerror or error}", "Check the proxy: it must allow CONNECT."
        ) from error


def _bundle(settings: Settings, environment: Mapping[str, str]) -> str:
    """What requests would trust."""
    named = (environment.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return settings.ca_bundle or next(filter(None, named), str(DEFAULT_CA_BUNDLE_PATH))


def _trusting(bundle: str) -> ssl.SSLContext:
    if not Path(bundle).exists():
        raise Trouble(f"{bundle} is not there", "Set CA_BUNDLE to the path of a PEM file.")
    try:
        if Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except ssl.SSLError as error:
        raise Trouble(f"{bundle} is no PEM file", "Give CA_BUNDLE certificates in PEM.") from error


def _refused(error: ssl.SSLCertVerificationError, route: Route, bundle: str) -> Trouble:
    leaf = _seen(route)
    code = error.verify_code
    if code in _UNKNOWN_ISSUERS and leaf is not None:
        return Trouble(
            f"the CA {_issuer(leaf)!r} is not among those that {bundle} holds",
            f"Get the certificate of {_issuer(leaf)!r} as PEM, and name the file in CA_BUNDLE.",
        )
    if code == _EXPIRED and leaf is not None and _end(leaf) < datetime.now(UTC):
        return Trouble(
            f"the certificate expired on {_day(leaf)}", "Have it renewed on Anchore's side."
        )
    if code == _NOT_YET_VALID:
        return Trouble("the certificate is not valid yet", "Check the clock of this machine.")
    if code in _OTHER_HOSTS and leaf is not None:
        return Trouble(
            f"the certificate is for {', '.join(_hosts(leaf)) or 'no host'}, not {route.host}",
            "Use one of its names in ANCHORE_URL, or have a certificate issued for this one.",
        )
    return Trouble(f"certificate refused: {error.verify_message}", "Show this to Anchore's admin.")


def _seen(route: Route) -> _Certificate | None:
    """The certificate that was refused: looked at, not trusted; no request is sent.

    Python decodes only a certificate that it has verified. Hence a second handshake, which trusts
    exactly the certificate that the first one received.
    """
    unverified, itself = (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2))
    unverified.check_hostname = itself.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    itself.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _AT_ANY_TIME
    try:
        with route.tls(unverified) as connection:
            received = connection.getpeercert(binary_form=True) or b""
        itself.load_verify_locations(cadata=received)
        with route.tls(itself) as connection:
            return connection.getpeercert()
    except (OSError, ValueError):
        return None


def _issuer(leaf: _Certificate) -> str:
    names = dict(pair for group in leaf.get("issuer", ()) for pair in group)
    first = names.get("commonName") or names.get("organizationName")
    return first or ", ".join(f"{name}={value}" for name, value in names.items())


def _hosts(leaf: _Certificate) -> list[str]:
    return [value for _, value in leaf.get("subjectAltName", ())]


def _end(leaf: _Certificate) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(leaf["notAfter"]), UTC)


def _day(leaf: _Certificate) -> str:
    return _end(leaf).date().isoformat()
