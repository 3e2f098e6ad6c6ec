"""Patient > Study > Series > Stack, grown while a scan runs or files are received.

Adding a file only sorts it into its series; stacks are worked out when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from viewer.dicom.description.frame_geometry import FrameGeometry
from viewer.dicom.files.scan_items import Skipped
from viewer.errors import Problem, Severity
from viewer.library.afterwards import Compared, Digested
from viewer.library.doubts import conflict, shared_ids, shared_studies
from viewer.library.identity import patient_key, series_stand_in, signature, study_stand_in
from viewer.library.nodes import Patient, Series, Stack, StackKey, Study
from viewer.library.receipt import Receipt, make_receipt

if TYPE_CHECKING:
    from viewer.dicom.description.frame_rows import FrameRows
    from viewer.dicom.files.scan_items import Found
    from viewer.dicom.files.source import FileRef
    from viewer.dicom.headers.header import Header

__all__ = ["Catalog", "CatalogChange", "Duplicate", "Patient", "Series", "Stack", "Study"]


@dataclass(slots=True)
class CatalogChange:
    """What `Catalog.add` did, so that a tree can insert rows and keep its selection.

    New nodes stand at the end of their parent's list, in the order given here. A new study's
    series are listed too.

    Attributes:
        patients, studies, series: new ones.
        changed: known series that got frames, or whose frames got a new order.
        replaced: files that were known, and hold something else now.
        gone: nodes that lost their last file by that, from below.
        skipped: number of files that could not be taken.
    """

    patients: list[Patient] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    changed: list[Series] = field(default_factory=list)
    replaced: list[FileRef] = field(default_factory=list)
    gone: list[Series | Study | Patient] = field(default_factory=list)
    skipped: int = 0

    def __bool__(self) -> bool:
        return bool(self.series or self.changed or self.gone or self.skipped)

    def leave_out_gone(self) -> None:
        """What came and went within one change is no news."""
        gone = {id(node) for node in self.gone}
        self.patients = [node for node in self.patients if id(node) not in gone]
        self.studies = [node for node in self.studies if id(node) not in gone]
        self.series = [node for node in self.series if id(node) not in gone]
        self.changed = [node for node in self.changed if id(node) not in gone]


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
        self._by_ref: dict[FileRef, tuple[Series, Header]] = {}
        self._by_uid: dict[str, Header] = {}

    def add(
        self, items: Iterable[Found | Digested | Skipped | FrameGeometry | Compared]
    ) -> CatalogChange:
        """Take a batch of what a scan yields and of what is found out afterwards."""
        change = CatalogChange()
        touched: dict[int, Series] = {}
        for item in items:
            if isinstance(item, FrameGeometry):
                series = self._by_ref.get(item.ref, (None,))[0]
                if series is not None:
                    series.contents.place(item)
            elif isinstance(item, Compared):
                series = self._take_compared(item, change)
            elif isinstance(item, Skipped):
                self.skipped.append(item)
                change.skipped += 1
                continue
            elif isinstance(item, Digested):
                series = self._take(item.header, change, item.rows)
            else:
                series = self._take(item.header, change)
            if series is not None:
                touched[id(series)] = series
        if change.replaced:
            self._tidy(change, touched)
        new = {id(series) for series in change.series}
        change.changed = [series for key, series in touched.items() if key not in new]
        return change

    def clear(self) -> Iterator[None]:
        """Forget everything; it stays the same object, for the tree holds on to it.

        Returns:
            Steps that free what was held, little by little; without them it goes at once.
        """
        old = (self._by_uid, self._by_values, self._by_ref, self.duplicates, self._series)
        steps = _let_go(self.patients, list(self._studies.values()), *old)
        self.__init__()  # type: ignore[misc]  # as new
        return steps

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
        found += self.doubts
        for series in self.series:
            for header in series.headers:
                found.extend(header.problems)
            for stack in series.stacks:
                found.extend(stack.problems)
        return found

    @property
    def doubts(self) -> list[Problem]:
        """Whose object, study or patient something is: what several files say together."""
        return [
            *(conflict(d.header) for d in self.duplicates.values() if d.conflict),
            *shared_ids(self.patients),
            *shared_studies(self.patients),
        ]

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

    def _take(
        self, header: Header, change: CatalogChange, rows: FrameRows | None = None
    ) -> Series | None:
        known = header.ref in self._by_ref or header.ref in self.duplicates
        if known and not self._drop_changed(header, change):
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
        return self._place(header, change, rows)

    def _take_compared(self, compared: Compared, change: CatalogChange) -> Series | None:
        known = self.duplicates.get(compared.ref)
        if known is None or known.conflict or compared.same:
            return None
        self.duplicates[compared.ref] = Duplicate(known.header, known.first, conflict=True)
        return self._place(known.header, change)

    def _place(
        self, header: Header, change: CatalogChange, rows: FrameRows | None = None
    ) -> Series:
        text = header.text
        series_uid, study_uid = text("SeriesInstanceUID"), text("StudyInstanceUID")
        patient_id = text("PatientID")
        values = (
            series_uid,
            study_uid,
            patient_id,
            text("PatientName"),
            text("IssuerOfPatientID"),
            "" if series_uid and study_uid else series_stand_in(header),
            "" if patient_id else text("PatientBirthDate"),
        )
        series = self._by_values.get(values)
        if series is None:
            series = self._by_values[values] = self._series_of(header, change)
        series.headers.append(header)
        series.contents.add(header, rows)
        self._by_ref[header.ref] = (series, header)
        return series

    def _drop_changed(self, header: Header, change: CatalogChange) -> bool:
        """Forget what a file was if its size or time says that it is another one now."""
        series, before = self._by_ref.get(header.ref, (None, None))
        duplicate = self.duplicates.get(header.ref)
        before = before or (duplicate.header if duplicate else header)
        if before.stamp == header.stamp:
            return False
        change.replaced.append(header.ref)
        self.found -= 1
        self.duplicates.pop(header.ref, None)
        self._by_ref.pop(header.ref, None)
        if series is not None:
            series.drop(before)
        uid = before.text("SOPInstanceUID")
        if self._by_uid.get(uid) is before:
            del self._by_uid[uid]
            self._promote_copies(before, change)
        return True

    def _promote_copies(self, first: Header, change: CatalogChange) -> None:
        """What was left out as a copy of a file that is gone is the only one left."""
        copies = [d for d in self.duplicates.values() if d.first is first]
        for copy in copies:
            del self.duplicates[copy.header.ref]
            if copy.conflict:
                self._by_uid.setdefault(copy.header.text("SOPInstanceUID"), copy.header)
                continue
            self.found -= 1
            series = self._take(copy.header, change)
            if series is not None and series not in change.changed:
                change.changed.append(series)

    def _tidy(self, change: CatalogChange, touched: dict[int, Series]) -> None:
        """Report the series that lost a file, and take away what is empty now."""
        touched.update((id(series), series) for series in change.changed)
        for key, series in list(self._series.items()):
            if series.headers:
                if not series.is_split:
                    touched[id(series)] = series
                continue
            study, patient = series.study, series.study.patient
            del self._series[key]
            touched.pop(id(series), None)
            self._by_values = {v: s for v, s in self._by_values.items() if s is not series}
            study.series.remove(series)
            change.gone.append(series)
            if not study.series:
                del self._studies[study.key]
                patient.studies.remove(study)
                change.gone.append(study)
            if not patient.studies:
                del self._patients[patient.key]
                self.patients.remove(patient)
                change.gone.append(patient)
        change.leave_out_gone()

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


def _let_go(
    patients: list[Patient],
    studies: list[Study],
    by_uid: dict[str, Header],
    by_values: dict[tuple[str, ...], Series],
    by_ref: dict[FileRef, tuple[Series, Header]],
    duplicates: dict[FileRef, Duplicate],
    series: dict[tuple[str, ...], Series],
) -> Iterator[None]:
    """Take nodes apart from below, so that none is left in a cycle for the collector."""
    lists: list[dict[Any, Any]] = [by_uid, by_values, by_ref, duplicates]
    for held in lists:
        while held:
            held.popitem()
            yield
    while series:
        yield from series.popitem()[1].let_go()
    while studies:
        studies.pop().series.clear()
        yield
    while patients:
        patients.pop().studies.clear()
        yield
