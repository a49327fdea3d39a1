"""Files on this machine, and in object stores and cluster file systems by their URLs (`s3://`, `gs://`, `abfs://`, `hdfs://`)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import unquote

from cds_service.errors import CaseError, SpineCdsError

_BUFFER: Final = 1 << 20


def is_url(place: str) -> bool:
    """True for what is no path of this machine."""
    return "://" in place


def open_binary(place: str) -> BinaryIO:
    """A file to read from. Raises OSError."""
    if not is_url(place):
        return Path(place).open("rb")
    store, path = _store(place)
    # Arrow's own files read no lines.
    return cast("BinaryIO", io.BufferedReader(store.open_input_file(path), _BUFFER))


def write_binary(place: str, content: bytes) -> None:
    """Write a whole file. Raises OSError."""
    if not is_url(place):
        Path(place).write_bytes(content)
        return
    store, path = _store(place)
    with store.open_output_stream(path) as file:
        file.write(content)


def files_below(url: str) -> Iterator[tuple[str, str, int, str]]:
    """(URL, name below the one given, bytes, what would change with the file) of each file, by name.

    Raises CaseError for a URL that names nothing.
    """
    store, path = _store(url)
    import pyarrow.fs  # noqa: PLC0415 - optional, and there if a store is

    (found,) = store.get_file_info([path])
    if found.type == pyarrow.fs.FileType.NotFound:
        raise CaseError(f"{url}: no such file or folder.")
    root = url[: len(url) - len(path)] if url.endswith(path) else f"{url.partition('://')[0]}://"
    if found.type == pyarrow.fs.FileType.File:
        yield url, found.base_name, found.size, str(found.mtime_ns)
        return
    selector = pyarrow.fs.FileSelector(path, recursive=True)
    for one in sorted(store.get_file_info(selector), key=lambda one: str(one.path)):
        if one.type == pyarrow.fs.FileType.File:
            name = one.path[len(path) :].lstrip("/")
            yield f"{root}{one.path}", name, one.size, str(one.mtime_ns)


def _store(url: str) -> tuple[Any, str]:
    """(file system, path in it) of a URL."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        import pyarrow.fs  # noqa: PLC0415 - optional
    except ImportError:
        raise SpineCdsError(
            f"{url}: URLs need pyarrow, which is not installed: pip install 'spine-imaging-cds[parquet]'."
        ) from None
    try:
        store, path = pyarrow.fs.FileSystem.from_uri(url)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise CaseError(f"{url}: no URL that can be read ({type(error).__name__}).") from error
    return store, unquote(path)
