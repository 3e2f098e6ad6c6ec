"""TLS: others are served whatever one caller does, and failures have words."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data import write_ct
from tests.net.receiver import Receiver, dcmtk
from viewer.errors import ViewerError
from viewer.net.config import TlsConfig
from viewer.net.tls import certificate_warning, tls_context


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


def certificate(folder: Path, name: str, days: int = 2) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates and is not installed")
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
            "-days", days, "-keyout", key, "-out", pem)  # fmt: skip
    return pem, key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ours(folder: Path) -> tuple[Path, Path]:
    return certificate(folder, "ours")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> tuple[Path, Path]:
    return certificate(folder, "theirs")


@pytest.fixture
def secure(
    start_receiver: Callable[..., Receiver], ours: tuple[Path, Path], theirs: tuple[Path, Path]
) -> Receiver:
    """Serves TLS only, to those with the right certificate."""
    tls = TlsConfig(str(ours[0]), str(ours[1]), str(theirs[0]))
    return start_receiver(tls=tls, handshake_s=2.0)


def echo(receiver: Receiver, *options: str | Path, check: bool = True) -> int:
    address = ("-aec", "LIGHTBOX", "127.0.0.1", str(receiver.port))
    return dcmtk("echoscu", *options, *address, check=check).returncode


def good(ours: tuple[Path, Path], theirs: tuple[Path, Path]) -> list[str | Path]:
    return ["+tls", theirs[1], theirs[0], "+cf", ours[0]]


def test_images_come_encrypted(
    secure: Receiver, ours: tuple[Path, Path], theirs: tuple[Path, Path], tmp_path: Path
) -> None:
    path = write_ct(tmp_path / "a.dcm", rows=512, columns=512)

    dcmtk("storescu", *good(ours, theirs), "-aec", "LIGHTBOX", "127.0.0.1", str(secure.port), path)

    assert len(secure.files()) == 1


def test_silent_callers_keep_nobody_out(
    secure: Receiver, ours: tuple[Path, Path], theirs: tuple[Path, Path]
) -> None:
    with secure.call() as silent, secure.call() as half:
        half.say(b"\x16\x03\x01\x02")
        echo(secure, *good(ours, theirs))

        for caller in (silent, half):  # at most an alert, then the end
            while caller.socket.recv(100):
                pass


@pytest.mark.parametrize("case", ["plain", "no-certificate", "other-certificate"])
def test_who_does_not_get_through_is_told_of(
    secure: Receiver, ours: tuple[Path, Path], theirs: tuple[Path, Path], case: str
) -> None:
    options: dict[str, list[str | Path]] = {
        "plain": [],
        "no-certificate": ["+tla", "+cf", ours[0]],
        "other-certificate": ["+tls", ours[1], ours[0], "+cf", ours[0]],
    }
    words = {
        "plain": "it does not speak TLS",
        "no-certificate": "it has shown no certificate",
        "other-certificate": "its certificate is not of the authority",
    }

    assert echo(secure, *options[case], check=False) != 0

    event = secure.wait_for("problem")[0]
    assert words[case] in event["what"]
    assert event["advice"]
    echo(secure, *good(ours, theirs))


def test_tls_older_than_1_2_is_refused(secure: Receiver) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with secure.call() as caller, pytest.raises(OSError, match=r"."):
        context.wrap_socket(caller.socket)

    assert "TLS" in secure.wait_for("problem")[0]["what"]


def test_a_caller_with_tls_at_a_plain_port_is_explained(
    receiver: Receiver, ours: tuple[Path, Path], theirs: tuple[Path, Path]
) -> None:
    echo(receiver, *good(ours, theirs), check=False)

    assert "TLS, which is not switched on here" in receiver.wait_for("problem")[0]["what"]


def test_certificates_that_cannot_be_used_are_explained(
    ours: tuple[Path, Path], theirs: tuple[Path, Path], folder: Path
) -> None:
    locked = folder / "locked.key"
    openssl("rsa", "-aes128", "-passout", "pass:x1y2", "-in", ours[1], "-out", locked)
    damaged = folder / "damaged.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    cases = {
        "not where": TlsConfig(str(folder / "none.pem"), str(ours[1])),
        "does not fit": TlsConfig(str(ours[0]), str(theirs[1])),
        "damaged": TlsConfig(str(damaged), str(ours[1])),
        "password": TlsConfig(str(ours[0]), str(locked)),
    }
    for words, config in cases.items():
        with pytest.raises(ViewerError, match=words) as raised:
            tls_context(config)
        assert raised.value.advice


def test_a_certificate_is_told_before_and_after_its_time(ours: tuple[Path, Path]) -> None:
    config = TlsConfig(str(ours[0]), str(ours[1]))

    assert certificate_warning(config) == ""
    assert "expired on 20" in certificate_warning(config, datetime(2099, 1, 1, tzinfo=UTC))
    assert "valid from 20" in certificate_warning(config, datetime(2001, 1, 1, tzinfo=UTC))


def test_the_time_of_a_certificate_is_openssls(ours: tuple[Path, Path]) -> None:
    from viewer.net.tls import _validity

    der = ssl.PEM_cert_to_DER_cert(ours[0].read_text())
    said = subprocess.run(
        ["openssl", "x509", "-in", ours[0], "-noout", "-enddate"], capture_output=True, text=True
    ).stdout.strip()
    seconds = ssl.cert_time_to_seconds(said.removeprefix("notAfter="))

    assert _validity(der)[1].timestamp() == seconds
