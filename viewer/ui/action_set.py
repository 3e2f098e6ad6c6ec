"""The action table as QActions: in menus, toolbar and context menu, enabled by what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcutEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QToolBar, QToolButton, QWidget

from viewer.ui.actions import ACTIONS, MENUS, TOOLBAR, Action, Context, Needs
from viewer.ui.icons import icon
from viewer.ui.labels import plain_tool_tip

Handler = Callable[[], object]


class TableAction(QAction):
    """A QAction that settles which of two is meant when one key press could be both.

    On a keyboard where "+" is typed as Shift+=, Qt finds both keys and would run neither.
    """

    def __init__(self, label: str, wins: Callable[[], QAction], parent: QObject) -> None:
        super().__init__(label, parent)
        self._wins = wins

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QShortcutEvent) and event.isAmbiguous():
            winner = self._wins()
            if winner.isEnabled():
                winner.trigger()
            return True
        return super().event(event)


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
        self._rows = {action.id: action for action in ACTIONS}
        self._refused: set[str] = set()
        for action in ACTIONS:
            self._by_id[action.id] = self._make(action, parts.get(action.context, window))

    def __getitem__(self, action_id: str) -> QAction:
        return self._by_id[action_id]

    def _make(self, action: Action, part: QWidget) -> QAction:
        made = TableAction(action.label, lambda: self[action.yields_to or action.id], self)
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

    def set_refused(self, reasons: Mapping[str, str]) -> None:
        """Disable what makes no sense now and say why in its tooltip; undo that for the others."""
        for action_id in {*self._refused, *reasons}:
            made, reason = self._by_id[action_id], reasons.get(action_id, "")
            told = plain_tool_tip(f"{made.text().replace('&', '')}\n{reason}")
            made.setToolTip(told if reason else tool_tip(self._rows[action_id]))
            made.setStatusTip(reason or self._rows[action_id].hint)
        for action_id in reasons:
            self._by_id[action_id].setEnabled(False)
        self._refused = set(reasons)

    def set_checked(self, states: Mapping[str, bool]) -> None:
        """Show the state of the owner; never triggers a handler."""
        for action_id, state in states.items():
            self._by_id[action_id].setChecked(state)

    def draw_icons(self, *, toolbar: bool) -> None:
        """Render icons in the palette; those of menus alone can wait for the first paint.

        The application's palette: widgets hear of a change only later.
        """
        for action in ACTIONS:
            if action.icon and bool(action.toolbar) is toolbar:
                self._by_id[action.id].setIcon(icon(action.icon, QApplication.palette()))

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
            self._menus[path].setToolTipsVisible(True)
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
        menu.setToolTipsVisible(True)
        below: dict[str, QMenu] = {}
        last = ""
        for action in ACTIONS:
            if not action.on_image:
                continue
            top, _, title = action.menu.partition("/")
            if last and top != last:
                menu.addSeparator()
            last = top
            if title and title not in below:
                below[title] = menu.addMenu(title)
                below[title].setToolTipsVisible(True)
            (below[title] if title else menu).addAction(self._by_id[action.id])
        for nested in below.values():  # the presets of other modalities
            nested.menuAction().setVisible(any(entry.isEnabled() for entry in nested.actions()))
        return menu


def tool_tip(action: Action) -> str:
    """Name, first key and hint; plain text."""
    key = f" ({key_text(action.keys[0])})" if action.keys else ""
    return f"{action.text}{key}\n{action.hint}" if action.hint else f"{action.text}{key}"


def key_text(key: str) -> str:
    """A binding as this platform writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
