"""One frame of a file as the plain values `core` works with; the only door between them."""

from __future__ import annotations

import re
from dataclasses import replace

from viewer.core.image import FrameDescription, Lossy, Overlay, PixelFormat
from viewer.dicom.datasets.attributes import Attributes, Notes
from viewer.dicom.datasets.dataset import DicomFile
from viewer.dicom.datasets.functional_groups import FunctionalGroups
from viewer.dicom.description.describe_geometry import (
    describe_aspect,
    describe_patient_orientation,
    describe_plane,
    describe_spacing,
)
from viewer.dicom.description.describe_pixels import (
    describe_lossy,
    describe_padding,
    describe_pixels,
    measured_ratio,
)
from viewer.dicom.description.describe_voi import (
    describe_presentation,
    describe_transform,
    describe_voi,
)
from viewer.dicom.description.facts import describe_facts
from viewer.dicom.description.icc import icc_problem
from viewer.dicom.description.overlays import describe_overlays, overlay_size
from viewer.dicom.description.palettes import describe_palette
from viewer.dicom.description.real_world import describe_real_world
from viewer.dicom.description.regions import describe_regions
from viewer.dicom.description.shutters import describe_shutter, shutter_group
from viewer.dicom.description.suv_facts import describe_suv
from viewer.dicom.pixels.native_frames import embedded_words
from viewer.errors import Problem

MAX_ICC_BYTES = 4 * 1024 * 1024
_UID = re.compile(r"(?=.{1,64}$)\d+(\.\d+)*")


def describe_frame(file: DicomFile, frame: int) -> FrameDescription:
    """Describe one frame, counted from 0.

    Nothing in a file makes this fail: what is broken is left out or assumed, and told in the
    description's problems.
    """
    notes = Notes(file.ref.text)
    root = Attributes(file.dataset, notes)
    _check_identity(root, notes)
    groups = FunctionalGroups(root, frame, notes)
    pixels = _pixels(file, root, notes)
    transform = describe_transform(groups, pixels, notes)
    planes = describe_overlays(
        file.dataset, frame, pixels, lambda: embedded_words(file, pixels, frame), notes
    )
    spacing = describe_spacing(groups, notes)
    plane = describe_plane(groups, frame, spacing, notes)
    return FrameDescription(
        pixel_format=pixels,
        transfer_syntax=file.transfer_syntax,
        modality=root.text("Modality"),
        transform=transform,
        voi_choices=describe_voi(groups, pixels, transform, notes),
        padding=describe_padding(root, pixels, notes),
        presentation=describe_presentation(root, pixels, notes),
        palette=describe_palette(groups, pixels, notes),
        icc_profile=_icc_profile(root, pixels, notes),
        overlays=_drawn(planes, root),
        shutter=describe_shutter(root, pixels, planes, notes),
        plane=plane,
        patient_orientation=describe_patient_orientation(root, plane, notes),
        quadruped=root.text("AnatomicalOrientationType") == "QUADRUPED",
        spacing=spacing,
        pixel_aspect=describe_aspect(root, spacing, notes),
        lossy=_lossy(file, root, pixels, notes),
        real_world=describe_real_world(groups, notes),
        suv=describe_suv(groups, transform.unit),
        regions=describe_regions(root, notes),
        facts=describe_facts(groups),
        problems=_together(file, notes),
    )


def _check_identity(root: Attributes, notes: Notes) -> None:
    """UIDs name objects for every other program: a missing or impossible one is told."""
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        uid = root.text(keyword)
        if not uid and keyword == "SOPInstanceUID":
            notes.add("SOPInstanceUID is missing; this object cannot be told from others.")
        elif uid and not _UID.fullmatch(uid):
            notes.add(f"{keyword} is not a UID (PS3.5 9.1).")


def _pixels(file: DicomFile, root: Attributes, notes: Notes) -> PixelFormat:
    """The pixel format; an object that has only overlays takes their size (rule 30)."""
    if file.pixels is None and "Rows" not in root:
        rows, columns = overlay_size(file.dataset)
        if rows:
            return PixelFormat(rows, columns, bits_allocated=8, bits_stored=8, high_bit=7)
    return describe_pixels(root, file.pixels.keyword if file.pixels else "", notes)


def _lossy(file: DicomFile, root: Attributes, pixels: PixelFormat, notes: Notes) -> Lossy | None:
    """The history the file tells; its last ratio is measured where it tells none."""
    lossy = describe_lossy(root, file.transfer_syntax, notes)
    if lossy is None or lossy.ratios:
        return lossy
    frames = max(root.integer("NumberOfFrames") or 1, 1)
    return replace(lossy, measured=measured_ratio(file, pixels, frames))


def _drawn(planes: tuple[Overlay, ...], root: Attributes) -> tuple[Overlay, ...]:
    """Overlays without the one that is a bitmap shutter."""
    hidden = shutter_group(root)
    return tuple(plane for plane in planes if plane.group != hidden)


def _icc_profile(root: Attributes, pixels: PixelFormat, notes: Notes) -> bytes | None:
    """ICC Profile of the image, or of a slide's first optical path (C.11.15)."""
    for source in (root, root.item("OpticalPathSequence")):
        profile = source.data("ICCProfile") if source is not None else b""
        if len(profile) > MAX_ICC_BYTES:
            notes.add("ICCProfile is larger than any profile and is ignored.")
        elif profile:
            is_colored = pixels.samples_per_pixel > 1
            if is_colored or pixels.photometric_interpretation == "PALETTE COLOR":
                _check_profile(profile, notes)
            return profile
    return None


def _check_profile(profile: bytes, notes: Notes) -> None:
    problem = icc_problem(profile)
    if problem:
        notes.add(problem, "Colours are shown as if they were sRGB.")


def _together(file: DicomFile, notes: Notes) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys((*file.problems, *notes.problems)))
