"""Where charts and calls come from: files of FHIR resources (one a line, Bundles, Parquet) and of hook calls.

Nothing here raises for what a file holds. A piece that cannot be read is named by file and line and kept out, and the
pieces after it are read all the same.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from cds_service.errors import CaseError
from cds_service.replay.cases import STORY, Unread
from cds_service.replay.parquet import read_resources
from cds_service.replay.pieces import (
    Found,
    Piece,
    read_document,
    read_line,
    read_ordinary,
    type_of_file,
)
from cds_service.replay.places import files_below, is_url, open_binary
from cds_service.replay.views import read_table, view_of_file

CHUNK: Final = 32 << 20
"""Bytes of a file of lines that are read in one go."""
_LINES: Final = frozenset((".ndjson", ".jsonl"))
_PACKED_OTHERWISE: Final = frozenset((".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz"))
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_EXPECTED: Final = ".cards.json"
_BLOCK: Final = 128 << 10
"""Bytes of lines that are looked at together."""
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
    """lines, document, parquet, view, or what it is told as when it is none of these."""
    size: int
    changed: str
    """Another text when the file was changed."""


class Chunk(Struct, frozen=True):
    """A part of a file: lines that begin at or after `start` and before `end`; a whole file of any other form."""

    file: InputFile
    start: int
    end: int

    @property
    def weight(self) -> int:
        """About how many bytes it holds."""
        return (self.end - self.start) * (_GZIP_RATIO if self.file.path.endswith(".gz") else 1)


def find_files(places: Iterable[Path | str]) -> tuple[InputFile, ...]:
    """The files below paths of this machine, and below URLs, by name.

    Those of stories are left out: they are cases, and found as such. A file that was named itself is taken whatever its
    name. Raises CaseError for a place that is not there.
    """
    found: dict[str, InputFile] = {}
    names: dict[str, str] = {}
    for place in places:
        for one in _below(place):
            form = _form(one.name, is_named=one.is_named)
            if form is None:
                continue
            dataset = names.setdefault(one.folder, _unused(one, set(names.values())))
            file = InputFile(one.path, one.name, dataset, form, one.size, one.changed)
            found.setdefault(one.unique, file)
    return tuple(found.values())


class _Candidate(Struct, frozen=True):
    """A file that was met."""

    path: str
    unique: str
    """The same for the same file, however it was named."""
    name: str
    folder: str
    """Of its data set."""
    dataset: str
    """Its name, unless another has it."""
    is_named: bool
    size: int
    changed: str


def _below(place: Path | str) -> Iterator[_Candidate]:
    if isinstance(place, str) and is_url(place):
        yield from _below_url(place)
        return
    path = Path(place)
    if path.is_file():
        if not (path.parent / STORY).exists():
            yield _candidate(path, path)
        return
    if not path.is_dir():
        raise CaseError(f"{path}: no such file or directory. Name files or folders of them.")
    stories = {story.parent for story in path.rglob(STORY)}
    for item in sorted(path.rglob("*")):
        if item.is_file() and stories.isdisjoint((item.parent, *item.parents)):
            yield _candidate(item, path)


def _candidate(item: Path, below: Path) -> _Candidate:
    real, stat = item.resolve(), item.stat()
    folder = real.parent.parent if type_of_file(real.parent.name) else real.parent
    try:
        dataset = str(Path(below.resolve().name) / folder.relative_to(below.resolve()))
    except ValueError:
        dataset = folder.name
    is_named = item == below
    return _Candidate(
        str(item),
        str(real),
        item.name if is_named else str(item.relative_to(below)),
        str(folder),
        dataset,
        is_named,
        stat.st_size,
        str(stat.st_mtime_ns),
    )


def _below_url(url: str) -> Iterator[_Candidate]:
    for path, name, size, changed in files_below(url):
        folder = path.rpartition("/")[0]
        if type_of_file(folder.rpartition("/")[2]):
            folder = folder.rpartition("/")[0]
        root = url.rstrip("/")
        inside = folder[len(root) :] if folder.startswith(root) else ""
        last = root.rpartition("/")[2] if inside or folder == root else folder.rpartition("/")[2]
        yield _Candidate(path, path, name, folder, f"{last}{inside}", path == url, size, changed)


def divided(files: Iterable[InputFile], size: int = CHUNK) -> Iterator[Chunk]:
    """The files in parts of about equal size, where their form allows."""
    for file in files:
        if file.form != "lines" or file.path.endswith(".gz"):
            yield Chunk(file, 0, file.size)
            continue
        for start in range(0, max(file.size, 1), size):
            yield Chunk(file, start, min(start + size, file.size))


def types_of_files(files: Iterable[InputFile]) -> dict[str, set[str]]:
    """Resource types that files of bulk exports are named after, by data set: an empty one says that there are none."""
    types: dict[str, set[str]] = {}
    for file in files:
        kind = _type_that_is_told(file)
        if kind:
            types.setdefault(file.dataset, set()).add(kind)
    return types


def _type_that_is_told(file: InputFile) -> str:
    """The resource type that a file says it holds, were it empty; empty for a file that says none."""
    path = PurePosixPath(file.path)
    if file.form == "view":
        view = view_of_file(path.name)
        return view.resource if view is not None else ""
    if file.form not in ("lines", "parquet"):
        return ""
    return type_of_file(path.name) or type_of_file(path.parent.name)


def read_chunk(chunk: Chunk) -> Iterator[Found]:
    """Everything in one part of a file, in its order."""
    file = chunk.file
    try:
        match file.form:
            case "lines":
                yield from _read_lines(chunk)
            case "document":
                yield from _read_document(file)
            case "parquet":
                for number, text in enumerate(read_resources(file.path), 1):
                    yield from read_line(text, file.name, number, file.dataset)
            case "view":
                yield from _read_view(file)
            case _:
                yield Unread(file.name, file.form)
    except OSError as error:
        yield Unread(file.name, f"cannot be read ({error.strerror or type(error).__name__})")
    except CaseError as error:
        yield Unread(file.name, str(error))


def _form(name: str, *, is_named: bool) -> str | None:
    """None for a file of a folder that is none of ours: words, pictures, results of other programs."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "_")) for part in path.parts)
    if path.name.endswith(_EXPECTED) or (is_hidden and not is_named):
        return None
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in {".gz", *_PACKED_OTHERWISE} else ""
    last = suffixes[-1] if suffixes else ""
    if view_of_file(path.name) is not None:
        return "view"
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


def _unused(one: _Candidate, used: set[str]) -> str:
    """A name for the data set that no other has."""
    number, unused = 1, one.dataset
    while unused in used:
        number += 1
        unused = f"{one.dataset}#{number}"
    return unused


def _read_document(file: InputFile) -> Iterator[Found]:
    with open_binary(file.path) as opened:
        content = opened.read()
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
            yield replace(piece, path=file.path)
        else:
            yield piece


def _read_view(file: InputFile) -> Iterator[Found]:
    """The resources of a table that a view of ours made."""
    view = view_of_file(PurePosixPath(file.path).name)
    if view is None:
        raise AssertionError("only a file that is named after a view has this form")
    try:
        for item in read_table(file.path, view, file.name):
            if isinstance(item, Unread):
                yield item
            else:
                number, text = item
                yield from read_line(text, file.name, number, file.dataset)
    except (EOFError, zlib.error):
        yield Unread(file.name, "is packed and damaged: not all of it can be unpacked")


def _read_lines(chunk: Chunk) -> Iterator[Found]:
    file = chunk.file
    is_packed = file.path.lower().endswith(".gz")
    number = 0
    # How many lines there are before this part is counted only where a line has to be named.
    at = chunk.start
    with open_binary(file.path) as opened, _unpacked(opened, is_packed=is_packed) as lines:
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
            for block in _packed_blocks(lines) if is_packed else _blocks(lines, chunk.end - at):
                ordinary = read_ordinary(block, file.dataset)
                if ordinary is not None:
                    yield from ordinary
                    number += block.count(b"\n")
                    at += len(block)
                    continue
                for line in block.removesuffix(b"\n").split(b"\n"):
                    number += 1
                    for piece in read_line(line, file.name, number, file.dataset):
                        if isinstance(piece, Unread) and chunk.start:
                            yield Unread(piece.name, piece.why, _line_number(file.path, at))
                        else:
                            yield piece
                    at += len(line) + 1
        except (EOFError, OSError, zlib.error):
            yield Unread(file.name, "is packed and damaged from here on", number + 1)


def _blocks(lines: BinaryIO, size: int) -> Iterator[bytes]:
    """Whole lines that begin within so many bytes, some of them at a time."""
    while size > 0 and (block := lines.read(min(size, _BLOCK))):
        if not block.endswith(b"\n"):
            block += lines.readline()
        yield block
        size -= len(block)


def _packed_blocks(lines: BinaryIO) -> Iterator[bytes]:
    """All lines, some of them at a time; where the file is damaged, those before it first."""
    block: list[bytes] = []
    size = 0
    try:
        while line := lines.readline():
            block.append(line)
            size += len(line)
            if size >= _BLOCK:
                yield b"".join(block)
                block, size = [], 0
    except Exception:
        if block:
            yield b"".join(block)
        raise
    if block:
        yield b"".join(block)


def _unpacked(opened: BinaryIO, *, is_packed: bool) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=opened)) if is_packed else opened


def _line_number(path: str, offset: int) -> int:
    """Number of the line that begins at a place of a file."""
    newlines, left = 0, offset
    with open_binary(path) as file:
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            newlines += block.count(b"\n")
            left -= len(block)
    return newlines + 1
