"""What the standard's UIDs are called: pydicom's dictionary without the rest of pydicom.

The receiver needs nothing else of it, and starts in half the time and memory without.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path

UidEntry = tuple[str, str, str, str, str]
"""Name, kind ("SOP Class", "Transfer Syntax" ...), information, "Retired" or empty, keyword."""


@cache
def uid_dictionary() -> dict[str, UidEntry]:
    """UID to what the standard says of it (PS3.6 annex A)."""
    spec = _file_of_the_dictionary()
    if spec is None or spec.loader is None:  # frozen: there are no files
        from pydicom import _uid_dict

        return _uid_dict.UID_dictionary
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    entries: dict[str, UidEntry] = module.UID_dictionary
    return entries


def name_of(uid: str) -> str:
    """The standard's name of a UID, or the UID itself."""
    entry = uid_dictionary().get(uid)
    return entry[0] if entry and entry[0] else uid


def _file_of_the_dictionary() -> ModuleSpec | None:
    package = importlib.util.find_spec("pydicom")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).with_name("_uid_dict.py")
    return importlib.util.spec_from_file_location("_uid_dict", path) if path.is_file() else None
