"""Everything the user may set, declared once: the dialog, the help page and the tests read this."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T", bool, int, float, str)


class Backend(Protocol):
    """Where values are kept. A QSettings is one; names are Qt's."""

    def value(self, key: str, default: object = None, /) -> object: ...

    def setValue(self, key: str, value: object, /) -> None: ...  # noqa: N802

    def remove(self, key: str, /) -> None: ...


class MemoryBackend:
    """Keeps values for the life of the process: the command line and the tests use it."""

    def __init__(self, values: dict[str, object] | None = None) -> None:
        self.values = dict(values or {})

    def value(self, key: str, default: object = None, /) -> object:
        return self.values.get(key, default)

    def setValue(self, key: str, value: object, /) -> None:  # noqa: N802
        self.values[key] = value

    def remove(self, key: str, /) -> None:
        self.values.pop(key, None)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One value the user may change.

    Attributes:
        key: its place in the backend, "group/name".
        default: value and type.
        label: words for the settings dialog.
        accepts: what is allowed; anything else counts as not set.
        choices: for a closed set of texts, in the order shown.
        listed: in the settings dialog; the others have a dialog of their own.
    """

    key: str
    default: T
    label: str
    accepts: Callable[[T], bool] = lambda _: True
    choices: tuple[str, ...] = ()
    listed: bool = True

    def read(self, backend: Backend) -> T:
        """The stored value, or the default where it is missing, broken or refused."""
        try:
            value: T = _parse(type(self.default), backend.value(self.key, self.default))
        except (ValueError, TypeError, OverflowError):
            return self.default
        return value if self.allows(value) else self.default

    def write(self, backend: Backend, value: T) -> None:
        """Store a value.

        Raises:
            ValueError: the value is not one this setting accepts.
        """
        if not self.allows(value):
            raise ValueError(f"{self.key} does not accept {value!r}")
        backend.setValue(self.key, value)

    def reset(self, backend: Backend) -> None:
        backend.remove(self.key)

    def allows(self, value: T) -> bool:
        return (not self.choices or value in self.choices) and self.accepts(value)


def _parse(kind: type[T], value: object) -> T:
    """A stored value as its type; INI files and registries give everything back as text."""
    if kind is bool:
        words: dict[object, bool] = {"true": True, "false": False, "1": True, "0": False}
        known = value if isinstance(value, bool) else words.get(str(value).strip().lower())
        if known is None:
            raise ValueError(value)
        return known
    if isinstance(value, bool):
        raise ValueError(value)  # a truth is no number and no text
    if not isinstance(value, (int, float, str)):
        raise TypeError(value)
    return kind(value)


ANNOTATION_LEVELS = ("all", "minimal", "none")

# Memory and work
CACHE_MB = Setting("memory/cache_mb", 2048, "Image cache (MiB)", lambda mb: 256 <= mb <= 65536)
DECODER_WORKERS = Setting(
    "work/decoder_workers", 2, "Processes that decode compressed images", lambda n: 1 <= n <= 16
)

# Mouse
WHEEL_WRAPS = Setting("mouse/wheel_wraps", False, "Scrolling goes round at the ends of a stack")
INVERT_WINDOW_DRAG = Setting(
    "mouse/invert_window_drag", False, "Dragging up makes the image darker, not brighter"
)
WINDOW_DRAG_GAIN = Setting(
    "mouse/window_drag_gain", 1.0, "Speed of the window drag", lambda gain: 0.1 <= gain <= 10
)
BOTH_BUTTONS_ZOOM = Setting("mouse/both_buttons_zoom", False, "Left and right button together zoom")

# Words on the image
ANNOTATION_LEVEL = Setting(
    "annotation/level", "all", "Words on the image", choices=ANNOTATION_LEVELS
)
ANNOTATION_SIZE_PT = Setting(
    "annotation/size_pt", 10, "Size of the words on the image (points)", lambda pt: 6 <= pt <= 32
)
HIDE_IDENTITY = Setting("privacy/hide_identity", False, "Hide who the patient is")
REMEMBER_RECENT = Setting("privacy/remember_recent", True, "Remember opened folders")
NAME_IN_TITLE = Setting("privacy/name_in_title", False, "Patient's name in the window title")

# Picture
SMOOTH = Setting("display/smooth", True, "Smooth between pixels when enlarged")
OVERLAYS_SHOWN = Setting("display/overlays", True, "Show overlays")
OVERLAY_COLORS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "yellow": (255, 225, 77),
    "green": (64, 230, 96),
    "cyan": (64, 220, 255),
    "magenta": (255, 96, 255),
    "red": (255, 80, 80),
    "black": (0, 0, 0),
}
OVERLAY_COLOR = Setting(
    "display/overlay_color", "white", "Colour of overlays", choices=tuple(OVERLAY_COLORS)
)
OWN_WINDOW_CENTER = Setting(
    "display/own_window_center", 0.0, "Centre of your own window (key 9)", math.isfinite
)
OWN_WINDOW_WIDTH = Setting(
    "display/own_window_width",
    0.0,
    "Width of your own window (key 9); 0 is none",
    lambda width: math.isfinite(width) and width >= 0,
)
SHUTTER_SHOWN = Setting("display/shutter", True, "Apply the display shutter")

# Cine
CINE_RATE_FPS = Setting(
    "cine/default_rate_fps",
    15.0,
    "Frames per second where the file has no rate",
    lambda fps: 0.5 <= fps <= 120,
)
CINE_AUTOPLAY = Setting("cine/autoplay", False, "Play clips as soon as they are shown")


# Receiving; how is set in a dialog of its own
def _is_title(text: str) -> bool:
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return plain and len(text.strip()) >= 1 and len(text) <= 16


RECEIVE_ON = Setting("network/receive_on", False, "Receive studies", listed=False)
RECEIVE_AE_TITLE = Setting("network/ae_title", "LIGHTBOX", "AE title", _is_title, listed=False)
RECEIVE_PORT = Setting("network/port", 11112, "Port", lambda port: 0 <= port <= 65535, listed=False)
RECEIVE_BIND = Setting("network/bind", "127.0.0.1", "Listen on", listed=False)
RECEIVE_ALLOW = Setting("network/allow", "", "Who may call", listed=False)
RECEIVE_REQUIRE_CALLED = Setting(
    "network/require_called", True, "Callers must name our AE title", listed=False
)
RECEIVE_PRIVATE = Setting(
    "network/private_classes", False, "Take objects of kinds that nobody knows", listed=False
)
RECEIVE_TLS_CERTIFICATE = Setting("network/tls_certificate", "", "TLS certificate", listed=False)
RECEIVE_TLS_KEY = Setting("network/tls_key", "", "TLS key", listed=False)
RECEIVE_TLS_CLIENTS = Setting(
    "network/tls_clients", "", "Authority of callers' certificates", listed=False
)
RECEIVE_MOST = Setting(
    "network/max_associations",
    20,
    "Callers at the same time",
    lambda count: 1 <= count <= 200,
    listed=False,
)
RECEIVE_FLOOR_MB = Setting(
    "network/floor_mb",
    1024,
    "Disk space that stays free (MiB)",
    lambda mb: 0 <= mb <= 1 << 24,
    listed=False,
)
INBOX_RULES = Setting("inbox/rules", "[]", "What to do with what arrives", listed=False)
INBOX_NOTIFY = Setting("inbox/notify", True, "Tell on the desktop when a study is complete")
INBOX_NAMES = Setting("inbox/names_in_notifications", False, "With the patient's name")

# Library
REMEMBER_STUDIES = Setting("library/remember_opened", True, "Remember opened studies")
LIBRARY_MOST_GB = Setting(
    "library/most_gb", 0, "Room for received studies (GB; 0 is no limit)", lambda gb: gb >= 0
)
LIBRARY_MOST_DAYS = Setting(
    "library/most_days", 0, "Days to keep unused studies (0 is no limit)", lambda days: days >= 0
)

# Look
THEME = Setting(
    "look/theme", "dark", "Colours of the window", choices=("dark", "light", "contrast", "system")
)

ALL: tuple[Setting[bool] | Setting[int] | Setting[float] | Setting[str], ...] = (
    CACHE_MB,
    DECODER_WORKERS,
    WHEEL_WRAPS,
    INVERT_WINDOW_DRAG,
    WINDOW_DRAG_GAIN,
    BOTH_BUTTONS_ZOOM,
    ANNOTATION_LEVEL,
    ANNOTATION_SIZE_PT,
    HIDE_IDENTITY,
    REMEMBER_RECENT,
    NAME_IN_TITLE,
    SMOOTH,
    OVERLAYS_SHOWN,
    OVERLAY_COLOR,
    SHUTTER_SHOWN,
    OWN_WINDOW_CENTER,
    OWN_WINDOW_WIDTH,
    CINE_RATE_FPS,
    CINE_AUTOPLAY,
    RECEIVE_ON,
    RECEIVE_AE_TITLE,
    RECEIVE_PORT,
    RECEIVE_BIND,
    RECEIVE_ALLOW,
    RECEIVE_REQUIRE_CALLED,
    RECEIVE_PRIVATE,
    RECEIVE_TLS_CERTIFICATE,
    RECEIVE_TLS_KEY,
    RECEIVE_TLS_CLIENTS,
    RECEIVE_MOST,
    RECEIVE_FLOOR_MB,
    INBOX_RULES,
    INBOX_NOTIFY,
    INBOX_NAMES,
    REMEMBER_STUDIES,
    LIBRARY_MOST_GB,
    LIBRARY_MOST_DAYS,
    THEME,
)
