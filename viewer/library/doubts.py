"""Whose object, study or patient something is: what several files say together (rules 61, 69)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from viewer.errors import Problem

if TYPE_CHECKING:
    from viewer.dicom.headers.header import Header
    from viewer.library.nodes import Patient


def shared_ids(patients: Iterable[Patient]) -> Iterator[Problem]:
    """One Patient ID under several names: kept apart, but somebody should know."""
    ids = Counter((patient.id, patient.issuer) for patient in patients if patient.id)
    for (patient_id, _), count in ids.items():
        if count > 1:
            yield Problem(
                f"Patient ID {patient_id}",
                f"{count} patients have this ID under different names; they are kept apart.",
                "If it is one person, the name was written differently.",
            )


def shared_studies(patients: Iterable[Patient]) -> Iterator[Problem]:
    """One study under several patients: one of them got the other's images."""
    uids = Counter(study.uid for patient in patients for study in patient.studies if study.uid)
    for uid, count in uids.items():
        if count > 1:
            yield Problem(
                f"Study {uid}",
                f"{count} patients have images in this study; they are kept apart.",
                "A study belongs to one patient: ask its sender whose images these are.",
            )


def conflict(header: Header) -> Problem:
    """Of a file with the UID of another one."""
    return Problem(
        header.ref.text,
        "Another file has the same SOP Instance UID but other pixels or attributes.",
        "Both are shown. One of them was changed or wrongly numbered: ask its sender.",
    )
