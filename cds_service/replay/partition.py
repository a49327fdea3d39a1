"""Charts on disk, divided by patient.

Each part of the input is sorted into a file, and a part of the charts is gathered from all of these. They hold the
resources themselves: their folder is for its owner alone.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from cds_service.replay.cases import Unread
from cds_service.replay.chart_resources import Resource, read_resource, read_resources
from cds_service.replay.charts import Chart, drugs_elsewhere, make_chart
from cds_service.replay.details import Details
from cds_service.replay.judge import count_pieces, count_unread
from cds_service.replay.pieces import Found, Owned, Piece
from cds_service.replay.shared import SharedResources
from cds_service.replay.sources import Chunk, InputFile, read_chunk, types_of_files

CALLS: Final = -1
SHARED: Final = -2
_MOST_HELD: Final = 48 << 20
"""Bytes that are held before they are written."""
_BESIDE: Final = 100
"""Bytes that a resource takes beside its JSON."""

Key = tuple[str, str]
"""(data set, patient)."""
Group = tuple[str, str, list[tuple[str, bytes]]]
"""(data set, patient, resources by type: their JSON texts, one a line)."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_groups: Final = msgspec.msgpack.Decoder(list[Group]).decode
_decode_pieces: Final = msgspec.msgpack.Decoder(list[Piece]).decode


class Sorted(Struct):
    """What one part of the input was sorted into."""

    files: list[str]
    slices: dict[int, list[tuple[int, int, int]]]
    """(number of the file, offset, length) by part of the charts; calls and shared resources have numbers of theirs."""
    types: dict[str, list[str]]
    """Resource types by data set."""
    details: Details


class Sorter:
    """Sorts the pieces of one part of the input."""

    def __init__(self, folder: Path, name: str, parts: int) -> None:
        self._folder = folder
        self._name = name
        self._parts = parts
        self._charts: dict[Key, list[tuple[str, bytes]]] = {}
        self._pieces: dict[int, list[Piece]] = {}
        self._met: Counter[tuple[str, str, str]] = Counter()
        self._size = 0
        self.result = Sorted([], {}, {}, {})

    def add(self, piece: Found) -> None:
        """Keep one piece."""
        if isinstance(piece, Owned):
            key = (piece.dataset, piece.patient)
            self._charts.setdefault(key, []).append((piece.type, piece.lines))
            self._met["resource", piece.dataset, piece.type] += piece.count
            self._size += len(piece.lines) + _BESIDE * piece.count
        elif isinstance(piece, Unread):
            count_unread(self.result.details, piece)
        else:
            self._met[piece.kind, piece.dataset, piece.type] += 1
            if piece.kind != "other":
                part = CALLS if piece.kind == "call" else SHARED
                self._pieces.setdefault(part, []).append(piece)
                self._size += len(piece.raw) + _BESIDE
        if self._size >= _MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        held: dict[int, list[Any]] = {**self._pieces}
        for (dataset, patient), resources in self._charts.items():
            part = part_of(dataset, patient, self._parts)
            held.setdefault(part, []).append((dataset, patient, resources))
        if not held:
            return
        number = len(self.result.files)
        name = f"{self._name}.{number}"
        offset = 0
        with (self._folder / name).open("wb") as file:
            for part in sorted(held):
                content = _encode(held[part])
                file.write(content)
                self.result.slices.setdefault(part, []).append((number, offset, len(content)))
                offset += len(content)
        self.result.files.append(name)
        self._charts.clear()
        self._pieces.clear()
        self._size = 0

    def finish(self) -> Sorted:
        """Write the rest; all that was sorted."""
        self.flush()
        types: dict[str, set[str]] = {}
        for (kind, dataset, name), number in self._met.items():
            count_pieces(self.result.details, kind, name, number)
            if name:
                types.setdefault(dataset, set()).add(name)
        self.result.types = {dataset: sorted(names) for dataset, names in types.items()}
        return self.result


def sort_chunk(chunk: Chunk, folder: Path, name: str, parts: int) -> Sorted:
    """Sort one part of the input into files of the folder."""
    sorter = Sorter(folder, name, parts)
    for piece in read_chunk(chunk):
        sorter.add(piece)
    return sorter.finish()


def part_of(dataset: str, patient: str, parts: int) -> int:
    """The part that a patient's chart is in."""
    return zlib.crc32(f"{dataset}\0{patient}".encode("utf-8", "surrogatepass")) % parts


def read_groups(folder: Path, every: Iterable[Sorted], part: int) -> Iterator[Group]:
    """The resources of one part of the charts, gathered from all files."""
    for content in _slices(folder, every, part):
        yield from _decode_groups(content)


def read_pieces(folder: Path, every: Iterable[Sorted], part: int) -> Iterator[Piece]:
    """The calls, or the shared resources, gathered from all files."""
    for content in _slices(folder, every, part):
        yield from _decode_pieces(content)


def _slices(folder: Path, every: Iterable[Sorted], part: int) -> Iterator[bytes]:
    for found in every:
        for number, offset, length in found.slices.get(part, ()):
            with (folder / found.files[number]).open("rb") as file:
                file.seek(offset)
                yield file.read(length)


def charts_of(
    groups: Iterable[Group], types: dict[str, frozenset[str]], shared: SharedResources
) -> Iterator[Chart]:
    """The charts that these groups make up, by data set and patient."""
    found: dict[Key, list[tuple[str, bytes]]] = {}
    for dataset, patient, resources in groups:
        found.setdefault((dataset, patient), []).extend(resources)
    for key in sorted(found):
        own = [one for kind, lines in found.pop(key) for one in read_resources(kind, lines)]
        yield make_chart(key, with_drugs(key[0], own, shared), types.get(key[0], frozenset()))


def with_drugs(dataset: str, resources: list[Resource], shared: SharedResources) -> list[Resource]:
    """The resources with the Medications that they point to and that are nobody's own."""
    if not shared.are_any:
        return resources
    found = [shared.find(dataset, name) for name in sorted(drugs_elsewhere(resources))]
    return [*resources, *(read_resource(*one) for one in found if one is not None)]


def joined_types(every: Iterable[Sorted], files: Iterable[InputFile]) -> dict[str, frozenset[str]]:
    """Resource types by data set: those met, and those that a file is named after, were it empty."""
    types = types_of_files(files)
    for found in every:
        for dataset, kinds in found.types.items():
            types.setdefault(dataset, set()).update(kinds)
    return {dataset: frozenset(kinds) for dataset, kinds in types.items()}
