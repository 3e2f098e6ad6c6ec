"""TLS for the receiver: what is served, and why a handshake failed, in words."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from viewer.errors import ViewerError
from viewer.net.config import TlsConfig

# PS3.15 B.9 (BCP 195): forward secrecy and authenticated encryption; TLS 1.3 has its own.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL"
_SEQUENCE, _UTC_TIME, _VERSION = 0x30, 0x17, 0xA0
_WORDS = {
    "HTTP_REQUEST": "it speaks HTTP",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "it only speaks TLS older than 1.2",
    "NO_SHARED_CIPHER": "it offers no strong cipher",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it has shown no certificate",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not of the authority we trust, or expired",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it finds our certificate expired",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it refuses our certificate",
}
_ADVICE = {
    "HTTP_REQUEST": "Somebody tries this port with a web browser; no scanner does.",
    "WRONG_VERSION_NUMBER": "Switch TLS on at the scanner, or off here.",
    "UNSUPPORTED_PROTOCOL": "The scanner needs an update that brings TLS 1.2.",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "Install a client certificate at the scanner.",
    "CERTIFICATE_VERIFY_FAILED": "Renew the scanner's certificate, or choose its authority here.",
    "TLSV1_ALERT_UNKNOWN_CA": "Install our certificate's authority at the scanner.",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "Renew our certificate, or check the scanner's clock.",
    "SSLV3_ALERT_BAD_CERTIFICATE": "Install our certificate at the scanner.",
}


def tls_context(config: TlsConfig) -> ssl.SSLContext:
    """TLS 1.2 or later, as the BCP 195 profile asks (PS3.15 B.9).

    Raises:
        ViewerError: a certificate is missing, unreadable or does not fit its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    try:
        # Without the password OpenSSL would ask for one on a terminal that nobody watches.
        context.load_cert_chain(config.certificate, config.key, password=lambda: "")
        if config.client_authority:
            context.load_verify_locations(config.client_authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except FileNotFoundError as error:
        raise ViewerError(
            "The TLS certificate or its key is not where the settings say.",
            "Choose the files again in the receiver's settings.",
        ) from error
    except PermissionError as error:
        raise ViewerError(
            "The TLS certificate or its key may not be read.",
            "Give this user the right to read both files.",
        ) from error
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ViewerError(
            "The TLS certificate cannot be used: it is damaged, does not fit its key, or the key"
            " has a password.",
            "Choose a certificate and its own key, without password, in PEM form.",
        ) from error
    return context


def certificate_warning(config: TlsConfig, now: datetime | None = None) -> str:
    """A sentence about a certificate that is not valid now, or empty."""
    now = now or datetime.now(UTC)
    try:
        pem = Path(config.certificate).read_text("ascii", "replace")
        begin = pem.index(ssl.PEM_HEADER)
        end = pem.index(ssl.PEM_FOOTER, begin) + len(ssl.PEM_FOOTER)
        first, last = _validity(ssl.PEM_cert_to_DER_cert(pem[begin:end]))
    except (OSError, ValueError, IndexError):
        return ""  # whoever loads it says what is wrong
    if now > last:
        return f"The TLS certificate expired on {last:%Y-%m-%d}: callers that check will not send."
    if now < first:
        return f"The TLS certificate is valid from {first:%Y-%m-%d} on: is the clock right?"
    return ""


def handshake_failure(error: Exception) -> tuple[str, str]:
    """What went wrong in a handshake and what to do, without addresses."""
    reason = str(getattr(error, "reason", None) or "").upper().replace(" ", "_")
    words = _WORDS.get(reason) or (reason.replace("_", " ").lower() or "the connection was lost")
    return f"The caller did not get through TLS: {words}.", _ADVICE.get(reason, "")


def _validity(der: bytes) -> tuple[datetime, datetime]:
    """notBefore and notAfter of a certificate (RFC 5280 section 4.1)."""
    _, certificate, _ = _element(der, 0)
    _, fields, _ = _element(certificate, 0)
    kind, _, at = _element(fields, 0)
    if kind == _VERSION:  # optional; then serial number, signature algorithm, issuer, validity
        _, _, at = _element(fields, at)
    _, _, at = _element(fields, at)
    _, _, at = _element(fields, at)
    kind, validity, _ = _element(fields, at)
    if kind != _SEQUENCE:
        raise ValueError("no validity")
    first_kind, first, at = _element(validity, 0)
    last_kind, last, _ = _element(validity, at)
    return _time(first_kind, first), _time(last_kind, last)


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag and content of the DER element at an offset, and the offset behind it."""
    kind, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[at : at + size])
        at += size
    return kind, data[at : at + length], at + length


def _time(kind: int, value: bytes) -> datetime:
    text = value.decode("ascii").rstrip("Z")
    if kind == _UTC_TIME:  # two digits of the year: 1950 to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
