"""The action table as QActions: in menus, toolbar and context menu, enabled by what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton, QWidget

from viewer.ui.actions import ACTIONS, MENUS, TOOLBAR, Action, Context, Needs
from viewer.ui.icons import icon

Handler = Callable[[], object]


class ActionSet(QObject):
    """Every action of the table as a QAction that acts where its context says.

    A letter belongs to the part of the window that has the keyboard: the QAction sits on that
    part with WidgetWithChildrenShortcut, so typing in a search field never turns the image.

    Args:
        window: gets the actions of the whole window.
        parts: the widget for each other context.
    """

    def __init__(self, window: QMainWindow, parts: Mapping[Context, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._handlers: dict[str, Handler] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._menus: dict[str, QMenu] = {}
        self._by_id: dict[str, QAction] = {}
        for action in ACTIONS:
            self._by_id[action.id] = self._make(action, parts.get(action.context, window))

    def __getitem__(self, action_id: str) -> QAction:
        return self._by_id[action_id]

    def _make(self, action: Action, part: QWidget) -> QAction:
        made = QAction(action.label, self)
        made.setObjectName(action.id)
        made.setIconText(action.short or action.text)
        made.setShortcuts([QKeySequence(key) for key in action.keys])
        made.setShortcutContext(
            Qt.ShortcutContext.WindowShortcut
            if action.context is Context.WINDOW
            else Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        made.setToolTip(tool_tip(action))
        made.setStatusTip(action.hint)
        made.setCheckable(action.checkable)
        if action.id == "quit":
            made.setMenuRole(QAction.MenuRole.QuitRole)
        if action.group:
            group = self._groups.setdefault(action.group, QActionGroup(self))
            group.addAction(made)
        made.triggered.connect(self._run)
        part.addAction(made)
        return made

    def bind(self, handlers: Mapping[str, Handler]) -> None:
        """Give actions their handlers; an id that is not in the table is a defect."""
        for action_id, handler in handlers.items():
            if action_id not in self._by_id or action_id in self._handlers:
                raise ValueError(f"{action_id}: not in the action table, or bound twice")
            self._handlers[action_id] = handler

    @property
    def unbound(self) -> list[str]:
        return [action_id for action_id in self._by_id if action_id not in self._handlers]

    def _run(self) -> None:
        self._handlers[self.sender().objectName()]()

    def set_available(self, available: set[Needs]) -> None:
        """Enable what makes sense now; NOTHING is always there."""
        for action in ACTIONS:
            self._by_id[action.id].setEnabled(action.needs in available | {Needs.NOTHING})

    def set_checked(self, states: Mapping[str, bool]) -> None:
        """Show the state of the owner; never triggers a handler."""
        for action_id, state in states.items():
            self._by_id[action_id].setChecked(state)

    def draw_icons(self, *, toolbar: bool) -> None:
        """Render icons in the window's palette; those of menus alone can wait for the paint."""
        for action in ACTIONS:
            if action.icon and bool(action.toolbar) is toolbar:
                self._by_id[action.id].setIcon(icon(action.icon, self._window.palette()))

    def fill_menu_bar(self) -> None:
        """Make the menus in the table's order."""
        bar = self._window.menuBar()
        for name, title in MENUS.items():
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            self._menus[name] = menu
        for action in ACTIONS:
            self.menu(action.menu).addAction(self._by_id[action.id])

    def menu(self, path: str) -> QMenu:
        """The menu, or submenu "Menu/Submenu", made when first asked for."""
        if path not in self._menus:
            parent, _, title = path.rpartition("/")
            self._menus[path] = self.menu(parent).addMenu(title)
        return self._menus[path]

    def fill_tool_bar(self, bar: QToolBar) -> None:
        """One row, grouped; what does not fit goes to the toolbar's own overflow menu."""
        group = ""
        shown = [action for action in ACTIONS if action.toolbar]
        for action in sorted(shown, key=lambda action: TOOLBAR.index(action.toolbar)):
            if group and action.toolbar != group:
                bar.addSeparator()
            group = action.toolbar
            bar.addAction(self._by_id[action.id])
            button = bar.widgetForAction(self._by_id[action.id])
            assert isinstance(button, QToolButton)
            button.setAccessibleName(action.text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the image its keys

    def image_menu(self, parent: QWidget) -> QMenu:
        """The context menu of an image: the same actions, by the menus they are in."""
        menu = QMenu(parent)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        last = ""
        for action in ACTIONS:
            if not action.on_image:
                continue
            if action.menu == "Window" and action.id.startswith("preset_"):
                self._preset_menu(menu).addAction(self._by_id[action.id])
                continue
            if last and action.menu != last:
                menu.addSeparator()
            last = action.menu
            menu.addAction(self._by_id[action.id])
        return menu

    @staticmethod
    def _preset_menu(menu: QMenu) -> QMenu:
        name = "presets"
        found = menu.findChild(QMenu, name, Qt.FindChildOption.FindDirectChildrenOnly)
        if isinstance(found, QMenu):
            return found
        made = menu.addMenu("&Presets")
        made.setObjectName(name)
        return made


def tool_tip(action: Action) -> str:
    """Name, first key and hint; plain text."""
    key = f" ({key_text(action.keys[0])})" if action.keys else ""
    return f"{action.text}{key}\n{action.hint}" if action.hint else f"{action.text}{key}"


def key_text(key: str) -> str:
    """A binding as this platform writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
