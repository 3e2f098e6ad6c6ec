"""The action table: no clash, everything reachable, the page of keys up to date."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence

from viewer.core.presets import PRESETS
from viewer.resources import resources
from viewer.ui.actions import ACTIONS, MENUS, TOOLBAR, Action
from viewer.ui.key_docs import keys_page

ROOT = Path(__file__).resolve().parents[2]
BY_ID = {action.id: action for action in ACTIONS}

# interaction.md section 2: the keys of what exists so far.
KEYS = {
    "tool_window": "W", "tool_scroll": "S", "tool_zoom": "Z", "tool_pan": "T", "tool_select": "V",
    "annotations": "I", "cine": "C", "cine_faster": ".", "cine_slower": ",", "invert": "N",
    "window_auto": "0", "window_file": "`", "rotate_left": "[", "rotate_right": "]",
    "flip_horizontal": "Shift+H", "flip_vertical": "Shift+V", "zoom_in": "+", "zoom_out": "-",
    "fit": "=", "one_to_one": "Shift+=", "reset": "R", "previous_image": "Up",
    "next_image": "Down", "back_10": "Shift+Up", "forward_10": "Shift+Down", "first_image": "Home",
    "last_image": "End", "previous_series": "PgUp", "next_series": "PgDown",
    "previous_study": "Ctrl+PgUp", "next_study": "Ctrl+PgDown", "escape": "Esc",
    "full_screen": "F11", "hide_panels": "F9", "undo": "Ctrl+Z", "redo": "Ctrl+Shift+Z",
    "copy_picture": "Ctrl+C", "open_files": "Ctrl+O", "open_folder": "Ctrl+Shift+O",
    "panel_tags": "Ctrl+I", "search_tags": "Ctrl+F", "key_sheet": "F1", "settings": "Ctrl+,",
    "quit": "Ctrl+Q", "next_pane": "F6", "maximise": "Return",
    "preset_abdomen": "1", "preset_lung": "2", "preset_bone": "3", "preset_brain": "4",
    "panel_why": "Y", "next_colors": "P", "icc": "Shift+I", "overlays": "Shift+O",
    "shutter": "Shift+S", "smooth": "Shift+M", "window_min_max": "Alt+0", "preset_own": "9",
    "preset_liver": "5", "preset_mediastinum": "6", "preset_angio": "7", "preset_stroke": "8",
}  # fmt: skip
SECOND_KEYS = {
    "previous_image": "Left", "next_image": "Right", "redo": "Ctrl+Y", "key_sheet": "?",
    "rotate_left": "Alt+L", "rotate_right": "Alt+R", "flip_horizontal": "Alt+F",
}  # fmt: skip


@pytest.mark.parametrize(("action_id", "key"), KEYS.items(), ids=KEYS.keys())
def test_the_first_key_is_the_one_agreed(action_id, key):
    assert BY_ID[action_id].keys[0] == key


@pytest.mark.parametrize(("action_id", "key"), SECOND_KEYS.items(), ids=SECOND_KEYS.keys())
def test_second_bindings_are_kept(action_id, key):
    assert key in BY_ID[action_id].keys


def test_ids_are_unique():
    assert [i for i, n in Counter(action.id for action in ACTIONS).items() if n > 1] == []


def test_no_key_means_two_things_where_contexts_overlap():
    bound = [(QKeySequence(key).toString(), a) for a in ACTIONS for key in a.keys]

    clashes = [
        (key, one.id, other.id)
        for (key, one), (same, other) in combinations(bound, 2)
        if key == same and one.context.overlaps(other.context)
    ]

    assert clashes == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.id)
def test_every_key_is_one_qt_knows(action: Action):
    assert all(QKeySequence(key).count() == 1 for key in action.keys)
    assert all(key == "?" or QKeySequence(key).toString() for key in action.keys)


def test_every_action_stands_in_a_menu():
    assert {action.menu.split("/")[0] for action in ACTIONS} == set(MENUS)


def test_no_menu_answers_to_a_key_of_the_image():
    mnemonics = {f"Alt+{title[title.index('&') + 1].upper()}" for title in MENUS.values()}

    assert mnemonics.isdisjoint(key for action in ACTIONS for key in action.keys)
    assert len(mnemonics) == len(MENUS)


def test_every_toolbar_button_has_an_icon_and_a_group():
    buttons = [action for action in ACTIONS if action.toolbar]

    assert {action.toolbar for action in buttons} == set(TOOLBAR)
    assert all(action.icon for action in buttons)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.id)
def test_every_action_says_what_it_does(action: Action):
    assert action.text
    assert action.hint


@pytest.mark.parametrize("name", sorted({a.icon for a in ACTIONS if a.icon}))
def test_every_icon_is_drawn_by_us_in_the_palettes_colour(name):
    text = (resources() / "icons" / f"{name}.svg").read_text()

    assert 'viewBox="0 0 24 24"' in text
    assert "currentColor" in text
    assert 'stroke-width="1.7"' in text


def test_presets_come_from_their_own_table():
    assert {f"preset_{p.id}" for p in PRESETS} <= set(BY_ID)


def test_the_committed_page_of_keys_is_the_table():
    """Made anew by: python -m viewer.ui.key_docs docs/keys.md"""
    assert (ROOT / "docs" / "keys.md").read_text(encoding="utf-8") == keys_page()
