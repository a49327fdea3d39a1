"""Resources that are no patient's own and that charts point to: Medications, by their references."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from cds_service.evidence.codes.references import local_reference
from cds_service.replay.pieces import Piece

Found = tuple[str, bytes]
"""(type, JSON)."""


class SharedResources:
    """Looks up shared resources in a file of their own, however many there are. `path` None: there are none."""

    def __init__(self, path: Path | None) -> None:
        self._connection = None
        if path is not None:
            # Read only, and by one process after the other: no lock is needed.
            self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)

    @property
    def are_any(self) -> bool:
        """False where nothing can be found."""
        return self._connection is not None

    def find(self, dataset: str, reference: str) -> Found | None:
        """The resource that a reference of this data set names."""
        if self._connection is None:
            return None
        kind, _, name = local_reference(reference).partition("/")
        row = self._connection.execute(
            "SELECT raw FROM shared WHERE dataset = ? AND kind = ? AND name = ?",
            (dataset, kind, name),
        ).fetchone()
        return None if row is None else (kind, row[0])


def keep_shared(path: Path, pieces: Iterable[Piece]) -> None:
    """Write shared resources to a new file; of two of one name the one whose text sorts last stays."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.execute(
            "CREATE TABLE shared (dataset TEXT, kind TEXT, name TEXT, raw BLOB, "
            "PRIMARY KEY (dataset, kind, name)) WITHOUT ROWID"
        )
        connection.executemany(
            "INSERT INTO shared VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET raw = max(raw, excluded.raw)",
            ((one.dataset, one.type, one.id, one.raw) for one in pieces),
        )
        connection.commit()
    finally:
        connection.close()
