"""The one table of what the user can do: menus, toolbar, keys, key sheet and docs/keys.md.

Plain data without Qt, so that the documentation is made on machines without a display.
`viewer.ui.commands` gives every id its handler, `viewer.ui.action_set` makes the QActions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from viewer.core.color_tables import COLOR_TABLES
from viewer.core.presets import PRESETS, Preset


class Context(StrEnum):
    """Where the keys of an action act; the value is the word of the key sheet."""

    WINDOW = "everywhere"
    VIEWPORT = "in the image"
    TREE = "in the study list"

    def overlaps(self, other: Context) -> bool:
        """Whether one key press could mean either."""
        return self is other or Context.WINDOW in (self, other)


class Needs(StrEnum):
    """What must be there before the action makes sense; otherwise it is disabled."""

    NOTHING = ""
    STUDIES = "an open study"
    IMAGE = "an image in the active view"
    SEVERAL_IMAGES = "a stack of several images in the active view"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the user can do.

    Attributes:
        id: name its handler is bound to.
        label: menu text, with the mnemonic marked by "&".
        keys: default bindings in Qt's portable spelling, the first is shown.
        menu: title of its menu, "Image/Rotate and flip" for a submenu.
        context: where the keys act.
        needs: what must be there.
        icon: name of the SVG file, or empty.
        hint: one sentence for tooltip, status bar and key sheet.
        group: actions of one group exclude each other; a lone checkable is its own group.
        toolbar: toolbar group, empty when it has no button; `short` is the text under the icon.
        on_image: also in the context menu of the image.
        yields_to: the action that is meant where a keyboard cannot tell their keys apart.
    """

    id: str
    label: str
    menu: str
    keys: tuple[str, ...] = ()
    context: Context = Context.WINDOW
    needs: Needs = Needs.NOTHING
    icon: str = ""
    hint: str = ""
    checkable: bool = False
    group: str = ""
    toolbar: str = ""
    short: str = ""
    on_image: bool = False
    yields_to: str = ""

    @property
    def text(self) -> str:
        """The label without mnemonic and ellipsis, for lists, tooltips and screen readers."""
        return self.label.replace("&", "").removesuffix("...")


def _image(id: str, label: str, menu: str, *keys: str, **more: object) -> Action:
    """An action on the active view whose keys act while an image has the focus."""
    more.setdefault("needs", Needs.IMAGE)
    return Action(id, label, menu, keys, Context.VIEWPORT, **more)  # type: ignore[arg-type]


def _preset_menu(preset: Preset) -> str:
    return f"Window/{preset.modalities[0]} &presets"


def _preset_hint(preset: Preset) -> str:
    window = preset.window
    return f"Width {window.width:g}, centre {window.center:g} {preset.unit}"


def _walk(id: str, label: str, *keys: str, **more: object) -> Action:
    return _image(id, label, "Navigate", *keys, needs=Needs.SEVERAL_IMAGES, **more)


# fmt: off
_FILE = (
    Action("open_files", "&Open files...", "File", ("Ctrl+O",), icon="open-files",
           hint="Open DICOM files or ZIP archives"),
    Action("open_folder", "Open f&older or disc...", "File", ("Ctrl+Shift+O",), icon="open-folder",
           hint="Open everything below a folder", toolbar="open", short="Open"),
    Action("open_sample", "Try &sample study", "File", icon="sample",
           hint="Make a study of phantoms and open it; no download, no patient"),
    Action("receive", "Recei&ve studies...", "File",
           hint="Let scanners and archives send to this computer, and test that they can"),
    Action("inbox_rules", "Rules for &what arrives...", "File",
           hint="Show, open, only keep or send on, by caller or modality"),
    Action("servers", "Serve&rs...", "File",
           hint="Servers to send to and fetch from, and whether they answer"),
    Action("send", "Se&nd to a server...", "File", needs=Needs.STUDIES,
           hint="The studies or series selected in the list, or the series shown"),
    Action("fetch", "Fe&tch from a server...", "File",
           hint="Search a server for studies and bring them here"),
    Action("close_studies", "&Close all studies", "File", needs=Needs.STUDIES,
           hint="Forget what is open; no file is touched"),
    Action("remember_recent", "&Remember opened folders", "File/Recent folders", checkable=True,
           hint="Switch off on shared computers; only folder paths are kept, never names"),
    Action("clear_recent", "C&lear this list", "File/Recent folders",
           hint="Forget the folders opened so far"),
    Action("settings", "Se&ttings...", "File", ("Ctrl+,",), icon="settings",
           hint="Look, memory and privacy"),
    Action("quit", "&Quit", "File", ("Ctrl+Q",), hint="Close Lightbox"),
)
_EDIT = (
    Action("undo", "&Undo", "Edit", ("Ctrl+Z",), needs=Needs.IMAGE, icon="undo",
           hint="Take back the last change of the view", toolbar="undo"),
    Action("redo", "&Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), needs=Needs.IMAGE, icon="redo",
           hint="Do again what was taken back", toolbar="undo"),
    _image("copy_picture", "&Copy picture", "Edit", "Ctrl+C", icon="copy", on_image=True,
           hint="Put the image as shown on the clipboard, without the words on it"),
    _image("reset", "Reset &display", "Edit", "R", icon="reset", toolbar="view", short="Reset",
           on_image=True,
           hint="Window, zoom, place, rotation and inversion as they were at first"),
    Action("escape", "Cancel, leave full screen, reset", "Edit", ("Esc",),
           hint="Cancel what is being drawn; else leave full screen; else reset display"),
)
_TOOLS = tuple(
    _image(f"tool_{id}", label, "Tools", key, icon=icon, checkable=True, group="tool",
           needs=Needs.NOTHING, hint=hint, toolbar="tool", short=short, on_image=True)
    for id, label, key, icon, short, hint in (
        ("window", "&Window", "W", "window", "Window",
         "Drag: right is wider, up is brighter"),
        ("scroll", "&Scroll", "S", "scroll", "Scroll", "Drag up or down through the images"),
        ("zoom", "&Zoom", "Z", "zoom", "Zoom", "Drag down to come closer to the pressed point"),
        ("pan", "&Pan", "T", "pan", "Pan", "Drag the image to another place"),
        ("select", "S&elect", "V", "select", "Select", "Point without changing the image"),
    )
)
_VIEW = (
    Action("panel_studies", "&Studies", "View", icon="panel-left", checkable=True,
           hint="Show or hide the list of studies"),
    Action("panel_inbox", "In&box", "View", checkable=True,
           hint="What arrives from scanners and archives, and who called"),
    Action("panel_library", "&Library", "View", ("Ctrl+L",), checkable=True,
           hint="Search every study that was received or opened"),
    Action("panel_tags", "&Tag inspector", "View", ("Ctrl+I",), icon="tags", checkable=True,
           hint="Every attribute of the shown image", toolbar="panels", short="Tags"),
    Action("search_tags", "&Find in tags", "View", ("Ctrl+F",), icon="search",
           hint="Search the tag inspector"),
    Action("panel_problems", "&Problems", "View", icon="problems", checkable=True,
           hint="What could not be read and why", toolbar="panels", short="Problems"),
    Action("maximise", "Maximi&se the view, or restore it", "View", ("Return", "Enter"),
           Context.VIEWPORT, hint="As a double click on the image does"),
    Action("hide_panels", "&Hide panels", "View", ("F9",), icon="panels", checkable=True,
           hint="Leave the whole window to the image"),
    Action("full_screen", "F&ull screen", "View", ("F11",), icon="full-screen", checkable=True,
           hint="Leave the whole screen to Lightbox"),
    _image("annotations", "&Words on the image: all, minimal, none", "View", "I",
           icon="annotations", toolbar="view", short="Words", on_image=True,
           hint="All words, only who and when, or none; warnings always stay"),
    _image("panel_why", "&Why it looks so", "View", "Y", icon="why", checkable=True,
           needs=Needs.NOTHING, on_image=True, toolbar="panels", short="Why",
           hint="Each step from the bytes of the file to the picture, and what drove it"),
    _image("overlays", "&Overlays", "View", "Shift+O", checkable=True, on_image=True,
           hint="Drawings that the file lays over the image"),
    _image("shutter", "Shu&tter", "View", "Shift+S", checkable=True, on_image=True,
           hint="Cover what the file declares to be outside the image"),
    _image("smooth", "S&mooth pixels", "View", "Shift+M", checkable=True,
           hint="Interpolate between pixels when zoomed in; otherwise each is a sharp square"),
    Action("next_pane", "&Next pane", "View", ("F6",),
           hint="Keyboard to the next part of the window"),
    Action("previous_pane", "Pre&vious pane", "View", ("Shift+F6",),
           hint="Keyboard to the previous part of the window"),
    *(
        Action(f"theme_{id}", label, "View/Colours", checkable=True, group="theme", hint=hint)
        for id, label, hint in (
            ("dark", "&Dark", "For reading rooms"),
            ("light", "&Light", "For bright rooms"),
            ("contrast", "&High contrast", "Strongest difference between text and ground"),
        )
    ),
)
_IMAGE = (
    _image("invert", "I&nvert", "Image", "N", icon="invert", checkable=True, toolbar="window",
           short="Invert", on_image=True, hint="Exchange black and white (negative)"),
    _image("rotate_left", "Rotate &left 90\N{DEGREE SIGN}", "Image", "[", "Alt+L",
           icon="rotate-left", hint="A quarter turn against the clock", on_image=True),
    _image("rotate_right", "Rotate &right 90\N{DEGREE SIGN}", "Image", "]", "Alt+R",
           icon="rotate-right", hint="A quarter turn with the clock", toolbar="view",
           short="Rotate", on_image=True),
    _image("flip_horizontal", "Flip &horizontally", "Image", "Shift+H", "Alt+F",
           icon="flip-horizontal", hint="Exchange left and right of the screen", toolbar="view",
           short="Flip", on_image=True),
    _image("flip_vertical", "Flip &vertically", "Image", "Shift+V", icon="flip-vertical",
           hint="Exchange top and bottom of the screen", on_image=True),
    _image("zoom_in", "Zoom &in", "Image", "+", icon="zoom-in", hint="Come closer"),
    _image("zoom_out", "Zoom &out", "Image", "-", icon="zoom-out", hint="Step back"),
    _image("fit", "&Fit to view", "Image", "=", icon="fit", toolbar="view", short="Fit",
           on_image=True, hint="The whole image, as large as possible"),
    _image("one_to_one", "&1:1 pixels", "Image", "Shift+=", "Ctrl+0", yields_to="zoom_in",
           icon="one-to-one", toolbar="view", short="1:1", on_image=True,
           hint="One image pixel on one screen pixel"),
)
_COLORS = (
    _image("icc", "&ICC profile", "Image/Colours", "Shift+I", checkable=True, on_image=True,
           hint="Colours as the file's profile means them; off: as if it were sRGB"),
    _image("next_colors", "&Next colours", "Image/Colours", "P", on_image=True,
           hint="Show gray levels in the next table of colours, after the last in gray again"),
    *(
        _image(f"colors_{id or 'gray'}".replace(" ", "_"), label, "Image/Colours",
               checkable=True, group="colors", hint=hint)
        for id, label, hint in (
            ("", "&Gray", "Gray levels as they are"),
            *((name, name.capitalize(), f"Gray levels in the colours of {name}")
              for name in COLOR_TABLES),
        )
    ),
)
_WINDOW = (
    _image("window_auto", "&Automatic", "Window", "0", icon="auto-window", toolbar="window",
           short="Auto", on_image=True,
           hint="From the 0.1 % to the 99.9 % percentile of the image's values"),
    _image("window_min_max", "&Least to greatest value", "Window", "Alt+0",
           hint="All values of this image without padding"),
    _image("window_file", "&Next of the file's own", "Window/&From the file", "`",
           icon="file-window", on_image=True,
           hint="The next window or table that the file proposes"),
    *(
        _image(f"preset_{preset.id}", preset.label, _preset_menu(preset),
               *filter(None, [preset.key]), hint=_preset_hint(preset), on_image=True)
        for preset in PRESETS
    ),
    _image("preset_own", "&Your own", "Window", "9", on_image=True,
           hint="The window you keep for yourself, also in the settings"),
    _image("keep_own", "&Keep this window as your own", "Window",
           hint="The window shown becomes preset 9"),
)
_NAVIGATE = (
    _walk("previous_image", "&Previous image", "Up", "Left", hint="One image back"),
    _walk("next_image", "&Next image", "Down", "Right", hint="One image on"),
    _walk("back_10", "10 images &back", "Shift+Up", "Shift+Left", hint="Ten images back"),
    _walk("forward_10", "10 images &on", "Shift+Down", "Shift+Right", hint="Ten images on"),
    _walk("first_image", "&First image", "Home", icon="first", hint="To the start of the stack"),
    _walk("last_image", "&Last image", "End", icon="last", hint="To the end of the stack"),
    _image("previous_series", "Previous &series", "Navigate", "PgUp", needs=Needs.STUDIES,
           icon="previous-series", toolbar="series", short="Previous",
           hint="Show the series before this one"),
    _image("next_series", "Next s&eries", "Navigate", "PgDown", needs=Needs.STUDIES,
           icon="next-series", toolbar="series", short="Next",
           hint="Show the series after this one"),
    _image("previous_study", "Previous s&tudy", "Navigate", "Ctrl+PgUp", needs=Needs.STUDIES,
           hint="Show the first series of the study before this one"),
    _image("next_study", "Next st&udy", "Navigate", "Ctrl+PgDown", needs=Needs.STUDIES,
           hint="Show the first series of the study after this one"),
    _walk("cine", "Play or pause &cine", "C", icon="cine", checkable=True, toolbar="cine",
          short="Cine", on_image=True, hint="Play the images at the file's own speed"),
    _walk("cine_slower", "Slo&wer", ",", icon="slower", hint="Cine at a slower speed"),
    _walk("cine_faster", "F&aster", ".", icon="faster", hint="Cine at a higher speed"),
    _walk("cine_sweep", "Cine there and bac&k", checkable=True,
          hint="Play forwards and backwards in turn instead of starting over"),
    Action("open_selected", "Sho&w selected series", "Navigate", ("Return", "Enter"), Context.TREE,
           needs=Needs.STUDIES, hint="Show the series selected in the study list"),
)
_HELP = (
    Action("key_sheet", "&Keys and gestures", "Help", ("F1", "?"), icon="help",
           hint="Searchable list of every key", toolbar="help", short="Keys"),
    Action("copy_diagnostics", "Copy &diagnostics", "Help",
           hint="Versions and settings for a bug report; nothing about patients"),
    Action("about", "&About Lightbox", "Help", hint="Version, licence and what Lightbox is not"),
)

ACTIONS: tuple[Action, ...] = (
    *_FILE, *_EDIT, *_TOOLS, *_VIEW, *_IMAGE, *_COLORS, *_WINDOW, *_NAVIGATE, *_HELP,
)

# fmt: on
# Alt+F, Alt+L and Alt+R flip and rotate (Weasis), so no menu may answer to them.
MENUS: dict[str, str] = {
    "File": "F&ile",
    "Edit": "&Edit",
    "Tools": "&Tools",
    "View": "&View",
    "Image": "I&mage",
    "Window": "&Window",
    "Navigate": "&Navigate",
    "Help": "&Help",
}

# Groups of buttons on the toolbar, from the left.
TOOLBAR = ("open", "tool", "window", "view", "series", "cine", "undo", "panels", "help")

# What the mouse does, for the key sheet and docs/keys.md: (gesture, effect).
GESTURES: tuple[tuple[str, str], ...] = (
    ("Left drag", "The chosen tool; at first window: right is wider, up is brighter"),
    ("Middle drag, Shift+left drag, Space+drag", "Pan"),
    ("Right drag", "Zoom at the pressed point: down is closer"),
    ("Right click", "Menu"),
    ("Wheel", "Next and previous image; Shift: ten at a time"),
    ("Ctrl+wheel, pinch", "Zoom at the cursor"),
    ("Alt+wheel", "Window width"),
    ("Ctrl+left drag", "Window from a region"),
    ("Shift or Ctrl while windowing", "A quarter, or four times, the step"),
)
