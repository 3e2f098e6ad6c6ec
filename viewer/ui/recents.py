"""The folders opened last: paths only, never names of patients."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from viewer.settings import REMEMBER_RECENT, Backend

KEY = "recent/folders"
MOST = 20


class Recents:
    """A list of at most 20 paths in the settings."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def remembers(self) -> bool:
        return REMEMBER_RECENT.read(self._backend)

    @remembers.setter
    def remembers(self, remembers: bool) -> None:
        REMEMBER_RECENT.write(self._backend, remembers)
        if not remembers:
            self.clear()

    @property
    def paths(self) -> list[bytes]:
        """Newest first."""
        try:
            stored = json.loads(str(self._backend.value(KEY, "[]")))
        except ValueError:
            return []
        if not isinstance(stored, list):
            return []
        return [os.fsencode(path) for path in stored if isinstance(path, str)][:MOST]

    def add(self, paths: Iterable[bytes]) -> None:
        """Put paths at the front, unless the user does not want any kept."""
        if not self.remembers:
            return
        known = self.paths
        for path in paths:
            path = os.path.abspath(path)
            known = [path, *(other for other in known if other != path)]
        # JSON in ASCII keeps odd bytes of old discs as escapes, which an INI file cannot hold raw.
        text = json.dumps([os.fsdecode(path) for path in known[:MOST]])
        self._backend.setValue(KEY, text)

    def clear(self) -> None:
        self._backend.remove(KEY)
