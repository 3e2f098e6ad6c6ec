"""Objects received for real into a real store, for the tests of the library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset as encode

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE, ct_dataset
from viewer.dicom.incoming import Offer, Saved
from viewer.library.index import Index
from viewer.library.received import open_store
from viewer.library.rows import Item, SeriesTexts, StudyTexts
from viewer.library.store import Store

STUDY = "1.2.826.0.1.3680043.10.999.7"


def open_library(folder: Path) -> tuple[Store, Index]:
    """Store and index with no floor of free space."""
    return open_store(folder, floor_bytes=0)


def receive(store: Store, dataset: Dataset, calling_ae: str = "SCANNER") -> Saved:
    """Do with a data set what the listener does."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    encode(buffer, dataset)
    offer = Offer(
        str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), EXPLICIT_LITTLE, calling_ae
    )
    reception = store.begin(offer)
    reception.write(buffer.getvalue())
    return reception.commit()


def receive_study(store: Store, number: int, count: int = 3, **attributes: Any) -> str:
    """Receive `count` slices of study `number`; returns its UID."""
    uid = f"{STUDY}.{number}"
    for instance in range(1, count + 1):
        receive(store, slice_of(number, instance, **attributes))
    return uid


def slice_of(study: int, instance: int, **attributes: Any) -> Dataset:
    """One small slice that says which study it is of."""
    uid = f"{STUDY}.{study}"
    texts = {
        "PatientName": f"Patient{study}^Test",
        "PatientID": f"PID{study}",
        "AccessionNumber": f"ACC{study}",
        "StudyDescription": f"Study {study}",
        "StudyDate": f"202401{study % 28 + 1:02d}",
    }
    return ct_dataset(
        study_uid=uid,
        series_uid=f"{uid}.1",
        instance_number=instance,
        **({"pixels": np.zeros((4, 4), np.int16)} | texts | attributes),
    )


def item(study: int, series: int = 1, instance: int = 1, **changes: Any) -> Item:
    """A row without a file, for what concerns rows alone."""
    uid = f"{STUDY}.{study}"
    texts = StudyTexts(
        patient_name=f"Patient{study}^Test",
        patient_id=f"PID{study}",
        issuer="",
        birth_date="19700101",
        sex="F" if study % 2 else "M",
        study_date=f"202401{study % 28 + 1:02d}",
        study_time="101500",
        accession=f"ACC{study}",
        study_id="",
        description=f"Study {study}",
    )
    texts = replace(texts, **{k: changes.pop(k) for k in list(changes) if hasattr(texts, k)})
    line = SeriesTexts("CT", f"Series {series}", "CHEST", texts.study_date, "101500", "SCANNER")
    line = replace(line, **changes.pop("line", {}))
    made = Item(
        study_uid=uid,
        patient=f"{texts.patient_id}\n\n{texts.patient_name}",
        study=texts,
        series_uid=f"{uid}.{series}",
        series_number=series,
        series=line,
        sop_uid=f"{uid}.{series}.{instance}",
        version="",
        sop_class=CT_IMAGE_STORAGE,
        number=instance,
        frames=1,
        path=b"studies/%016x/%016x/%032x.dcm" % (study, series, instance),
        member="",
        stored=True,
        missing=False,
        nbytes=1000,
        added_ns=study * 10**9,
    )
    return replace(made, **changes)


def listed(index: Index) -> list[object]:
    """Everything the list says, less the numbers of rows and what was looked at."""
    found: list[object] = []
    for study in index.studies():
        series = [replace(each, id=0) for each in index.series(study.id)]
        files = [(ref.path, ref.member) for ref in index.files(study.id)]
        items = sorted(index.items(study.uid), key=lambda each: each.path)
        found.append((replace(study, id=0, viewed_ns=0), series, files, items))
    return sorted(found, key=repr)
