"""What a movement of the hand means, in numbers: window, zoom and wheel, without any toolkit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from viewer.core.image import LookupTable, Window, WindowFunction
from viewer.core.window import window_between

WINDOW_STEP_SHARE = 1 / 200  # of the start width, per device-independent pixel
FINE_GAIN = 0.25
COARSE_GAIN = 4.0
ZOOM_DRAG_PX = 200.0  # a drag by so much multiplies the zoom by e
ZOOM_NOTCH = 1.1
WINDOW_NOTCH = 1.1
WHEEL_NOTCH = 120  # angleDelta of one notch
TOUCHPAD_NOTCH_PX = 40  # pixelDelta of one step
CLICK_PX = 4  # a press that moved less is a click
SMALLEST_SHARE = 1e-3  # of one step: only so that windows of float data stay above 0


@dataclass(slots=True)
class WindowDrag:
    """A window being dragged: right is wider, up is brighter (IHE BIR 4.16.4.2.2.5.4).

    Attributes:
        window: the window reached so far.
        step: change per device-independent pixel, from the width at the press.
        floor: smallest width allowed; 0 for float data.
        clamped: the lower end stays where it is (PT, NM); both directions then change the width.
        up_is_brighter: False exchanges up and down (a setting).
    """

    window: Window
    step: float
    floor: float
    clamped: bool = False
    up_is_brighter: bool = True

    @classmethod
    def begin(
        cls,
        window: Window,
        floor: float,
        *,
        clamped: bool = False,
        sensitivity: float = 1.0,
        up_is_brighter: bool = True,
    ) -> WindowDrag:
        """A drag that starts at `window`; `sensitivity` is the user's factor."""
        step = window.width * WINDOW_STEP_SHARE * sensitivity
        return cls(window, step, floor, clamped, up_is_brighter)

    def move(self, dx: float, dy: float, gain: float = 1.0) -> Window:
        """The window after the hand moved on by (dx right, dy down) screen pixels."""
        wider = dx * self.step * gain
        # Brighter is a lower centre; down on the screen is positive.
        lower = (-dy if self.up_is_brighter else dy) * self.step * gain
        self.window = self._clamped(wider, lower) if self.clamped else self._free(wider, lower)
        return self.window

    def _free(self, wider: float, lower: float) -> Window:
        width = self._allowed(self.window.width + wider)
        return replace(self.window, center=self.window.center - lower, width=width)

    def _clamped(self, wider: float, lower: float) -> Window:
        low = self.window.center - self.window.width / 2
        width = self._allowed(self.window.width + wider - lower)
        return replace(self.window, center=low + width / 2, width=width)

    def _allowed(self, width: float) -> float:
        smallest = max(self.floor, self.step * SMALLEST_SHARE)
        if self.window.function is WindowFunction.LINEAR:
            smallest = max(smallest, 1.0)  # PS3.3 C.11.2.1.2.1
        return max(width, smallest)


def window_of_table(table: LookupTable) -> Window:
    """The window that spans the inputs of a VOI LUT, where a drag away from it begins."""
    entries = int(table.entries.size)
    return Window(center=table.first_mapped + entries / 2, width=float(max(entries, 1)))


def drag_gain(*, fine: bool, coarse: bool) -> float:
    """Factor on a window drag while Shift (fine) or Ctrl (coarse) is held."""
    return (FINE_GAIN if fine else 1.0) * (COARSE_GAIN if coarse else 1.0)


def zoom_drag_factor(dy: float) -> float:
    """Magnification for a drag down by `dy` screen pixels: down is in."""
    return math.exp(dy / ZOOM_DRAG_PX)


def window_turned(window: Window, notches: int, floor: float, *, clamped: bool = False) -> Window:
    """The window widened by a wheel notch (positive is away from the user: narrower).

    Where it is clamped the lower end stays, else the centre.
    """
    width = window.width * WINDOW_NOTCH**-notches
    smallest = max(floor, 1.0) if window.function is WindowFunction.LINEAR else floor
    width = max(width, smallest)
    shift = (width - window.width) / 2 if clamped else 0.0
    return replace(window, center=window.center + shift, width=width)


@dataclass(slots=True)
class WheelSteps:
    """Adds up the small deltas of fine wheels and touchpads into whole steps.

    A change of direction starts anew, so that a turn back answers at once.
    """

    _rest: float = 0.0

    def turn(self, angle_delta: int, pixel_delta: int = 0) -> int:
        """Whole steps done by this event; positive is away from the user.

        Args:
            angle_delta: eighths of a degree, 120 a notch.
            pixel_delta: pixels where the device reports them, 40 a step; wins when not 0.
        """
        share = pixel_delta / TOUCHPAD_NOTCH_PX if pixel_delta else angle_delta / WHEEL_NOTCH
        if share * self._rest < 0:
            self._rest = 0.0
        self._rest += share
        steps = math.trunc(round(self._rest, 9))
        self._rest -= steps
        return steps

    def turn_smoothly(self, angle_delta: int, pixel_delta: int = 0) -> float:
        """Share of a notch, for what needs no whole steps (zoom)."""
        return pixel_delta / TOUCHPAD_NOTCH_PX if pixel_delta else angle_delta / WHEEL_NOTCH

    def reset(self) -> None:
        """Forget a begun step (the wheel now means something else)."""
        self._rest = 0.0


def window_of_values(values: np.ndarray) -> Window | None:
    """The window that spans a region's modality values; None where there is nothing to span."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return None
    whole = bool((finite == np.floor(finite)).all())
    return window_between(float(finite.min()), float(finite.max()), whole_numbers=whole)


def scroll_drag_steps(dy: float, count: int, height_px: float) -> int:
    """Images to go on for a drag down by `dy`: the whole height is the whole stack (BIR .5).

    Short stacks do not race and long ones do not crawl: 2 to 20 pixels an image.
    """
    pixels = min(max(height_px / max(count, 1), 2.0), 20.0)
    return math.trunc(dy / pixels)
