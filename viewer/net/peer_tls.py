"""TLS towards a server: BCP 195 without downgrade (PS3.15 B.9), and its failures in words."""

from __future__ import annotations

import ssl

from viewer.net.failures import PeerTlsError
from viewer.net.peer import PeerTls

# X509_V_ERR_... of OpenSSL
_EXPIRED, _NOT_YET = 10, 9
_WRONG_NAME = (62, 64)
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21)


def client_context(tls: PeerTls) -> ssl.SSLContext:
    """TLS 1.2 or later, the server's certificate verified.

    Raises:
        PeerTlsError: a file of the settings is missing or unusable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.check_name
    # A server's own certificate may be named as its authority, also when another one issued it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if tls.authority:
            context.load_verify_locations(tls.authority)
        else:
            context.load_default_certs()
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key or None, password=_no_password)
    except FileNotFoundError as error:
        raise PeerTlsError(
            "A certificate is not where this server's settings say.", "Choose the file again."
        ) from error
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise PeerTlsError(
            "A certificate of this server's settings cannot be used.",
            "Choose certificates and their own key in PEM form, the key without a password.",
        ) from error
    return context


def handshake_error(name: str, error: Exception) -> tuple[str, str]:
    """The sentence and the advice for a handshake that failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrusted(name, error.verify_code)
    reason = str(getattr(error, "reason", "") or "")
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return (
            f"{name} asks for a certificate of ours.",
            "Choose the certificate and key it expects in this server's settings.",
        )
    if "UNKNOWN_CA" in reason or "BAD_CERTIFICATE" in reason or "CERTIFICATE_" in reason:
        return (
            f"{name} does not trust our certificate.",
            "Have our certificate or its authority entered at the other side.",
        )
    if "PROTOCOL" in reason:
        return f"{name} offers only an outdated TLS.", "It must be set to TLS 1.2 or later."
    return (
        f"{name} does not answer with TLS.",
        "Is its encrypted port the one that is entered? Turn TLS off if it has none.",
    )


def _distrusted(name: str, code: int) -> tuple[str, str]:
    if code == _EXPIRED:
        return f"The certificate of {name} has expired.", "It must be renewed at the other side."
    if code == _NOT_YET:
        return f"The certificate of {name} is not valid yet.", "Are both clocks right?"
    if code in _WRONG_NAME:
        return (
            f"The certificate of {name} is for another host.",
            "Enter the host as the certificate names it.",
        )
    if code in _UNKNOWN_ISSUER:
        return (
            f"The certificate of {name} comes from an authority that is not known here.",
            "Choose the authority's certificate in this server's settings.",
        )
    return f"The certificate of {name} cannot be trusted.", "Ask who looks after it."


def _no_password() -> str:
    """Without this, OpenSSL asks at the terminal and waits."""
    return ""
