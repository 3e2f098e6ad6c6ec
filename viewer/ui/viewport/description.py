"""A viewport in words for screen readers, and what the canvas says of its file."""

from __future__ import annotations

from viewer.core.annotation_text import short_number
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES
from viewer.workspace.viewport import Viewport


def describe_view(viewport: Viewport) -> tuple[str, str]:
    """Accessible name and description; no name of the patient is in them."""
    stack = viewport.stack
    if stack is None:
        return "Empty image view", ""
    series = stack.series
    words = (stack.modality, series.description, series.name, stack.label)
    name = "Image view: " + ", ".join(word for word in words if word)
    parts = [f"image {viewport.index + 1} of {viewport.count}"]
    window = viewport.voi.window if viewport.voi else None
    if window is not None:
        width, center = short_number(window.width), short_number(window.center)
        parts.append(f"window width {width}, center {center}")
    if viewport.failure is not None:
        parts.append(viewport.failure.what)
    return name, "; ".join(parts)


def syntax_of(viewport: Viewport) -> str:
    """Name of the transfer syntax of a frame that cannot be drawn; empty for any other."""
    stack, ref = viewport.stack, viewport.frame_ref
    if viewport.failure is None or stack is None or ref is None:
        return ""
    if viewport.index >= len(stack.headers):
        return ""
    uid = stack.headers[viewport.index].transfer_syntax
    known = TRANSFER_SYNTAXES.get(uid)
    return f"{known.name} ({uid})" if known else uid
