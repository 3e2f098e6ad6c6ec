"""The room that things on the canvas are laid out in."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.ui.viewport.outlined_text import WHITE, TextStyle


@dataclass(frozen=True, slots=True)
class Area:
    """Size of the picture area and of the words on it, device-independent pixels.

    Attributes:
        width, height: without the scroll bar.
        ratio: device pixels per device-independent pixel.
        text_px: size of the words.
    """

    width: float
    height: float
    ratio: float
    text_px: float

    @property
    def margin(self) -> float:
        return round(self.text_px * 0.75)

    def style(self, color: str = WHITE, factor: float = 1.0, bold: bool = False) -> TextStyle:
        """How words of this colour and relative size are painted here."""
        return TextStyle(round(self.text_px * factor), color, bold, self.ratio)
