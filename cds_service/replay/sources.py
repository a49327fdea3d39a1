"""Where charts and calls come from: files of FHIR resources (one a line, Bundles, Parquet) and of hook calls.

Nothing here raises for what a file holds. A piece that cannot be read is named by file and line and kept out, and the
pieces after it are read all the same.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cds_service.errors import CaseError
from cds_service.replay.cases import STORY, Unread
from cds_service.replay.parquet import read_resources
from cds_service.replay.pieces import Piece, read_document, read_line, type_of_file

CHUNK: Final = 32 << 20
"""Bytes of a file of lines that are read in one go."""
_LINES: Final = frozenset((".ndjson", ".jsonl"))
_PACKED_OTHERWISE: Final = frozenset((".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz"))
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_EXPECTED: Final = ".cards.json"
_GZIP_RATIO: Final = 8
"""How much larger a packed file is taken to be than it looks."""


class InputFile(Struct, frozen=True):
    """One file, and the data set that it is a part of."""

    path: str
    name: str
    """As it is told: below the path that was named."""
    dataset: str
    """Files of one folder belong together: types that none of them holds were not provided."""
    form: str
    """lines, document, parquet, or what it is told as when it is none of these."""
    size: int


class Chunk(Struct, frozen=True):
    """A part of a file: lines that begin at or after `start` and before `end`; a whole file of any other form."""

    file: InputFile
    start: int
    end: int

    @property
    def weight(self) -> int:
        """About how many bytes it holds."""
        return (self.end - self.start) * (_GZIP_RATIO if self.file.path.endswith(".gz") else 1)


def find_files(paths: Iterable[Path]) -> tuple[InputFile, ...]:
    """The files below the paths, by name. Those of stories are left out: they are cases, and found as such.

    A file that was named itself is taken whatever its name. Raises CaseError for a path that is not there.
    """
    found: dict[str, InputFile] = {}
    names: dict[Path, str] = {}
    for path in paths:
        if path.is_file():
            candidates = [] if (path.parent / STORY).exists() else [path]
        elif path.is_dir():
            stories = {story.parent for story in path.rglob(STORY)}
            candidates = [
                item
                for item in sorted(path.rglob("*"))
                if item.is_file()
                and not item.name.startswith((".", "_"))
                and stories.isdisjoint((item.parent, *item.parents))
            ]
        else:
            raise CaseError(f"{path}: no such file or directory. Name files or folders of them.")
        for item in candidates:
            form = _form(item, is_named=item == path)
            if form is not None:
                name = item.name if item == path else str(item.relative_to(path))
                folder = _folder(item.resolve())
                dataset = names.setdefault(folder, _unused(folder, path, set(names.values())))
                size = item.stat().st_size
                found.setdefault(
                    str(item.resolve()), InputFile(str(item), name, dataset, form, size)
                )
    return tuple(found.values())


def divided(files: Iterable[InputFile], size: int = CHUNK) -> Iterator[Chunk]:
    """The files in parts of about equal size, where their form allows."""
    for file in files:
        if file.form != "lines" or file.path.endswith(".gz"):
            yield Chunk(file, 0, file.size)
            continue
        for start in range(0, max(file.size, 1), size):
            yield Chunk(file, start, min(start + size, file.size))


def read_chunk(chunk: Chunk) -> Iterator[Piece | Unread]:
    """Everything in one part of a file, in its order."""
    file = chunk.file
    try:
        match file.form:
            case "lines":
                yield from _read_lines(chunk)
            case "document":
                yield from _read_document(file)
            case "parquet":
                for number, text in enumerate(read_resources(Path(file.path)), 1):
                    yield from read_line(text, file.name, number, file.dataset)
            case _:
                yield Unread(file.name, file.form)
    except OSError as error:
        yield Unread(file.name, f"cannot be read ({error.strerror or type(error).__name__})")
    except CaseError as error:
        yield Unread(file.name, str(error))


def _form(path: Path, *, is_named: bool) -> str | None:
    """None for a file of a folder that is none of ours: words, pictures, results of other programs."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in {".gz", *_PACKED_OTHERWISE} else ""
    last = suffixes[-1] if suffixes else ""
    if path.name.endswith(_EXPECTED):
        return None
    if packed in _PACKED_OTHERWISE:
        is_ours = last in _LINES or last in {".json", ".parquet"} or is_named
        return f"packed as {packed}, which is not read; unpack it, or use gzip" if is_ours else None
    if last in _LINES:
        return "lines"
    if last == ".parquet" and not packed:
        return "parquet"
    if last == ".json" or is_named:
        return "document"
    return None


def _folder(path: Path) -> Path:
    """The folder of a data set: that of the file, or the one above where a folder holds the files of one type."""
    folder = path.parent
    return folder.parent if type_of_file(folder.name) else folder


def _unused(folder: Path, below: Path, used: set[str]) -> str:
    """A name for the folder that no other has."""
    try:
        inside = folder.relative_to(below.resolve())
        name = str(Path(below.resolve().name) / inside)
    except ValueError:
        name = folder.name
    number, unused = 1, name
    while unused in used:
        number += 1
        unused = f"{name}#{number}"
    return unused


def _read_document(file: InputFile) -> Iterator[Piece | Unread]:
    content = Path(file.path).read_bytes()
    if file.path.lower().endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error):
            yield Unread(file.name, "is packed and damaged: not all of it can be unpacked")
            return
    if content.startswith(_UTF_16):
        yield Unread(file.name, "is UTF-16; save it as UTF-8")
        return
    for piece in read_document(content, file.name, file.dataset):
        if isinstance(piece, Piece) and piece.kind == "call" and piece.id == file.name:
            # What the call has to come to may stand beside it.
            yield replace(piece, patient=file.path)
        else:
            yield piece


def _read_lines(chunk: Chunk) -> Iterator[Piece | Unread]:
    file = chunk.file
    is_packed = file.path.lower().endswith(".gz")
    number = 0
    # How many lines there are before this part is counted only where a line has to be named.
    at = chunk.start
    with gzip.open(file.path) if is_packed else Path(file.path).open("rb") as lines:
        if chunk.start:
            # The line that crosses the border belongs to the part before; one that begins on it does not.
            lines.seek(chunk.start - 1)
            at = chunk.start - 1 + len(lines.readline())
        elif lines.read(2) in _UTF_16:
            yield Unread(file.name, "is UTF-16; save it as UTF-8")
            return
        else:
            lines.seek(0)
        try:
            while is_packed or at < chunk.end:
                line = lines.readline()
                if not line:
                    return
                begins, at = at, at + len(line)
                number += 1
                for piece in read_line(line, file.name, number, file.dataset):
                    if isinstance(piece, Unread) and chunk.start:
                        yield Unread(piece.name, piece.why, _line_number(file.path, begins))
                    else:
                        yield piece
        except (EOFError, OSError, zlib.error):
            yield Unread(file.name, "is packed and damaged from here on", number + 1)


def _line_number(path: str, offset: int) -> int:
    """Number of the line that begins at a place of a file."""
    newlines, left = 0, offset
    with Path(path).open("rb") as file:
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            newlines += block.count(b"\n")
            left -= len(block)
    return newlines + 1
