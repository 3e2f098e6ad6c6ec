"""Everything on the canvas but the image: words, letters, bar, warnings, reasons, frame."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QGraphicsItem

from viewer.core.annotation import (
    Corners,
    Level,
    Shown,
    breast_mark,
    corner_lines,
)
from viewer.core.badge import Badge, badges
from viewer.core.color_bar import color_bar
from viewer.core.differences import differences_from_file
from viewer.core.image import FrameDescription
from viewer.core.orientation import EdgeLetters, edge_letters
from viewer.core.placement import Stage, zoom_of
from viewer.core.readout_text import Readout
from viewer.core.scale_bar import scale_bar
from viewer.dicom.pixels.frames import LoadedFrame
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.badges_item import BadgesItem
from viewer.ui.viewport.color_bar_item import ColorBarItem
from viewer.ui.viewport.corner_text import CornerText
from viewer.ui.viewport.failure_item import Failure
from viewer.ui.viewport.frame_item import FrameItem
from viewer.ui.viewport.letters_item import SIZE_FACTOR, Letters
from viewer.ui.viewport.rubber_band import RubberBandItem
from viewer.ui.viewport.scale_bar_item import ScaleBarItem
from viewer.ui.viewport.text_block import StyledLine, TextBlock
from viewer.workspace.viewport import Viewport

Align = Qt.AlignmentFlag
MARK_FACTOR = 2.2
MARK_HEIGHT = 0.28  # of the area's height: below the words of the corner


@dataclass(frozen=True, slots=True)
class Sight:
    """What is drawn now, for the words about it.

    Attributes:
        frame: the frame on the canvas; it may lag behind the viewport's index for a moment.
        stage: its stage, or None without a frame.
        waiting: the wanted frame has been on its way for long enough to say so.
        syntax: name of the transfer syntax of a frame that failed.
        scanning: more files may come, so gaps in the stack may still be filled.
        hides_padding: pixels that are no image are black whatever the window says.
    """

    area: Area
    frame: LoadedFrame | None = None
    stage: Stage | None = None
    readout: Readout | None = None
    waiting: bool = False
    syntax: str = ""
    hide_identity: bool = False
    scanning: bool = False
    hides_padding: bool = False


class Layers:
    """The items above the image; laid out anew whenever something they tell has changed."""

    def __init__(self) -> None:
        self.corners = CornerText()
        self.letters = Letters()
        self.bar = ScaleBarItem()
        self.colors = ColorBarItem()
        self.badges = BadgesItem()
        self.failure = Failure()
        self.mark = TextBlock(Align.AlignLeft | Align.AlignVCenter)
        self.mark_right = TextBlock(Align.AlignRight | Align.AlignVCenter)
        self.frame = FrameItem()
        self.band = RubberBandItem()

    @property
    def items(self) -> tuple[QGraphicsItem, ...]:
        """All items, for the scene."""
        return (
            *self.corners.items,
            *self.letters.items,
            self.bar,
            self.colors,
            self.badges,
            self.failure.block,
            self.mark,
            self.mark_right,
            self.frame,
            self.band,
        )

    def lay_out(self, viewport: Viewport, sight: Sight) -> None:
        """Everything at once: another frame, view, size or setting."""
        description = sight.frame.description if sight.frame else None
        level, area = Level(viewport.annotation_level), sight.area
        letters = _letters(description, viewport, level)
        self.letters.lay_out(letters, area)
        self._lay_out_bar(viewport, sight, level, letters)
        self._lay_out_mark(description, level, letters, area)
        self.lay_out_light(viewport, sight)
        self.failure.lay_out(viewport.failure, sight.syntax, area)
        self.frame.lay_out(area)

    def lay_out_light(self, viewport: Viewport, sight: Sight) -> None:
        """Only what depends on the window and its kind: this is all that a window drag costs."""
        self.lay_out_words(viewport, sight)
        area = sight.area
        below = area.margin + area.style(factor=SIZE_FACTOR).line_height
        self.badges.lay_out(_badges(viewport, sight), area, below)
        self._lay_out_colors(viewport, sight)

    def lay_out_words(self, viewport: Viewport, sight: Sight) -> None:
        """Only the corners: the cursor has moved."""
        above, below = (b.boundingRect().width() for b in (self.letters.top, self.letters.bottom))
        self.corners.lay_out(_corners(viewport, sight), sight.area, above, below)

    def _lay_out_bar(
        self, viewport: Viewport, sight: Sight, level: Level, letters: EdgeLetters | None
    ) -> None:
        bar = None
        if sight.frame is not None and sight.stage is not None and level is Level.ALL:
            zoom = zoom_of(viewport.view, sight.stage)
            bar = scale_bar(sight.frame.description.spacing, zoom, sight.area.height)
        inset = sight.area.text_px * SIZE_FACTOR * (len(letters.right) if letters else 0)
        self.bar.lay_out(bar, sight.area, inset)

    def _lay_out_colors(self, viewport: Viewport, sight: Sight) -> None:
        bar = None
        if sight.frame is not None and Level(viewport.annotation_level) is not Level.NONE:
            bar = color_bar(sight.frame.description, viewport.choice, viewport.voi)
        letters = max((len(line) for line in self.letters.left.lines), default=0)
        self.colors.lay_out(bar, sight.area, sight.area.text_px * SIZE_FACTOR * letters)

    def _lay_out_mark(
        self,
        description: FrameDescription | None,
        level: Level,
        letters: EdgeLetters | None,
        area: Area,
    ) -> None:
        """Side and view of a mammogram, large, where there is no chest wall."""
        text = breast_mark(description.facts, description.modality) if description else ""
        lines = (StyledLine(text, area.style(factor=MARK_FACTOR, bold=True)),) if text else ()
        if level is Level.NONE:
            lines = ()
        left = letters is not None and letters.left.startswith("A")
        y = area.height * MARK_HEIGHT
        self.mark.show_lines(lines if left else (), QPointF(area.margin, y))
        self.mark_right.show_lines(() if left else lines, QPointF(area.width - area.margin, y))


def _letters(
    description: FrameDescription | None, viewport: Viewport, level: Level
) -> EdgeLetters | None:
    if description is None or level is Level.NONE:
        return None
    return edge_letters(
        description.plane, description.patient_orientation, description.quadruped, viewport.view
    )


def _badges(viewport: Viewport, sight: Sight) -> tuple[Badge, ...]:
    settled = viewport.stack is not None and not sight.scanning
    stack_problems = viewport.stack.problems if viewport.stack and settled else ()
    frame = sight.frame
    if frame is None:
        return badges(view=viewport.view, problems=stack_problems, loading=sight.waiting)
    return badges(
        view=viewport.view,
        lossy=frame.description.lossy,
        voi=viewport.voi if viewport.voi and viewport.voi.window else None,
        voi_chosen=viewport.choice.voi is not None,
        padding_hidden=sight.hides_padding,
        differs=differences_from_file(frame.description, viewport.choice, viewport.voi),
        problems=(*stack_problems, *frame.description.problems, *frame.problems),
        loading=sight.waiting,
    )


def _corners(viewport: Viewport, sight: Sight) -> Corners:
    frame, stack = sight.frame, viewport.stack
    if stack is None:
        return Corners()
    described = frame.description if frame is not None else None
    shown = Shown(
        index=viewport.index,
        count=viewport.count,
        frame=frame.ref.frame + 1 if frame else 0,
        frames=_frames_of(viewport, frame),
        voi=viewport.voi,
        zoom=zoom_of(viewport.view, sight.stage) if sight.stage else None,
        slice_spacing_mm=stack.slice_spacing_mm,
        rate=_rate_text(viewport),
        readout=sight.readout,
        hide_identity=sight.hide_identity,
    )
    facts = described.facts if described else {}
    modality = described.modality if described else stack.modality
    return corner_lines(facts, modality, shown, Level(viewport.annotation_level))


def _frames_of(viewport: Viewport, frame: LoadedFrame | None) -> int:
    """Number of frames of the object the shown frame is from."""
    stack = viewport.stack
    if stack is None or frame is None or viewport.index >= len(stack.headers):
        return 0
    return int(stack.headers[viewport.index].frames)


def _rate_text(viewport: Viewport) -> str:
    """Speed of a clip, or of anything that plays, and where it comes from (rule 54)."""
    cine = viewport.cine
    if viewport.count < 2 or not (cine.playing or cine.is_clip):
        return ""
    return f"{cine.fps:.3g} frames/s ({cine.rate.source.value})"
