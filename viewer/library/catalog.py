"""Patient > Study > Series > Stack, grown while a scan runs or files are received.

Adding a file only sorts it into its series; stacks are worked out when somebody asks for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.dicom.frame_geometry import FrameGeometry
from viewer.dicom.scan import Skipped
from viewer.errors import Problem, Severity
from viewer.library.afterwards import Compared
from viewer.library.identity import patient_key, series_stand_in, signature, study_stand_in
from viewer.library.nodes import Patient, Series, Stack, StackKey, Study
from viewer.library.receipt import Receipt, make_receipt

if TYPE_CHECKING:
    from viewer.dicom.header import Header
    from viewer.dicom.scan import Found
    from viewer.dicom.source import FileRef

__all__ = ["Catalog", "CatalogChange", "Duplicate", "Patient", "Series", "Stack", "Study"]


@dataclass(slots=True)
class CatalogChange:
    """What `Catalog.add` did, so that a tree can insert rows and keep its selection.

    New nodes stand at the end of their parent's list, in the order given here. A new study's
    series are listed too.

    Attributes:
        patients, studies, series: new ones.
        changed: known series that got frames, or whose frames got a new order.
        skipped: number of files that could not be taken.
    """

    patients: list[Patient] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    changed: list[Series] = field(default_factory=list)
    skipped: int = 0

    def __bool__(self) -> bool:
        return bool(self.series or self.changed or self.skipped)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file whose object is in the catalogue already, under another path."""

    header: Header
    first: Header
    conflict: bool = False


class Catalog:
    """All that was found, by patient; GUI thread or single thread only."""

    def __init__(self) -> None:
        self.patients: list[Patient] = []
        self.skipped: list[Skipped] = []
        self.duplicates: dict[FileRef, Duplicate] = {}
        self.found = 0
        self._patients: dict[tuple[str, ...], Patient] = {}
        self._studies: dict[tuple[str, ...], Study] = {}
        self._series: dict[tuple[str, ...], Series] = {}
        self._by_values: dict[tuple[str, ...], Series] = {}
        self._by_ref: dict[FileRef, Series] = {}
        self._by_uid: dict[str, Header] = {}

    def add(self, items: Iterable[Found | Skipped | FrameGeometry | Compared]) -> CatalogChange:
        """Take a batch of what a scan yields and of what is found out afterwards."""
        change = CatalogChange()
        touched: dict[int, Series] = {}
        for item in items:
            if isinstance(item, FrameGeometry):
                series = self._by_ref.get(item.ref)
                if series is not None:
                    series.contents.place(item)
            elif isinstance(item, Compared):
                series = self._take_compared(item, change)
            elif isinstance(item, Skipped):
                self.skipped.append(item)
                change.skipped += 1
                continue
            else:
                series = self._take(item.header, change)
            if series is not None:
                touched[id(series)] = series
        new = {id(series) for series in change.series}
        change.changed = [series for key, series in touched.items() if key not in new]
        return change

    def clear(self) -> None:
        """Forget everything; it stays the same object, for the tree holds on to it."""
        for kept in (self.patients, self.skipped, self.duplicates, self._by_ref, self._by_uid):
            kept.clear()
        for known in (self._patients, self._studies, self._series, self._by_values):
            known.clear()
        self.found = 0

    def stack(self, key: StackKey) -> Stack | None:
        """The stack of that key, or None when there is none (any more)."""
        series = self._series.get(key.series)
        stacks = series.stacks if series is not None else ()
        return next((stack for stack in stacks if stack.key == key), None)

    def first_with(self, sop_instance_uid: str) -> Header | None:
        """The first file found with a SOP Instance UID; may be asked from any thread."""
        return self._by_uid.get(sop_instance_uid)

    @property
    def series(self) -> Iterator[Series]:
        """All series, in the order found."""
        return iter(self._series.values())

    @property
    def copies(self) -> list[Duplicate]:
        """Files left out because another one holds the same object."""
        return [duplicate for duplicate in self.duplicates.values() if not duplicate.conflict]

    @property
    def problems(self) -> list[Problem]:
        """Everything that disappointed: files skipped, damaged, doubled; gaps and uneven stacks."""
        found = [
            Problem(item.ref.text, item.reason, item.advice, Severity.ERROR)
            for item in self.skipped
        ]
        found += [_conflict(d) for d in self.duplicates.values() if d.conflict]
        found += _shared_ids(self.patients)
        for series in self.series:
            for header in series.headers:
                found.extend(header.problems)
            for stack in series.stacks:
                found.extend(stack.problems)
        return found

    @property
    def receipt(self) -> Receipt:
        """What became of all that was found, to be shown and exported as text."""
        stacks = [stack for series in self.series for stack in series.stacks]
        conflicts = sum(d.conflict for d in self.duplicates.values())
        return make_receipt(
            found=self.found,
            shown=sum(len(series.headers) for series in self.series),
            copies=len(self.copies),
            conflicts=conflicts,
            skipped=self.skipped,
            stacks=stacks,
        )

    def _take(self, header: Header, change: CatalogChange) -> Series | None:
        if header.ref in self._by_ref or header.ref in self.duplicates:
            return None  # the same file scanned again
        self.found += 1
        uid = header.text("SOPInstanceUID")
        first = self._by_uid.setdefault(uid, header) if uid else header
        if first is not header:
            # UIDs are unique in the world: until the bytes are compared it is taken for a copy,
            # unless the headers already differ (rule 69).
            conflict = signature(first) != signature(header)
            self.duplicates[header.ref] = Duplicate(header, first, conflict)
            if not conflict:
                return None
        return self._place(header, change)

    def _take_compared(self, compared: Compared, change: CatalogChange) -> Series | None:
        known = self.duplicates.get(compared.ref)
        if known is None or known.conflict or compared.same:
            return None
        self.duplicates[compared.ref] = Duplicate(known.header, known.first, conflict=True)
        return self._place(known.header, change)

    def _place(self, header: Header, change: CatalogChange) -> Series:
        text = header.text
        values = (
            text("SeriesInstanceUID"),
            text("StudyInstanceUID"),
            text("PatientID"),
            text("PatientName"),
            text("IssuerOfPatientID"),
            ""
            if text("SeriesInstanceUID") and text("StudyInstanceUID")
            else series_stand_in(header),
            "" if text("PatientID") else text("PatientBirthDate"),
        )
        series = self._by_values.get(values)
        if series is None:
            series = self._by_values[values] = self._series_of(header, change)
        series.headers.append(header)
        series.contents.add(header)
        self._by_ref[header.ref] = series
        return series

    def _series_of(self, header: Header, change: CatalogChange) -> Series:
        study = self._study_of(header, change)
        text = header.text
        key = (
            *study.key,
            text("SeriesInstanceUID") or f"{text('Modality')} {series_stand_in(header)}",
        )
        if key in self._series:
            return self._series[key]
        series = Series(
            study=study,
            key=key,
            uid=text("SeriesInstanceUID"),
            number=header.integer("SeriesNumber"),
            modality=text("Modality"),
            description=text("SeriesDescription") or text("ProtocolName"),
            body_part=text("BodyPartExamined"),
            date=text("SeriesDate") or text("AcquisitionDate") or text("ContentDate"),
            time=text("SeriesTime") or text("AcquisitionTime") or text("ContentTime"),
        )
        self._series[key] = series
        study.series.append(series)
        change.series.append(series)
        return series

    def _study_of(self, header: Header, change: CatalogChange) -> Study:
        patient = self._patient_of(header, change)
        text = header.text
        key = (*patient.key, text("StudyInstanceUID") or study_stand_in(header))
        if key in self._studies:
            return self._studies[key]
        study = Study(
            patient=patient,
            key=key,
            uid=text("StudyInstanceUID"),
            date=text("StudyDate"),
            time=text("StudyTime"),
            description=text("StudyDescription"),
            accession=text("AccessionNumber"),
            study_id=text("StudyID"),
            institution=text("InstitutionName"),
            referring=text("ReferringPhysicianName"),
        )
        self._studies[key] = study
        patient.studies.append(study)
        change.studies.append(study)
        return study

    def _patient_of(self, header: Header, change: CatalogChange) -> Patient:
        text = header.text
        key = patient_key(header)
        if key in self._patients:
            return self._patients[key]
        patient = Patient(
            key=key,
            name=text("PatientName"),
            id=text("PatientID"),
            issuer=text("IssuerOfPatientID"),
            birth_date=text("PatientBirthDate"),
            sex=text("PatientSex"),
        )
        self._patients[key] = patient
        self.patients.append(patient)
        change.patients.append(patient)
        return patient


def _shared_ids(patients: Iterable[Patient]) -> Iterator[Problem]:
    """One Patient ID under several names: kept apart, but somebody should know."""
    ids = Counter((patient.id, patient.issuer) for patient in patients if patient.id)
    for (patient_id, _), count in ids.items():
        if count > 1:
            yield Problem(
                f"Patient ID {patient_id}",
                f"{count} patients have this ID under different names; they are kept apart.",
                "If it is one person, the name was written differently.",
            )


def _conflict(duplicate: Duplicate) -> Problem:
    return Problem(
        duplicate.header.ref.text,
        "Another file has the same SOP Instance UID but other pixels or attributes.",
        "Both are shown. One of them was changed or wrongly numbered: ask its sender.",
    )
