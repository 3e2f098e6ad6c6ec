"""Our receiver and our requests against pynetdicom, one more implementation of the standard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE, ct_series, write_ct
from tests.net.receiver import Receiver
from viewer.dicom.files.source import FileRef
from viewer.library.store import Store
from viewer.net.echo import echo
from viewer.net.find import find
from viewer.net.outgoing import read_outgoing
from viewer.net.peer import Peer, Timeouts
from viewer.net.query import STUDY_ROOT, Query
from viewer.net.retrieve import Wanted, get
from viewer.net.send import SendState, send

VERIFICATION = "1.2.840.10008.1.1"
STUDY = "1.2.826.0.1.3680043.10.999.60"
WAITS = Timeouts(connect_s=5, associate_s=10, answer_s=20)


class Archive:
    """A small archive of pynetdicom's: it keeps data sets, answers queries, gives them back."""

    def __init__(self) -> None:
        self.kept: dict[str, pydicom.Dataset] = {}
        self.full = False
        ae = AE(ae_title="PYNETDICOM")
        ae.add_supported_context(VERIFICATION)
        ae.add_supported_context(CT_IMAGE_STORAGE, EXPLICIT_LITTLE, scu_role=True, scp_role=True)
        for service in "13":
            ae.add_supported_context(STUDY_ROOT + service)
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._keep),
            (evt.EVT_C_FIND, self._tell),
            (evt.EVT_C_GET, self._give),
        ]
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert isinstance(server, ThreadedAssociationServer)
        self.server = server
        port = server.server_address[1]
        self.peer = Peer("pynetdicom", "PYNETDICOM", "127.0.0.1", port, timeouts=WAITS)

    def _keep(self, event: Event) -> int:
        if self.full:
            return 0xA700
        data = event.dataset
        data.file_meta = event.file_meta
        self.kept[str(data.SOPInstanceUID)] = data
        return 0

    def _tell(self, event: Event) -> Iterator[tuple[int, pydicom.Dataset | None]]:
        asked = event.identifier
        level = asked.QueryRetrieveLevel
        unique = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID"}
        keyword = unique.get(level, "SOPInstanceUID")
        for data in {str(each[keyword].value): each for each in self.kept.values()}.values():
            answer = pydicom.Dataset()
            answer.QueryRetrieveLevel = level
            for element in asked:
                if element.keyword in data:
                    answer[element.keyword] = data[element.keyword]
            yield 0xFF00, answer

    def _give(self, event: Event) -> Iterator[object]:
        yield len(self.kept)
        for data in self.kept.values():
            yield 0xFF00, data


@pytest.fixture
def archive() -> Iterator[Archive]:
    archive = Archive()
    yield archive
    archive.server.shutdown()


def sent(archive: Archive, paths: list[Path]) -> list[SendState]:
    refs = [FileRef(os.fsencode(path)) for path in paths]
    return [step.state for step in send(archive.peer, refs, "LIGHTBOX") if step.done]


def data_sets(paths: list[Path]) -> list[bytes]:
    return sorted(b"".join(read_outgoing(FileRef(os.fsencode(path))).chunks()) for path in paths)


def test_it_stores_with_us(receiver: Receiver, tmp_path: Path) -> None:
    files = ct_series(tmp_path, 20)
    ae = AE(ae_title="PYNETDICOM")
    ae.add_requested_context(CT_IMAGE_STORAGE, EXPLICIT_LITTLE)
    ae.add_requested_context(VERIFICATION)
    link = ae.associate("127.0.0.1", receiver.port, ae_title="LIGHTBOX", max_pdu=16384)

    statuses = [link.send_c_store(pydicom.dcmread(file)).Status for file in files]
    statuses.append(link.send_c_echo().Status)
    link.release()

    assert statuses == [0] * 21
    assert data_sets(receiver.files()) == data_sets(files)


def test_it_is_told_what_we_do_not_take(receiver: Receiver, tmp_path: Path) -> None:
    data = pydicom.dcmread(write_ct(tmp_path / "a.dcm"))
    ae = AE(ae_title="PYNETDICOM")
    ae.add_requested_context(CT_IMAGE_STORAGE, EXPLICIT_LITTLE)
    ae.add_requested_context(STUDY_ROOT + "1")
    link = ae.associate("127.0.0.1", receiver.port, ae_title="LIGHTBOX")
    del data.StudyInstanceUID

    status = link.send_c_store(data)
    link.release()

    assert status.Status == 0xC000
    assert [each.abstract_syntax for each in link.rejected_contexts] == [STUDY_ROOT + "1"]


def test_it_answers_our_echo(archive: Archive) -> None:
    echo(archive.peer, "LIGHTBOX")


def test_what_we_send_arrives_unchanged(archive: Archive, tmp_path: Path) -> None:
    files = ct_series(tmp_path, 12)

    states = sent(archive, files)

    assert states == [SendState.SENT] * 12
    for file in files:
        original = pydicom.dcmread(file)
        assert archive.kept[str(original.SOPInstanceUID)] == original


def test_its_full_disk_is_told(archive: Archive, tmp_path: Path) -> None:
    archive.full = True

    states = sent(archive, [write_ct(tmp_path / "a.dcm")])

    assert states == [SendState.FAILED]
    assert archive.kept == {}


def test_it_is_asked_and_gives(archive: Archive, tmp_path: Path) -> None:
    files = ct_series(tmp_path / "in", 4, study_uid=STUDY, series_uid=STUDY + ".1")
    sent(archive, files)
    store = Store(tmp_path / "got", floor_bytes=0)

    studies = [match for some in find(archive.peer, Query(), "LIGHTBOX") for match in some.matches]
    *_, last = get(archive.peer, Wanted(STUDY), "LIGHTBOX", store)

    assert [match.study_uid for match in studies] == [STUDY]
    assert (last.completed, last.failed) == (4, 0)
    assert values(list(store.files())) == values(files)


def values(paths: list[Path]) -> dict[str, pydicom.Dataset]:
    read = map(pydicom.dcmread, paths)
    return {str(data.SOPInstanceUID): data for data in read}
