"""Pictures of the same frame by other programs, each with the words that name its maker."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.light import is_color
from viewer.dicom.pixels.frames import LoadedFrame
from viewer.dicom.pixels.transfer_syntaxes import TRANSFER_SYNTAXES, Family

Array = np.ndarray
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture by somebody else.

    Attributes:
        picture: uint8 or box means, (rows, columns) or (rows, columns, 3).
        maker: program, for the reader of the page.
        scale: our picture is reduced by this box before it is compared.
        overlays: it shows overlay planes.
    """

    picture: Array
    maker: str
    scale: int = 1
    overlays: bool = True


def by_dcmtk(path: Path, loaded: LoadedFrame, min_max: bool, folder: Path) -> Reference | None:
    """DCMTK's picture, made now; it reads native data, RLE, JPEG and JPEG-LS."""
    from PIL import Image

    description = loaded.description
    syntax = TRANSFER_SYNTAXES.get(description.transfer_syntax)
    tool = "dcml2pnm" if syntax and syntax.family is Family.JPEG_LS else "dcmj2pnm"
    if shutil.which(tool) is None:
        return None
    out = folder / "reference.pnm"
    out.unlink(missing_ok=True)
    command = [tool, "-q", *_window_words(loaded, min_max)]
    command += ["+O", "0"] if description.overlays else ["-O"]
    command += ["+F", str(loaded.ref.frame + 1), "+op", str(path), str(out)]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=TIMEOUT_S)
        with Image.open(out) as picture:
            return Reference(np.asarray(picture), dcmtk_version())
    except (OSError, subprocess.SubprocessError):
        return None


def _window_words(loaded: LoadedFrame, min_max: bool) -> list[str]:
    if is_color(loaded.description):
        return []
    if min_max:
        return ["+Wm"]
    return ["+Wl", "1"] if loaded.description.voi_choices[0].lut is not None else ["+Wi", "1"]


@cache
def dcmtk_version() -> str:
    """ "DCMTK 3.6.7", as the program says."""
    told = subprocess.run(["dcmj2pnm", "--version"], capture_output=True, check=False).stdout
    words = told.decode("latin-1").split()
    number = next((word.lstrip("v") for word in words if word.startswith("v3")), "")
    return f"DCMTK {number}".rstrip()


def by_pydicom(path: Path, loaded: LoadedFrame, min_max: bool) -> Reference | None:
    """pydicom's own pipeline; None for whatever it cannot do, in whatever way it says so."""
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _pydicom_picture(pydicom.dcmread(path), loaded.ref.frame, min_max)
    except Exception:  # pydicom and its plug-ins raise a dozen kinds
        return None
    if picture.shape[:2] != loaded.stored.shape[:2]:
        return None
    return Reference(picture, f"pydicom {pydicom.__version__}", overlays=False)


def _pydicom_picture(dataset: Any, frame: int, min_max: bool) -> Array:
    from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

    values = pixel_array(dataset, index=frame)
    photometric = dataset.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        colored = apply_color_lut(values, dataset)
        return (colored >> 8 if colored.dtype == np.uint16 else colored).astype(np.uint8)
    if values.ndim == 3:
        return (values >> (values.dtype.itemsize * 8 - 8)).astype(np.uint8)
    values = apply_modality_lut(values, dataset)
    if min_max:
        low, high = float(values.min()), float(values.max())
    else:
        low, high = _pydicom_span(dataset)
        values = apply_voi_lut(values, dataset)
    fraction = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
    if photometric == "MONOCHROME1":
        fraction = 1 - fraction
    return np.floor(fraction * 255 + 0.5).astype(np.uint8)


def _pydicom_span(dataset: Any) -> tuple[float, float]:
    """The values that pydicom's windowing spreads over; those of a LUT are its entries' bits."""
    if "VOILUTSequence" in dataset:
        return 0.0, float((1 << dataset.VOILUTSequence[0].LUTDescriptor[2]) - 1)
    if "ModalityLUTSequence" in dataset:
        return 0.0, float((1 << dataset.ModalityLUTSequence[0].LUTDescriptor[2]) - 1)
    bits = dataset.BitsStored
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if dataset.PixelRepresentation else (
        0, (1 << bits) - 1,
    )  # fmt: skip
    slope = float(dataset.get("RescaleSlope", 1))
    intercept = float(dataset.get("RescaleIntercept", 0))
    return low * slope + intercept, high * slope + intercept
