"""Where an image lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class ImagePlane:
    """Where one image lies in the patient (PS3.3 C.7.6.2).

    Attributes:
        origin_mm: centre of the first pixel, x/y/z in the patient system (LPS).
        row_direction: unit vector along which the column index grows.
        column_direction: unit vector along which the row index grows.
        spacing_mm: (between rows, between columns), in DICOM's own order.
    """

    origin_mm: tuple[float, float, float]
    row_direction: tuple[float, float, float]
    column_direction: tuple[float, float, float]
    spacing_mm: tuple[float, float]

    @property
    def normal(self) -> np.ndarray:
        """Unit vector row x column, shape (3,): the direction slices are ordered along."""
        normal: np.ndarray = np.cross(self.row_direction, self.column_direction)
        return normal

    def point_at(self, row: float, column: float) -> np.ndarray:
        """Patient position of a pixel centre, mm (PS3.3 equation C.7.6.2.1-1)."""
        along_row = np.multiply(self.row_direction, self.spacing_mm[1] * column)
        along_column = np.multiply(self.column_direction, self.spacing_mm[0] * row)
        point: np.ndarray = np.add(self.origin_mm, along_row + along_column)
        return point
