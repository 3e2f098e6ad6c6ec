"""How one stack is shown: the part of a viewport's state that undo takes back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from viewer.core.image import FrameDescription, VoiChoice
from viewer.core.light import DisplayChoice
from viewer.core.view import View


@dataclass(frozen=True, slots=True)
class Display:
    """Placement and light of a stack in a viewport.

    Attributes:
        view: turns, mirror, zoom and centre.
        voi: what the user chose for the whole stack; a number is the file's alternative of that
            place, each frame its own (rule 22); None leaves it to each frame and the viewer.
        inverted, overlays, shutter, icc, color_table: see `DisplayChoice`.
        smooth: enlarged pixels are blended.
    """

    view: View = field(default_factory=View)
    voi: VoiChoice | int | None = None
    inverted: bool = False
    overlays: bool = True
    shutter: bool = True
    icc: bool = True
    color_table: str = ""
    smooth: bool = True

    def voi_for(self, description: FrameDescription | None) -> VoiChoice | None:
        """The user's choice as it applies to one frame, or None for the viewer's own."""
        if not isinstance(self.voi, int):
            return self.voi
        choices = description.voi_choices if description else ()
        return choices[self.voi] if self.voi < len(choices) else None

    def choice_for(self, description: FrameDescription | None) -> DisplayChoice:
        return DisplayChoice(
            voi=self.voi_for(description),
            inverted=self.inverted,
            overlays=self.overlays,
            shutter=self.shutter,
            icc=self.icc,
            color_table=self.color_table,
        )

    def with_next_file_voi(self, description: FrameDescription, shown: VoiChoice | None) -> Display:
        """The file's alternatives in turn: from anything else to the first, then one further.

        The first counts as shown when the user has chosen nothing, since it is the default.
        """
        count = len(description.voi_choices)
        if not count:
            return replace(self, voi=None)
        if isinstance(self.voi, int):
            place: int | None = self.voi
        else:
            place = 0 if self.voi is None and shown in description.voi_choices else None
        return replace(self, voi=0 if place is None else (place + 1) % count)

    @property
    def light(self) -> Display:
        """The same without its placement, to see what a change concerns."""
        return replace(self, view=View())
