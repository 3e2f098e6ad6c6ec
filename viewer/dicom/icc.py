"""ICC profiles of colour images, to sRGB (PS3.3 C.11.15; rule 28)."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np

Array = np.ndarray


def apply_icc(image: Array, profile: bytes | None) -> Array:
    """An RGB image, uint8 (rows, columns, 3), in the colours its profile means, as sRGB.

    Gray images, images without a profile and profiles that cannot be used come back unchanged;
    `icc_problem` says why.
    """
    if profile is None or image.ndim != 3:
        return image
    transform, problem = _transform(profile)
    if problem:
        return image
    from PIL import Image, ImageCms

    # A view, not a copy: the transform writes into an image of its own.
    source = Image.frombuffer(
        "RGB", (image.shape[1], image.shape[0]), np.ascontiguousarray(image), "raw", "RGB", 0, 1
    )
    return np.asarray(ImageCms.applyTransform(source, transform))


def icc_problem(profile: bytes | None) -> str:
    """Why a profile cannot be applied, one sentence; empty when it can or there is none."""
    return "" if profile is None else _transform(profile)[1]


@lru_cache(maxsize=8)
def _transform(profile: bytes) -> tuple[Any, str]:
    """The transform to sRGB and an empty sentence, or None and what is wrong."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return None, "ICCProfile is not for RGB and is ignored."
        target = ImageCms.createProfile("sRGB")
        # Relative colorimetric with black point compensation: an sRGB profile of whatever kind
        # changes nothing, and no profile lifts black.
        transform = ImageCms.buildTransform(
            source,
            target,
            "RGB",
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, "ICCProfile is damaged and is ignored."
    return transform, ""
