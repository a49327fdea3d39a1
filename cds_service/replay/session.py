"""One run of `replay` from start to end: what the paths hold is judged, and the results are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace as replaced
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cds_service.errors import CaseError
from cds_service.replay.cases import STORY, SavedCase, Unread, find_cases
from cds_service.replay.details import Details, merge_details
from cds_service.replay.engine_choice import EngineChoice
from cds_service.replay.front_door import FrontDoor
from cds_service.replay.judge import Judge, Judged, count_unread
from cds_service.replay.local import Finished, LocalRun, OnCall, judge_files
from cds_service.replay.parquet import RowsFile
from cds_service.replay.places import is_url
from cds_service.replay.results import details_path, read_rows
from cds_service.replay.rows import Row, RowsDigest, row_line
from cds_service.replay.sources import InputFile, divided, find_files
from cds_service.replay.spark import OnSpark, judge_on_spark, start_spark

SMALL: Final = 64 << 20
"""Bytes of input below which one process is quicker than several, and nothing has to be taken up again."""
_STORIES: Final = "stories.jsonl"
_PART: Final = "part-00000.parquet"


class Input(Struct, frozen=True):
    """Everything below the paths."""

    paths: tuple[str, ...]
    files: tuple[InputFile, ...]
    stories: tuple[SavedCase | Unread, ...]

    @property
    def weight(self) -> int:
        """About how many bytes there are to read."""
        return sum(chunk.weight for chunk in divided(self.files))


def find_input(paths: Iterable[str | Path], choice: EngineChoice) -> Input:
    """Files and stories below paths and URLs.

    Raises CaseError for a path that is not there, or holds nothing: a run of nothing would look like a good one.
    """
    every = tuple(map(str, paths))
    stories: list[SavedCase | Unread] = []
    for path in every:
        found = () if is_url(path) else tuple(_stories(Path(path), choice))
        if not found and not find_files((path,)):
            raise CaseError(
                f"{path}: holds no hook call and no FHIR resource. Name JSON, NDJSON or Parquet files, a patient's "
                "story, or a folder of them."
            )
        stories += found
    return Input(every, find_files(every), tuple(stories))


def judge_input(
    found: Input, choice: EngineChoice, run: LocalRun, door: FrontDoor | None = None
) -> Finished:
    """Judge everything: stories in this process, in their order, then the files.

    With a `door` each case is asked there too, and all is done by this process.
    """
    is_alone = run.processes == 1 or door is not None
    judge = run.judge
    if judge is None and (found.stories or is_alone):
        judge = Judge(choice, door)
    if is_alone:
        run = replace(run, processes=1, judge=judge)
    finished = judge_files(found.files, choice, run)
    if judge is not None and found.stories:
        told = _judge_stories(found.stories, judge, run)
        told.digest.merge(finished.digest)
        merge_details(told.details, finished.details)
        finished = Finished(told.digest, told.details, (run.folder / _STORIES, *finished.rows))
    details = finished.details
    details.setdefault("sources", {})["files"] = len(found.files)
    return finished


def judge_input_on_spark(found: Input, choice: EngineChoice) -> OnSpark:
    """Judge everything: stories in this process, the files on Spark."""
    spark = start_spark()
    finished = judge_on_spark(spark, found.files, choice)
    if found.stories:
        lines: list[bytes] = []
        judge = Judge(choice)
        told = _judged_stories(found.stories, judge, lines.append, None)
        finished.add(spark, lines, told)
    finished.details.setdefault("sources", {})["files"] = len(found.files)
    return finished


def told_run(
    finished: Finished | OnSpark, found: Input, choice: EngineChoice, engine: str
) -> Details:
    """The details with what the run was; `knowledge` is told by those who judged."""
    what_if = choice.what_if
    run = {
        **finished.details.get("run", {}),
        "engine": engine,
        "digest": finished.digest.text,
        "rows": finished.digest.rows,
        "paths": list(found.paths),
        "with_ids": choice.key is None,
        **({"what_if": what_if.text} if what_if is not None else {}),
    }
    return {"run": run, **{key: one for key, one in finished.details.items() if key != "run"}}


def rows_in(finished: Finished | OnSpark) -> Iterator[Row]:
    """The rows of a finished run, in its order, as long as its folder or its session is there."""
    if isinstance(finished, OnSpark):
        yield from finished.rows()
        return
    for path in finished.rows:
        yield from read_rows(path)


def write_lines(finished: Finished | OnSpark, details: Details, path: Path) -> None:
    """Write the rows as lines of JSON, and the details beside them. Raises OSError."""
    with path.open("wb") as file:
        for row in rows_in(finished):
            file.write(row_line(row) + b"\n")
    _write_details(details, path)


def write_parquet(finished: Finished | OnSpark, details: Details, place: str) -> None:
    """Write the rows as Parquet in a new folder, and the details beside them. Raises OSError.

    Raises CaseError for a folder that holds something else.
    """
    if isinstance(finished, OnSpark):
        finished.write_parquet(place, details)
        return
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    others = [
        item.name
        for item in folder.iterdir()
        if item.name not in (_PART, details_path(folder).name)
    ]
    if others:
        raise CaseError(
            f"{folder}: is not empty ({min(others)}): rows of another run would be mixed with these. Name a new folder."
        )
    with RowsFile(folder / _PART) as file:
        for row in rows_in(finished):
            file.write(row)
    _write_details(details, folder)


def _write_details(details: Details, results: Path) -> None:
    details_path(results).write_bytes(
        msgspec.json.format(msgspec.json.encode(details), indent=1) + b"\n"
    )


def _stories(path: Path, choice: EngineChoice) -> Iterator[SavedCase | Unread]:
    """The calls of patients' stories, which are found by their folders."""
    if path.is_file():
        if (path.parent / STORY).exists():
            yield from find_cases(path, choice.otherwise)
        return
    folders = sorted(item.parent for item in path.rglob(STORY))
    for folder in folders:
        name = folder.relative_to(path)
        try:
            for case in find_cases(folder, choice.otherwise):
                yield replaced(case, name=str(name / case.name))
        except CaseError as error:
            if folder == path:
                raise
            yield Unread(str(name), str(error))


def _judge_stories(stories: Iterable[SavedCase | Unread], judge: Judge, run: LocalRun) -> Judged:
    with (run.folder / _STORIES).open("wb") as file:
        return _judged_stories(stories, judge, lambda line: file.write(line + b"\n"), run.on_call)


def _judged_stories(
    stories: Iterable[SavedCase | Unread],
    judge: Judge,
    write: Callable[[bytes], object],
    on_call: OnCall | None,
) -> Judged:
    so_far = Judged(RowsDigest(), {})
    for case in stories:
        if isinstance(case, Unread):
            count_unread(so_far.details, case)
            continue
        outcome = judge.call(case, "stories", so_far, lambda row: write(row_line(row)))
        if on_call is not None:
            on_call(outcome)
    return so_far
