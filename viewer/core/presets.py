"""Named windows, one table for keys, menus, the command line and the key sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer.core.image import FrameDescription, VoiChoice, VoiSource, Window, WindowFunction


@dataclass(frozen=True, slots=True)
class Preset:
    """A window with a name.

    Attributes:
        id: stable name for settings and the command line.
        label: name on the screen.
        key: digit that chooses it, or empty.
        window: in modality units (HU for CT, SUV for PT).
        modalities: where it is offered.
        inverted: shown black on white.
        unit: unit the window is in; SUV is converted to the modality values of each frame.
    """

    id: str
    label: str
    key: str
    window: Window
    modalities: tuple[str, ...] = ("CT",)
    inverted: bool = False
    unit: str = "HU"

    def choice_for(self, description: FrameDescription | None) -> VoiChoice | None:
        """This preset in the modality values of a frame; None where they cannot be SUV."""
        window = self.window
        if self.unit == "SUV":
            factor = description.suv.factor if description and description.suv else None
            if factor is None:
                return None
            window = replace(window, center=window.center / factor, width=window.width / factor)
        return VoiChoice(self.label, VoiSource.PRESET, window)


def _suv(upper: int) -> Preset:
    window = Window(upper / 2, upper, WindowFunction.LINEAR_EXACT)
    return Preset(f"suv{upper}", f"SUV 0-{upper}", "", window, ("PT",), inverted=True, unit="SUV")


PRESETS: tuple[Preset, ...] = (
    Preset("abdomen", "Abdomen", "1", Window(40, 350)),
    Preset("lung", "Lung", "2", Window(-600, 1500)),
    Preset("bone", "Bone", "3", Window(300, 2000)),
    Preset("brain", "Brain", "4", Window(40, 80)),
    Preset("liver", "Liver", "5", Window(90, 150)),
    Preset("mediastinum", "Mediastinum", "6", Window(50, 350)),
    Preset("angio", "Angio", "7", Window(300, 600)),
    Preset("stroke", "Stroke", "8", Window(40, 40)),
    *(_suv(upper) for upper in (5, 7, 10, 15)),
)


def find_preset(name: str) -> Preset | None:
    """The preset called `name` by id or label, whatever its case."""
    wanted = name.strip().lower()
    return next((p for p in PRESETS if wanted in (p.id, p.label.lower())), None)


def presets_for(modality: str) -> tuple[Preset, ...]:
    """Presets offered for a modality; other modalities than CT and PT have none invented."""
    return tuple(preset for preset in PRESETS if modality in preset.modalities)
