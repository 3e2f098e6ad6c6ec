"""Every declared setting with the widget its type asks for; kept as soon as it is changed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer.settings import ALL, Backend, Setting
from viewer.ui.labels import plain_label

WIDEST = 1_000_000


class SettingsDialog(QDialog):
    """The settings by their groups.

    Signals:
        changed: the key of a setting that has a new value.
    """

    changed = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._settings: dict[str, Setting[Any]] = {setting.key: setting for setting in ALL}
        self.setWindowTitle("Settings")
        self.setModal(False)
        self.resize(520, 600)
        inside = QWidget()
        column = QVBoxLayout(inside)
        groups: dict[str, QFormLayout] = {}
        for setting in filter(lambda each: each.listed, ALL):
            name = setting.key.split("/")[0]
            if name not in groups:
                box = QGroupBox(name.capitalize())
                column.addWidget(box)
                groups[name] = QFormLayout(box)
            self._add(groups[name], setting)
        column.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        outside = QVBoxLayout(self)
        outside.addWidget(area)
        outside.addWidget(buttons)

    def _add(self, form: QFormLayout, setting: Setting[Any]) -> None:
        widget = self._widget(setting, setting.read(self._backend))
        widget.setObjectName(setting.key)
        widget.setAccessibleName(setting.label)
        if isinstance(widget, QCheckBox):
            form.addRow(widget)
        else:
            label = plain_label(setting.label)
            label.setBuddy(widget)
            form.addRow(label, widget)

    def _widget(self, setting: Setting[Any], value: Any) -> QWidget:
        if isinstance(setting.default, bool):
            check = QCheckBox(setting.label)
            check.setChecked(value)
            check.toggled.connect(self._keep)
            return check
        if setting.choices:
            combo = QComboBox()
            combo.addItems(list(setting.choices))
            combo.setCurrentText(value)
            combo.currentTextChanged.connect(self._keep)
            return combo
        spin: QSpinBox | QDoubleSpinBox
        spin = QSpinBox() if isinstance(setting.default, int) else QDoubleSpinBox()
        spin.setRange(-WIDEST, WIDEST)  # each setting says itself what it accepts
        spin.setKeyboardTracking(False)
        spin.setValue(value)
        spin.valueChanged.connect(self._keep)
        return spin

    def _keep(self, value: object) -> None:
        widget = self.sender()
        setting = self._settings[widget.objectName()]
        if setting.allows(value):
            setting.write(self._backend, value)
            self.changed.emit(setting.key)
        elif isinstance(widget, (QSpinBox, QDoubleSpinBox)):
            widget.setValue(setting.read(self._backend))
