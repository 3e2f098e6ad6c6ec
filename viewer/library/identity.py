"""When two files are of one patient, one study, one series, one object (rules 68, 69)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer.dicom.header import Header


def patient_key(header: Header) -> tuple[str, ...]:
    """Identity of the patient: Patient ID, its issuer and the exact name (rule 68).

    Where there is no ID, the birth date has to agree as well, and where there is no name either,
    the study: two unknown patients are never taken for one.
    """
    text = header.text
    identity = (text("PatientID"), text("IssuerOfPatientID"), text("PatientName"))
    if identity[0]:
        return identity
    if identity[2]:
        return (*identity, text("PatientBirthDate"))
    return (*identity, text("StudyInstanceUID") or study_stand_in(header))


def study_stand_in(header: Header) -> str:
    """What keeps studies apart that have no UID."""
    text = header.text
    return " ".join((text("StudyDate"), text("StudyID"), text("AccessionNumber")))


def series_stand_in(header: Header) -> str:
    """What keeps series apart that have no UID."""
    return " ".join((study_stand_in(header), header.text("SeriesNumber"), header.text("Modality")))


_SIGNATURE = (
    "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName",
    "IssuerOfPatientID", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient",
    "Rows", "Columns", "NumberOfFrames", "BitsAllocated", "PhotometricInterpretation",
    "ContentTime", "AcquisitionTime", "WindowCenter", "WindowWidth",
)  # fmt: skip


def signature(header: Header) -> tuple[str, ...]:
    """Values in which two objects may not differ and be copies of each other."""
    return (header.transfer_syntax, *(header.text(keyword) for keyword in _SIGNATURE))
