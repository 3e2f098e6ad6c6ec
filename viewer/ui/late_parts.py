"""Parts of the window that are made when first shown: importing them would hold it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from viewer.settings import Backend
    from viewer.ui.panels.provenance_panel import ProvenancePanel
    from viewer.ui.theme import Theme
    from viewer.ui.viewport.canvas import Canvas
    from viewer.workspace.tools import Toolbox
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace


def tag_inspector(workspace: Workspace) -> QWidget:
    from viewer.ui.panels.tag_inspector import TagInspector

    inspector: QWidget = TagInspector(workspace)
    return inspector


def provenance_panel(
    workspace: Workspace, theme: Theme, reveal: Callable[[str], None]
) -> ProvenancePanel:
    """The panel of steps; `reveal` takes the attribute of the step the user chose."""
    from viewer.ui.panels.provenance_panel import ProvenancePanel

    panel = ProvenancePanel(workspace)
    panel.set_theme(theme)
    panel.attribute_asked.connect(reveal)
    return panel


def canvas(
    viewport: Viewport, parent: QWidget, workspace: Workspace, toolbox: Toolbox, settings: Backend
) -> Canvas:
    from viewer.ui.viewport.canvas import Canvas

    loader = workspace.loader
    return Canvas(viewport, parent, loader=loader, toolbox=toolbox, settings=settings)
