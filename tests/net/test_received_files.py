"""Files of other toolkits go in by a real client and come out unchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.net.caller import RJ, Caller, context, store_command
from tests.net.receiver import Receiver, dcmtk

CHUNK = 60  # presentation contexts of one association


def parts_of(raw: bytes) -> tuple[bytes, bytes]:
    """File meta information and data set of a PS3.10 file."""
    end = 144 + int.from_bytes(raw[140:144], "little")
    return raw[:end], raw[end:]


def sendable(path: Path) -> tuple[str, str, str] | None:
    """SOP class, instance and transfer syntax by the file meta, where the data set agrees."""
    raw = path.read_bytes()
    if raw[128:140] != b"DICM\x02\0\0\0UL\x04\0":
        return None
    try:
        ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        meta = ds.file_meta
        found = (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID)
        if ds.SOPInstanceUID != found[1]:
            return None
        return str(found[0]), str(found[1]), str(meta.TransferSyntaxUID)
    except Exception:  # files that are damaged on purpose
        return None


@pytest.mark.shared_data
@pytest.mark.filterwarnings("ignore")
def test_every_byte_of_every_data_set_survives(
    start_receiver: Callable[..., Receiver], shared_data: Path
) -> None:
    receiver = start_receiver()
    sent: dict[str, set[bytes]] = {}
    stored = answered = 0
    files = [path for path in sorted(shared_data.rglob("*")) if path.is_file()]
    offers = [(path, offer) for path in files if (offer := sendable(path)) is not None]
    for at in range(0, len(offers), CHUNK):
        chunk = offers[at : at + CHUNK]
        contexts = [
            context(2 * number + 1, sop_class, syntax)
            for number, (_, (sop_class, _, syntax)) in enumerate(chunk)
        ]
        with Caller(receiver.port) as caller:
            accepted = caller.associate(contexts=contexts)
            assert accepted[0] != RJ
            for number, (path, (sop_class, uid, _)) in enumerate(chunk):
                body = parts_of(path.read_bytes())[1]
                try:
                    status = caller.ask(2 * number + 1, store_command(uid, sop_class), body)
                except AssertionError:  # a class that is not stored: the association ends
                    break
                answered += 1
                if status == 0:
                    stored += 1
                    sent.setdefault(uid, set()).add(body)
            caller.release()

    kept = {parts_of(path.read_bytes())[1] for path in receiver.files()}
    assert kept == set().union(*sent.values())
    assert answered == len(offers)
    assert stored > 600


@pytest.mark.shared_data
@pytest.mark.filterwarnings("ignore")
def test_what_storescu_sends_is_what_the_file_holds(
    start_receiver: Callable[..., Receiver], shared_data: Path
) -> None:
    receiver = start_receiver()
    paths = [path for path in sorted((shared_data / "syntaxes").rglob("*.dcm")) if sendable(path)]
    for path in paths:
        syntax = pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
        option = OPTIONS.get(str(syntax))
        if option is not None:  # some of these files storescu itself cannot read
            address = ("-aec", "LIGHTBOX", "127.0.0.1", str(receiver.port))
            dcmtk("storescu", option, *address, path, check=False)

    originals = list(map(pydicom.dcmread, paths))
    received = [pydicom.dcmread(file) for file in receiver.files()]
    assert len({ds.file_meta.TransferSyntaxUID for ds in received}) >= 8
    for ds in received:
        assert any(identity(each) == identity(ds) and same(each, ds) for each in originals)


def same(one: pydicom.Dataset, other: pydicom.Dataset) -> bool:
    """Whether all values agree but the padding at the end, which storescu leaves out."""
    tags = {tag for tag in (*one.keys(), *other.keys()) if tag != 0xFFFCFFFC}
    return all(tag in one and tag in other and one[tag].value == other[tag].value for tag in tags)


def identity(ds: pydicom.Dataset) -> tuple[str, str]:
    return str(ds.SOPInstanceUID), str(ds.file_meta.TransferSyntaxUID)


OPTIONS = {  # what storescu has to be told to propose
    "1.2.840.10008.1.2": "-xi",
    "1.2.840.10008.1.2.1": "-xe",
    "1.2.840.10008.1.2.2": "-xb",
    "1.2.840.10008.1.2.1.99": "-xd",
    "1.2.840.10008.1.2.4.50": "-xy",
    "1.2.840.10008.1.2.4.51": "-xx",
    "1.2.840.10008.1.2.4.70": "-xs",
    "1.2.840.10008.1.2.4.80": "-xt",
    "1.2.840.10008.1.2.4.81": "-xu",
    "1.2.840.10008.1.2.4.90": "-xv",
    "1.2.840.10008.1.2.4.91": "-xw",
    "1.2.840.10008.1.2.5": "-xr",
}
