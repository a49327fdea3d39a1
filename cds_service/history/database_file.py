"""The file below an SQLite database, watched: deleted or overwritten, it takes what is written and keeps nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

from cds_service.errors import HistoryUnavailable

_BEGINNING: Final = b"SQLite format 3\0"


class DatabaseFile:
    """One file. It is held open as long as it is the same: closing it would let go of SQLite's locks on it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def change(self) -> Literal["gone", "another"] | None:
        """What became of it since it was looked at last. The first look at a file is none."""
        try:
            there = os.stat(self._path)  # noqa: PTH116 - compared with what a descriptor says
        except FileNotFoundError:
            return None if self._descriptor is None else "gone"
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY)
            return None
        ours = os.fstat(self._descriptor)
        return None if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino) else "another"

    def check(self) -> None:
        """Raises HistoryUnavailable when it is no database. An empty file may become one."""
        if self._descriptor is None:
            return
        found = os.pread(self._descriptor, len(_BEGINNING), 0)
        if found not in (b"", _BEGINNING):
            raise HistoryUnavailable("The file of the history is no SQLite database.")

    def forget(self) -> None:
        """Lets it go, once no connection uses it any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
