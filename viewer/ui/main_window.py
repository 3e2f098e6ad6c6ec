"""The main window: places the parts and connects them to the workspace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QToolBar, QVBoxLayout, QWidget

from viewer.settings import ANNOTATION_LEVEL, CACHE_MB, CINE_RATE_FPS, NAME_IN_TITLE, THEME
from viewer.ui import late_parts, panes
from viewer.ui.action_set import ActionSet
from viewer.ui.actions import Context, Needs
from viewer.ui.commands import ViewCommands
from viewer.ui.display_commands import DisplayCommands
from viewer.ui.docks import HalfForImage, place_docks
from viewer.ui.drops import DropHint, drop_hint, dropped_paths
from viewer.ui.messages import Banner
from viewer.ui.models.catalog_model import STACK_MIME
from viewer.ui.models.catalog_rows import person_name
from viewer.ui.panels.empty_state import EmptyState
from viewer.ui.panels.problems_panel import ProblemsPanel
from viewer.ui.panels.study_browser import StudyBrowser
from viewer.ui.receiving import Receiving
from viewer.ui.recent_menu import RecentMenu
from viewer.ui.status_bar import StatusBar, scan_text
from viewer.ui.theme import apply_theme
from viewer.ui.thumbnails import Thumbnails
from viewer.ui.view_area import ViewArea
from viewer.ui.voi_menu import FileVoiMenu
from viewer.ui.window_commands import WindowCommands
from viewer.ui.window_layout import restore_layout, save_layout
from viewer.workspace.tools import Toolbox

if TYPE_CHECKING:
    from viewer.library.catalog import CatalogChange, Stack
    from viewer.settings import Backend
    from viewer.ui.panels.provenance_panel import ProvenancePanel
    from viewer.ui.viewport.canvas import Canvas
    from viewer.workspace.opening import ScanProgress
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace

SIZE_PX = QSize(1440, 900)
SMALLEST_PX = QSize(1024, 700)
TAGS_WIDTH_PX = 520  # wide enough to read values
RECEIPT_DELAY_MS = 300


class MainWindow(QMainWindow):
    """One window on one workspace; holds no state of the study itself.

    Signals:
        painted: the first picture of the window is on the screen.
    """

    painted = Signal()

    def __init__(self, workspace: Workspace, backend: Backend, data_folder: Path) -> None:
        super().__init__()
        self.workspace = workspace
        self._backend = backend
        self._was_painted = False
        self._panels_hidden: list[QDockWidget] = []
        self.provenance: ProvenancePanel | None = None
        self.toolbox = Toolbox(self)
        self.banner = Banner()
        self.thumbnails = Thumbnails(workspace.loader.read, self)
        self.browser = StudyBrowser(workspace, self.thumbnails)
        self.problems = ProblemsPanel(self.banner.show_error)
        self.view_area = ViewArea(workspace, self._make_canvas)
        self.receiving = Receiving(self, workspace, backend, data_folder)
        self.docks = self._place_panels()
        self.actions_by_id = ActionSet(
            self, {Context.VIEWPORT: self.view_area, Context.TREE: self.browser.tree}
        )
        self.commands = WindowCommands(self, workspace, backend, data_folder / "sample")
        self._view_commands = ViewCommands(workspace, self._zoom_by, self.devicePixelRatioF)
        self._display_commands = DisplayCommands(workspace, backend)
        self._refused: dict[str, str] = {}
        self.status = StatusBar()
        self._place_bars()
        self._hint = DropHint(self)
        self._half = HalfForImage(self, list(self.docks.values()))
        self._receipt = QTimer(self, interval=RECEIPT_DELAY_MS, singleShot=True)
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST_PX)
        self.resize(SIZE_PX)
        self.dress()
        self._connect()
        restore_layout(self, self.browser.tree.header(), backend)
        self.refresh_title()

    # Placing

    def _place_panels(self) -> dict[str, QDockWidget]:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.view_area, 1)
        self.setCentralWidget(middle)
        return place_docks(
            self,
            {
                "studies": self.browser,
                "why": self._make_provenance_panel,
                "tags": partial(late_parts.tag_inspector, self.workspace),
                "inbox": self.receiving.make_inbox_panel,
                "library": self.receiving.make_library_panel,
                "problems": self.problems,
            },
        )

    def _place_bars(self) -> None:
        actions = self.actions_by_id
        actions.bind(self.commands.handlers())
        actions.bind(self.receiving.handlers())
        actions.bind(self._view_commands.handlers())
        actions.bind(self._display_commands.handlers())
        actions.fill_menu_bar()
        self._file_windows = FileVoiMenu(actions.menu("Window/&From the file"), self.workspace)
        self._recent = RecentMenu(actions.menu("File/Recent folders"), self.commands)
        self.tool_bar = QToolBar("Tools")
        self.tool_bar.setObjectName("toolbar")
        self.tool_bar.setAccessibleName("Tools")
        self.tool_bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.tool_bar.setMovable(False)
        self.tool_bar.toggleViewAction().setEnabled(False)
        actions.fill_tool_bar(self.tool_bar)
        self.addToolBar(self.tool_bar)
        self.setStatusBar(self.status)
        self.view_area.image_menu = actions.image_menu
        self.view_area.set_empty_state(
            EmptyState(
                [actions["open_folder"], actions["open_files"], actions["open_sample"]],
                actions["key_sheet"],
            )
        )

    def _connect(self) -> None:
        workspace = self.workspace
        self.browser.stacks_chosen.connect(self._show_stacks)
        self.status.cancel_asked.connect(workspace.cancel_scan)
        self.status.problems_asked.connect(self._show_problems)
        self.status.receiver_asked.connect(self.receiving.show_inbox)
        self.painted.connect(self.receiving.begin_soon)
        self.toolbox.tool_changed.connect(self.refresh_actions)
        self._receipt.timeout.connect(self._draw_problems)
        workspace.catalog_changed.connect(self._note_change)
        workspace.scan_progress.connect(self._show_progress)
        workspace.problems.changed.connect(self._receipt.start)
        workspace.active_changed.connect(self._follow_active)
        for viewport in workspace.viewports:
            self._follow(viewport)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self.refresh_actions)
        self._draw_problems()

    def _follow(self, viewport: Viewport) -> None:
        viewport.stack_changed.connect(self._follow_active)
        for signal in (viewport.display_changed, viewport.cine_changed, viewport.history_changed):
            signal.connect(self.refresh_actions)
        viewport.frame_changed.connect(self._refresh_refusals)

    def _refresh_refusals(self) -> None:
        """Another frame may allow other things; asking costs less than telling every action."""
        if self._display_commands.refusals() != self._refused:
            self.refresh_actions()

    def _make_canvas(self, viewport: Viewport, parent: QWidget) -> Canvas:
        canvas = late_parts.canvas(viewport, parent, self.workspace, self.toolbox, self._backend)
        canvas.context_menu_requested.connect(self.view_area.open_menu)
        canvas.maximise_requested.connect(self.toggle_panels)
        return canvas

    def _make_provenance_panel(self) -> QWidget:
        self.provenance = late_parts.provenance_panel(self.workspace, self.theme, self.reveal_tag)
        return self.provenance

    # Drawing what the workspace says

    def dress(self) -> None:
        """Colours and icons by the settings."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme = apply_theme(app, THEME.read(self._backend))
        self.theme = theme
        self.actions_by_id.draw_icons(toolbar=True)
        if self._was_painted:
            self.actions_by_id.draw_icons(toolbar=False)
        for part in (self.banner, self.problems, self.status, self.provenance):
            if part is not None:
                part.set_theme(theme)
        self._tell_problem_count()
        self.refresh_actions()

    def read_settings(self) -> None:
        """The user has changed a setting: what can follow at once does."""
        self.workspace.loader.set_cache_limit(CACHE_MB.read(self._backend) << 20)
        for viewport in self.workspace.viewports:
            viewport.set_annotation_level(ANNOTATION_LEVEL.read(self._backend))
            viewport.cine.set_default_fps(CINE_RATE_FPS.read(self._backend))
        if self.view_area.canvas is not None:
            self.view_area.canvas.read_settings()
        self.dress()
        self.refresh_title()

    def refresh_actions(self) -> None:
        """Enable what makes sense now and mark what is on."""
        viewport = self.workspace.active
        available = set()
        if self.workspace.catalog.patients:
            available.add(Needs.STUDIES)
        if viewport.stack is not None:
            available.add(Needs.IMAGE)
        if viewport.count > 1:
            available.add(Needs.SEVERAL_IMAGES)
        self.actions_by_id.set_available(available)
        self._refused = self._display_commands.refusals()
        self.actions_by_id.set_refused(self._refused)
        self.actions_by_id["undo"].setEnabled(bool(viewport.undo_label))
        self.actions_by_id["redo"].setEnabled(bool(viewport.redo_label))
        self.actions_by_id.set_checked(
            {
                **self._view_commands.states(),
                **self._display_commands.states(),
                **{f"panel_{name}": not dock.isHidden() for name, dock in self.docks.items()},
                f"tool_{self.toolbox.tool}": True,
                f"theme_{self.theme.id}": True,
                "full_screen": self.isFullScreen(),
                "hide_panels": bool(self._panels_hidden),
                "remember_recent": self.commands.recents.remembers,
            }
        )

    def _follow_active(self) -> None:
        viewport = self.workspace.active
        self.view_area.refresh()
        self.refresh_actions()
        self.refresh_title()
        if viewport.stack is not None:
            self.browser.show_stack(viewport.stack)
            self.receiving.note_shown()

    def refresh_title(self) -> None:
        """The name reaches taskbars and shared screens, so it is there only when asked for."""
        stack = self.workspace.active.stack
        named = stack is not None and NAME_IN_TITLE.read(self._backend)
        name = person_name(stack.series.study.patient.name) if stack and named else ""
        self.setWindowTitle(f"{name} - Lightbox" if name else "Lightbox")

    def _note_change(self, _change: CatalogChange) -> None:
        if not self.actions_by_id["close_studies"].isEnabled():
            self.refresh_actions()

    def _show_progress(self, progress: ScanProgress) -> None:
        self.status.show_scan(scan_text(progress), running=progress.running)
        self._receipt.start()

    def _tell_problem_count(self) -> None:
        self.status.set_problem_count(len(self.workspace.problems), self.theme.warning)

    def _draw_problems(self) -> None:
        self._tell_problem_count()
        self.problems.show_problems(self.workspace.problems.rows)
        catalog = self.workspace.catalog
        seen = catalog.found or catalog.skipped
        if seen and not self.browser.settled:  # counting looks at all stacks: wait for them
            self._receipt.start()
            return
        self.problems.show_receipt(catalog.receipt.text if seen else "")

    # What the user asks for

    def _show_stacks(self, stacks: list[Stack]) -> None:
        self.workspace.show(stacks[0])
        self.view_area.take_focus()

    def close_studies(self) -> None:
        self.workspace.close_studies()
        self.thumbnails.clear()
        self.browser.forget()
        self._follow_active()

    def _zoom_by(self, factor: float) -> None:
        if self.view_area.canvas is not None:
            self.view_area.canvas.zoom_by(factor)

    def _show_problems(self) -> None:
        self.docks["problems"].show()
        self.problems.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def search_tags(self) -> None:
        """Open the tag inspector with the keyboard in its search field."""
        self.docks["tags"].show()
        inspector = self.docks["tags"].widget()
        getattr(inspector, "focus_search", inspector.setFocus)()

    def reveal_tag(self, keyword: str) -> None:
        """Show an attribute of the active view's file in the tag inspector."""
        tags = self.docks["tags"]
        if tags.isHidden():
            tags.show()
            self.resizeDocks([self.docks["why"], tags], [1, 1], Qt.Orientation.Vertical)
        reveal = getattr(tags.widget(), "reveal", None)
        if reveal is not None:
            reveal(keyword)

    def toggle_panel(self, name: str) -> None:
        dock = self.docks[name]
        dock.setVisible(dock.isHidden())
        if not dock.isHidden():
            dock.raise_()

    def toggle_panels(self) -> None:
        """F9: hide every panel, or bring back those that were hidden so."""
        if self._panels_hidden:
            for dock in self._panels_hidden:
                dock.show()
            self._panels_hidden = []
        else:
            self._panels_hidden = [d for d in self.docks.values() if not d.isHidden()]
            for dock in self._panels_hidden:
                dock.hide()
        self.refresh_actions()

    def focus_pane(self, by: int) -> None:
        """F6: the keyboard goes to the next part of the window that is there."""
        panes.focus_next(panes.of_window(self), by)

    # Qt's events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        hint = drop_hint(event.mimeData(), empty=not self.workspace.catalog.patients)
        if hint:
            event.acceptProposedAction()
        self._hint.show_hint(hint)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hint.show_hint("")

    def dropEvent(self, event: QDropEvent) -> None:
        self._hint.show_hint("")
        data = event.mimeData()
        if data.hasFormat(STACK_MIME):
            dragged = self.browser.dragged_stacks()
            if dragged:
                self._show_stacks(dragged)
        else:
            self.commands.open(dropped_paths(data))
        event.acceptProposedAction()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint.setGeometry(self.rect())
        self._half.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusWidget() is None:
            self.view_area.take_focus()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self._finish)

    def _finish(self) -> None:
        """What the first picture need not wait for."""
        self.painted.emit()
        self.actions_by_id.draw_icons(toolbar=False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._panels_hidden:
            self.toggle_panels()
        save_layout(self, self.browser.tree.header(), self._backend)
        self.receiving.close()
        self.thumbnails.close()
        self.workspace.close()
        super().closeEvent(event)
