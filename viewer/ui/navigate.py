"""Which series and which study come next, in the order of the study tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer.ui.models.catalog_rows import default_key, series_key

if TYPE_CHECKING:
    from viewer.library.catalog import Catalog, Stack, Study


def stacks_of(study: Study) -> list[Stack]:
    """The stacks with pictures, series by number; all stacks where there is no picture."""
    stacks = [s for series in sorted(study.series, key=series_key) for s in series.stacks]
    return [stack for stack in stacks if stack.is_image] or stacks


def studies_of(catalog: Catalog) -> list[Study]:
    """Patients by name, studies newest first."""
    patients = sorted(catalog.patients, key=lambda p: default_key("patient", p))
    return [
        study
        for patient in patients
        for study in sorted(patient.studies, key=lambda s: default_key("study", s))
    ]


def next_stack(stack: Stack, by: int) -> Stack | None:
    """The stack `by` places after this one in its study, or None beyond the ends."""
    stacks = stacks_of(stack.series.study)
    if stack not in stacks:
        return stacks[0] if stacks else None
    place = stacks.index(stack) + by
    return stacks[place] if 0 <= place < len(stacks) else None


def first_of_next_study(catalog: Catalog, study: Study, by: int) -> Stack | None:
    """The first stack of the study `by` places after this one, or None beyond the ends."""
    studies = studies_of(catalog)
    place = studies.index(study) + by
    if not 0 <= place < len(studies):
        return None
    return next(iter(stacks_of(studies[place])), None)
