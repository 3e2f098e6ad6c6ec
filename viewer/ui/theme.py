"""How the window looks: three palettes for Qt's Fusion style, chosen by us.

`styleHints().setColorScheme` does nothing on bare X11 and offscreen, so the palette is set
explicitly. The image's ground is black in every theme.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

# Safe for colour-blind eyes; each is accompanied by a word or a shape.
WARNING = "#FFB000"
ERROR = "#FF5A5A"
ACTIVE = "#4DA3FF"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one look; every text has a contrast of at least 4.5:1 on its ground.

    Attributes:
        window: ground of panels and bars; `base`: ground of lists and fields.
        raised: buttons and table headers; `line`: frames between things.
        text: words; `quiet`: second-rank and disabled words.
        accent: selection and focus; `on_accent`: words on it.
        warning, error: for words and marks on `base` and `window`.
    """

    id: str
    window: str
    base: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    warning: str
    error: str


THEMES: dict[str, Theme] = {
    theme.id: theme
    for theme in (
        Theme("dark", "#1E2227", "#15181C", "#2B3036", "#3C434B", "#E4E7EB", "#98A2AD",
              "#1F6FC4", "#FFFFFF", WARNING, "#FF7070"),
        Theme("light", "#F1F3F5", "#FFFFFF", "#E4E8EC", "#B9C1C9", "#15191E", "#56606B",
              "#1460B0", "#FFFFFF", "#8A5200", "#B3261E"),
        Theme("contrast", "#000000", "#000000", "#000000", "#FFFFFF", "#FFFFFF", "#C8C8C8",
              "#FFE14D", "#000000", WARNING, "#FF8080"),
    )
}  # fmt: skip


def palette(theme: Theme) -> QPalette:
    """The theme as Qt wants it, disabled words included."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    result = QPalette()
    for roles, color in (
        ((role.Window, role.AlternateBase), theme.window),
        ((role.Base,), theme.base),
        ((role.Button, role.ToolTipBase, role.Midlight), theme.raised),
        ((role.Mid, role.Light), theme.line),
        ((role.Dark, role.Shadow), theme.base),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), theme.text),
        ((role.PlaceholderText,), theme.quiet),
        ((role.BrightText,), theme.error),
        ((role.Highlight, role.Accent), theme.accent),
        ((role.HighlightedText,), theme.on_accent),
        ((role.Link, role.LinkVisited), theme.accent if theme.id == "light" else ACTIVE),
    ):
        for each in roles:
            result.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(theme.quiet)
        faded.setAlphaF(0.55)
        result.setColor(group.Disabled, each, faded)
    result.setColor(group.Disabled, role.Highlight, QColor(theme.line))
    return result


def apply_theme(app: QApplication, theme_id: str) -> Theme:
    """Dress the whole application; an unknown id gives the dark theme."""
    theme = THEMES.get(theme_id, THEMES["dark"])
    if app.style().name().lower() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(palette(theme))
    return theme


def strong(font: QFont, factor: float = 1.0) -> QFont:
    """The font made semibold and larger by `factor`, for headings."""
    result = QFont(font)
    result.setWeight(QFont.Weight.DemiBold)
    result.setPointSizeF(font.pointSizeF() * factor)
    return result
