"""The local engine: charts divided on disk, judged by several processes, and taken up again where a run was stopped."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from msgspec import Struct

from cds_service.errors import SpineCdsError
from cds_service.replay.cases import Unread
from cds_service.replay.details import Details, merge_details
from cds_service.replay.engine_choice import EngineChoice
from cds_service.replay.judge import Judge, Judged, case_of, count_unread
from cds_service.replay.partition import (
    CALLS,
    SHARED,
    Sorted,
    charts_of,
    joined_types,
    read_groups,
    read_pieces,
    sort_chunk,
)
from cds_service.replay.rows import Row, RowsDigest, row_line
from cds_service.replay.runner import Outcome
from cds_service.replay.shared import SharedResources, keep_shared
from cds_service.replay.sources import CHUNK, Chunk, InputFile, divided

PART: Final = 24 << 20
"""Bytes of charts that are judged at once; they are held in memory."""
OnCall = Callable[[Outcome], object]
_COLLECT_AFTER: Final = (20_000, 20, 50)
_PLAN: Final = "plan.json"
_SHARED: Final = "shared.sqlite"


class Progress(Struct, frozen=True):
    """How far a run is."""

    stage: str
    """reading, judging."""
    done: int
    """Bytes, of `total`."""
    total: int
    charts: int
    """Judged so far."""


class LocalRun(Struct, frozen=True):
    """How a run is carried out; none of it changes what comes out."""

    folder: Path
    """For what is divided and what was judged; made, and removed at the end."""
    processes: int
    resume: bool = False
    chunk: int = CHUNK
    part: int = PART
    judge: Judge | None = None
    """One that is there already, for a run in this process."""
    on_call: OnCall | None = None
    """Told of each saved call that a file holds alone, in a run in this process."""
    tell: Callable[[Progress], object] = lambda _: None


class Finished(Struct):
    """What came of a run, and where its rows wait."""

    digest: RowsDigest
    details: Details
    rows: tuple[Path, ...]
    """Files of rows as lines, in the order of the run."""


class _Plan(Struct):
    fingerprint: str
    parts: int


class _Done(Struct):
    rows: int
    total: str
    details: Details
    charts: int


class _Task(Struct, frozen=True):
    """One part to judge: of the charts, or the calls of one part of the input."""

    name: str
    number: int
    chunk: int | None
    weight: int


def judge_files(files: tuple[InputFile, ...], choice: EngineChoice, run: LocalRun) -> Finished:
    """Judge everything that the files hold.

    Raises SpineCdsError when `resume` finds nothing, or what another run left: other files, options or guideline.
    """
    chunks = tuple(divided(files, run.chunk))
    weight = sum(chunk.weight for chunk in chunks)
    parts = max(weight // run.part + 1, 1)
    _prepare(run, _Plan(run_fingerprint(files, choice, run.chunk, run.part), parts))
    worker = _Worker(choice, run.folder)
    if run.processes == 1:
        worker.known, worker.on_call = run.judge, run.on_call
    with _Pool(run.processes, worker) as pool:
        every = _sort_all(chunks, parts, run, pool)
        shared = any(SHARED in found.slices for found in every)
        if shared and not (run.folder / _SHARED).exists():
            draft = run.folder / f"{_SHARED}.draft"
            keep_shared(draft, read_pieces(run.folder, every, SHARED))
            draft.replace(run.folder / _SHARED)
        types = {name: sorted(kinds) for name, kinds in joined_types(every, files).items()}
        _write_json(run.folder / "types.json", types)
        tasks = tuple(_tasks(every, parts))
        pool.renew()
        done = _judge_all(tasks, run, pool)
    digest, details = RowsDigest(), Details()
    for found in every:
        merge_details(details, found.details)
    for one in done:
        digest.merge(RowsDigest(int(one.total, 16), one.rows))
        merge_details(details, one.details)
    return Finished(digest, details, tuple(run.folder / f"{task.name}.jsonl" for task in tasks))


def clear(folder: Path) -> None:
    """Remove what a finished run left on disk."""
    shutil.rmtree(folder, ignore_errors=True)


def _prepare(run: LocalRun, plan: _Plan) -> None:
    kept = run.folder / _PLAN
    if run.resume:
        try:
            before = msgspec.json.decode(kept.read_bytes(), type=_Plan)
        except (OSError, msgspec.MsgspecError):
            raise SpineCdsError(
                f"{run.folder}: holds no run that was stopped. Start without --resume, or name its folder with --work."
            ) from None
        if before != plan:
            raise SpineCdsError(
                f"{run.folder}: holds a run of other files, options or another guideline. Start without --resume."
            )
        return
    if run.folder.exists() and any(run.folder.iterdir()) and not kept.exists():
        raise SpineCdsError(
            f"{run.folder}: is not empty and holds no run of ours. Name another folder with --work."
        )
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True, mode=0o700)
    _write_json(kept, plan)


def run_fingerprint(
    files: tuple[InputFile, ...], choice: EngineChoice, chunk: int = CHUNK, part: int = PART
) -> str:
    """The same for runs that can take up each other's work."""
    digest = hashlib.sha256(choice.fingerprint.encode())
    for file in files:
        digest.update(repr(file).encode())
    digest.update(repr((chunk, part)).encode())
    return digest.hexdigest()


def _sort_all(chunks: tuple[Chunk, ...], parts: int, run: LocalRun, pool: _Pool) -> list[Sorted]:
    """Every part of the input, sorted; what a stopped run had sorted is not sorted again."""
    every: dict[int, Sorted] = {}
    waiting = []
    for number, chunk in enumerate(chunks):
        found = _read_json(_sorted_file(run.folder, number), Sorted) if run.resume else None
        if found is None:
            waiting.append((chunk.weight, (number, chunk, run.folder, parts)))
        else:
            every[number] = found
    total = sum(chunk.weight for chunk in chunks)
    done = total - sum(weight for weight, _ in waiting)
    run.tell(Progress("reading", done, total, 0))
    being_sorted = pool.each(_sort, waiting)
    pool.prepare()
    for weight, (number, found) in being_sorted:
        every[number] = found
        done += weight
        run.tell(Progress("reading", done, total, 0))
    return [every[number] for number in sorted(every)]


def _sort(number: int, chunk: Chunk, folder: Path, parts: int) -> tuple[int, Sorted]:
    found = sort_chunk(chunk, folder, f"chunk-{number:06}", parts)
    _write_json(_sorted_file(folder, number), found)
    return number, found


def _sorted_file(folder: Path, number: int) -> Path:
    return folder / f"chunk-{number:06}.json"


def _tasks(every: list[Sorted], parts: int) -> Iterator[_Task]:
    for number, found in enumerate(every):
        size = sum(length for _, _, length in found.slices.get(CALLS, ()))
        if size:
            yield _Task(f"calls-{number:06}", CALLS, number, size)
    for part in range(parts):
        slices = (one for found in every for one in found.slices.get(part, ()))
        size = sum(length for _, _, length in slices)
        if size:
            yield _Task(f"charts-{part:06}", part, None, size)


def _judge_all(tasks: tuple[_Task, ...], run: LocalRun, pool: _Pool) -> list[_Done]:
    every: dict[str, _Done] = {}
    waiting = []
    for task in tasks:
        found = _read_json(run.folder / f"{task.name}.json", _Done) if run.resume else None
        if found is None:
            waiting.append((task.weight, (task,)))
        else:
            every[task.name] = found
    total = sum(task.weight for task in tasks)
    done = total - sum(weight for weight, _ in waiting)
    charts = sum(one.charts for one in every.values())
    run.tell(Progress("judging", done, total, charts))
    for weight, (name, found) in pool.each(_judge, waiting):
        every[name] = found
        done += weight
        charts += found.charts
        run.tell(Progress("judging", done, total, charts))
    return [every[task.name] for task in tasks]


def _read_json(path: Path, kind: type[Any]) -> Any | None:
    """What a finished task left; None for one that was not finished."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def _write_json(path: Path, value: object) -> None:
    """Whole or not at all: that the file is there says that the task is done."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(msgspec.json.encode(value))
    draft.replace(path)


# ------------------------------------------------------------------------------- in each process


class _Worker:
    """What one process keeps from task to task."""

    def __init__(self, choice: EngineChoice, folder: Path) -> None:
        self.folder = folder
        self.known: Judge | None = None
        self.on_call: OnCall | None = None
        self._choice = choice
        self._every: list[Sorted] = []
        self._types: dict[str, frozenset[str]] = {}
        self._shared: SharedResources | None = None

    def ready(self) -> Judge:
        """The judge; the first time its guideline is loaded."""
        if self.known is None:
            self.known = Judge(self._choice)
            # The guideline stays as long as the process: to walk through it again and again finds no garbage.
            gc.collect()
            gc.freeze()
        return self.known

    def judge(self, task: _Task) -> _Done:
        """Judge one part, and write its rows."""
        judge = self.ready()
        if self._shared is None:
            sorted_files = sorted(self.folder.glob("chunk-*.json"))
            self._every = [
                msgspec.json.decode(path.read_bytes(), type=Sorted) for path in sorted_files
            ]
            types = msgspec.json.decode(
                (self.folder / "types.json").read_bytes(), type=dict[str, list[str]]
            )
            self._types = {name: frozenset(kinds) for name, kinds in types.items()}
            path = self.folder / _SHARED
            self._shared = SharedResources(path if path.exists() else None)
        draft = self.folder / f"{task.name}.jsonl.draft"
        with draft.open("wb") as file:

            def write(row: Row) -> None:
                file.write(row_line(row) + b"\n")

            if task.chunk is not None:
                judged = self._calls(judge, task.chunk, write)
            else:
                groups = read_groups(self.folder, self._every, task.number)
                judged = judge.charts(charts_of(groups, self._types, self._shared), write)
        draft.replace(draft.with_suffix(""))
        charts = judged.details.get("charts", {}).get("all", 0)
        digest = judged.digest
        return _Done(digest.rows, f"{digest.total:x}", judged.details, charts)

    def _calls(self, judge: Judge, chunk: int, write: Callable[[Row], object]) -> Judged:
        so_far = Judged(RowsDigest(), {})
        for piece in read_pieces(self.folder, [self._every[chunk]], CALLS):
            case = case_of(piece, self._choice)
            if isinstance(case, Unread):
                count_unread(so_far.details, case)
                continue
            outcome = judge.call(case, piece.dataset, so_far, write)
            if self.on_call is not None and piece.path:
                self.on_call(outcome)
        return so_far


_worker: _Worker | None = None


def _begin(worker: _Worker) -> None:
    global _worker  # noqa: PLW0603 - what a process of the pool keeps has no other place
    _worker = worker
    gc.set_threshold(*_COLLECT_AFTER)


def _judge(task: _Task) -> tuple[str, _Done]:
    if _worker is None:
        raise RuntimeError("a task before its process was started")
    done = _worker.judge(task)
    _write_json(_worker.folder / f"{task.name}.json", done)
    return task.name, done


class _Pool:
    """Several processes, or this one alone."""

    def __init__(self, processes: int, worker: _Worker) -> None:
        self._processes = processes
        self._worker = worker
        self._executor: Executor | None = None
        self._is_forked = processes > 1 and _can_fork()
        if processes > 1:
            self._executor = self._started()
        else:
            _begin(worker)

    def _started(self) -> Executor:
        method = "fork" if self._is_forked else "spawn"
        return ProcessPoolExecutor(
            self._processes,
            mp_context=multiprocessing.get_context(method),
            initializer=_begin,
            initargs=(self._worker,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def prepare(self) -> None:
        """Load the guideline while others work, where they can have it from here."""
        if self._is_forked:
            self._worker.ready()

    def renew(self) -> None:
        """Begin anew with processes that have what was prepared; where they cannot, each prepares for itself."""
        if self._is_forked and self._executor is not None:
            self._executor.shutdown()
            self._executor = self._started()

    def each(
        self, function: Callable[..., Any], tasks: Iterable[tuple[int, tuple[Any, ...]]]
    ) -> Iterator[tuple[int, Any]]:
        """(weight, result) of each task as it ends. Other processes begin at once, this one when it is asked."""
        if self._executor is None:
            return ((weight, function(*arguments)) for weight, arguments in tasks)
        running = {
            self._executor.submit(function, *arguments): weight for weight, arguments in tasks
        }
        return ((running.pop(future), future.result()) for future in as_completed(running))


def _can_fork() -> bool:
    """Whether this process has no other thread, whose locks a copy of it might wait for for ever."""
    threads = Path("/proc/self/task")
    return threads.exists() and len(list(threads.iterdir())) == 1


def default_processes() -> int:
    """One for each processor that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
