"""How an image lies on the screen: quarter turns, a mirror, zoom and centre."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class View:
    """Placement of an image in a viewport; the image is first mirrored, then turned.

    Attributes:
        quarter_turns: clockwise turns by 90 degrees, 0 to 3, applied after the mirror.
        mirrored: left and right of the stored image exchanged.
        zoom: screen pixels (device-independent) per stored column, or None for "fit".
        center: (column, row) of the stored image, continuous pixel-edge coordinates (the first
            pixel covers 0..1), shown in the viewport's middle; None for the image's middle.
    """

    quarter_turns: int = 0
    mirrored: bool = False
    zoom: float | None = None
    center: tuple[float, float] | None = None

    def turned(self, quarter_turns: int) -> View:
        """This view turned clockwise on the screen."""
        return replace(self, quarter_turns=(self.quarter_turns + quarter_turns) % 4)

    def flipped_horizontally(self) -> View:
        """This view with the screen's left and right exchanged."""
        return replace(self, mirrored=not self.mirrored, quarter_turns=-self.quarter_turns % 4)

    def flipped_vertically(self) -> View:
        """This view with the screen's top and bottom exchanged."""
        return self.flipped_horizontally().turned(2)

    @property
    def orientation(self) -> np.ndarray:
        """2x2 integer matrix from stored (column, row) steps to screen (right, down) steps."""
        matrix = np.array([[-1 if self.mirrored else 1, 0], [0, 1]])
        clockwise = np.array([[0, -1], [1, 0]])  # right -> down, down -> left
        for _ in range(self.quarter_turns):
            matrix = clockwise @ matrix
        return matrix

    def turn(self, image: np.ndarray) -> np.ndarray:
        """An image as it lies on the screen: mirrored, then turned; a view, not a copy.

        Args:
            image: shape (rows, columns) or (rows, columns, samples).
        """
        mirrored = image[:, ::-1] if self.mirrored else image
        return np.rot90(mirrored, -self.quarter_turns)  # rot90 counts against the clock

    @property
    def swaps_axes(self) -> bool:
        """Whether stored columns run down the screen instead of along it."""
        return self.quarter_turns % 2 == 1

    @property
    def turned_or_mirrored(self) -> bool:
        """Whether the image lies otherwise than it is stored: the user must be told."""
        return self.mirrored or self.quarter_turns != 0
