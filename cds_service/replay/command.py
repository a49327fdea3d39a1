"""The command `replay`: what is asked on the command line, carried out and told."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct

from cds_service.errors import CaseError, SpineCdsError
from cds_service.history.pseudonyms import load_pseudonyms
from cds_service.knowledge.loader import load_guideline
from cds_service.replay.cases import Day, Unread
from cds_service.replay.details import Details
from cds_service.replay.engine_choice import EngineChoice, choose_engine
from cds_service.replay.front_door import FrontDoor, parse_prefetch
from cds_service.replay.local import Finished, LocalRun, Progress, clear, run_fingerprint
from cds_service.replay.results import details_path, read_details, read_rows
from cds_service.replay.rows import Row
from cds_service.replay.runner import (
    Outcome,
    RunningService,
    RunTally,
    expectation_json,
    outcome_line,
)
from cds_service.replay.session import (
    SMALL,
    Input,
    find_input,
    judge_input,
    judge_input_on_spark,
    rows_in,
    told_run,
    write_lines,
    write_parquet,
)
from cds_service.replay.spark import OnSpark
from cds_service.replay.what_if import WhatIfDay, parse_what_if
from cds_service.settings import Settings

EngineName = Literal["local", "spark"]
Tell = Callable[[str], object]
_MOST_SHOWN: Final = 100
"""Pieces not read that are told one a line; all stand in the details."""
_NAME_LENGTH: Final = 16


class Asked(Struct, frozen=True):
    """The options of the command."""

    paths: tuple[str, ...]
    today: date
    as_of: date | None
    what_if: str | None
    what_if_day: WhatIfDay
    against: str | None
    rate: float | None
    prefetch: tuple[str, ...]
    seed: int
    jsonl: Path | None
    parquet: str | None
    report: Path | None
    engine: EngineName
    processes: int
    work: Path
    resume: bool
    lenient: bool
    with_ids: bool
    update_expected: bool


def run_replay(asked: Asked, settings: Settings, tell: Tell) -> int:
    """Carry out one `replay`; the exit status. Raises SpineCdsError for what cannot be done at all."""
    choice = _choice(asked, settings)
    _refuse_unwritable(asked)
    door = _door(asked)
    found = find_input(asked.paths, choice)
    if asked.engine == "spark":
        return _run_on_spark(asked, found, choice, tell)
    with _folder(asked, found, choice) as folder:
        is_kept = folder.parent == asked.work
        with _progress() as progress:
            run = LocalRun(
                folder=folder,
                processes=asked.processes if is_kept else 1,
                resume=asked.resume and is_kept,
                on_call=lambda outcome: _tell_call(outcome, asked, tell),
                tell=progress,
            )
            finished = judge_input(found, choice, run, door)
        details = told_run(finished, found, choice, "local")
        _write(finished, details, asked)
        if asked.report is not None:
            _write_report(rows_in(finished), details, choice, asked.report)
    if is_kept:
        clear(folder)
    is_different = _tell_late(door, tell)
    return _tell_end(details, asked, tell, is_different=is_different)


def _choice(asked: Asked, settings: Settings) -> EngineChoice:
    otherwise = Day(asked.today, "today") if asked.as_of is None else Day(asked.as_of, "option")
    choice = choose_engine(settings, otherwise)
    kept = (asked.jsonl, asked.parquet, asked.report)
    is_hashed = not asked.with_ids and any(path is not None for path in kept)
    return EngineChoice(
        choice.options,
        choice.profile,
        otherwise,
        terminology=choice.terminology,
        cpt=choice.cpt,
        what_if=parse_what_if(asked.what_if, asked.what_if_day) if asked.what_if else None,
        as_of=asked.as_of,
        key=load_pseudonyms(settings.history_key).key if is_hashed else None,
    )


def _door(asked: Asked) -> FrontDoor | None:
    if asked.against is None:
        if asked.rate is not None or asked.prefetch:
            raise CaseError(
                "--rate and --prefetch are for a running service: name it with --against URL."
            )
        return None
    prefetch = parse_prefetch(asked.prefetch, asked.seed)
    return FrontDoor(RunningService(asked.against), prefetch, asked.rate)


@contextmanager
def _folder(asked: Asked, found: Input, choice: EngineChoice) -> Iterator[Path]:
    """Where the charts are divided: what takes long is kept for --resume, what is small is not."""
    if found.weight <= SMALL and not asked.resume:
        with tempfile.TemporaryDirectory(prefix="spine-cds-replay-") as name:
            yield Path(name) / "run"
        return
    folder = asked.work / run_fingerprint(found.files, choice)[:_NAME_LENGTH]
    try:
        yield folder
    except KeyboardInterrupt:
        raise SpineCdsError(
            f"Stopped. What is done waits in {folder}: go on with --resume."
        ) from None


def _write(finished: Finished | OnSpark, details: Details, asked: Asked) -> None:
    place: str | Path | None = None
    try:
        if asked.jsonl is not None:
            place = asked.jsonl
            write_lines(finished, details, asked.jsonl)
        if asked.parquet is not None:
            place = asked.parquet
            write_parquet(finished, details, asked.parquet)
    except OSError as error:
        raise _unwritable(place, error) from None


def report_of(results: Path, page: Path, settings: Settings, tell: Tell) -> None:
    """Write the report of a run that is over, from its rows and the counts beside them.

    Raises CaseError for what is no result of `replay`.
    """
    from cds_service.replay.report import report_page  # noqa: PLC0415 - as below

    guideline = load_guideline(cpt=settings.cpt)
    details = read_details(results)
    if details is None:
        tell(
            f"{details_path(results)} is not there: what no row can hold is left out of the report."
        )
    made_with = (details or {}).get("run", {}).get("knowledge")
    told_as = f"{guideline.content.id} {guideline.content.version}"
    if made_with not in (None, told_as):
        tell(f"Made with {made_with}; cards and criteria are told in the words of {told_as}.")
    _write_page(page, report_page(read_rows(results), details or {}, guideline))


def _write_report(rows: Iterable[Row], details: Details, choice: EngineChoice, path: Path) -> None:
    from cds_service.replay.report import report_page  # noqa: PLC0415 - only where one is wanted

    _write_page(path, report_page(rows, details, load_guideline(choice.knowledge, cpt=choice.cpt)))


def _write_page(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None


def _refuse_unwritable(asked: Asked) -> None:
    """Tell at the start, not after hours, that a result cannot be written."""
    for path in (asked.jsonl, asked.report):
        if path is None:
            continue
        try:
            path.open("ab").close()
        except OSError as error:
            raise _unwritable(path, error) from None


def _unwritable(path: object, error: OSError) -> SpineCdsError:
    return SpineCdsError(f"{path}: cannot be written ({error.strerror}).")


def _tell_call(outcome: Outcome, asked: Asked, tell: Tell) -> None:
    tell(outcome_line(outcome))
    for difference in outcome.differences:
        tell(f"  DIFFERENT: {difference}")
    expected = outcome.case.expected_file
    if asked.update_expected and expected is not None:
        expected.write_bytes(expectation_json(outcome))


def _tell_late(door: FrontDoor | None, tell: Tell) -> bool:
    """Differences that came after their call, and the times of all; True when there are any."""
    if door is None:
        return False
    for name, difference in door.late():
        tell(f"DIFFERENT: {name}: {difference}")
    for line in door.lines():
        tell(line)
    return door.different > 0


def _tell_end(details: Details, asked: Asked, tell: Tell, *, is_different: bool) -> int:
    """The closing lines, and the exit status."""
    unread = [
        Unread(one["file"], one["why"], one["line"]) for one in details.get("unread_places", ())
    ]
    number = sum(details.get("unread", {}).values())
    for piece in unread[:_MOST_SHOWN]:
        tell(f"NOT READ: {piece.text}")
    if number > _MOST_SHOWN:
        tell(f"NOT READ: {number - _MOST_SHOWN} more, in the details beside --jsonl or --parquet")
    for line in _lines(details, unread, number):
        tell(line)
    differences = details.get("different", {}).get("all", 0)
    if differences or is_different or (number and not asked.lenient):
        return 1
    return 0


def _lines(details: Details, unread: list[Unread], number: int) -> Iterator[str]:
    calls: dict[str, Any] = details.get("calls", {})
    charts: dict[str, int] = details.get("charts", {})
    if calls or not charts:
        yield from _tally(calls).lines()
    if charts:
        yield from _chart_lines(details, charts)
    if number:
        files = sum(not piece.line for piece in unread)
        is_all_files = files == number
        yield f"not read: {_counted(number, 'file' if is_all_files else 'piece')}"
    yield f"rows: {details['run']['rows']}, digest {details['run']['digest']}"


def _tally(calls: dict[str, Any]) -> RunTally:
    return RunTally(
        cases=calls.get("all", 0),
        different=calls.get("different", 0),
        without_cards=calls.get("without_cards", 0),
        errors=Counter({int(status): n for status, n in calls.get("errors", {}).items()}),
        cards=Counter(calls.get("cards", {})),
    )


def _chart_lines(details: Details, charts: dict[str, int]) -> Iterator[str]:
    made = {name: n for name, n in details.get("made_from", {}).items() if name != "call"}
    listed = ", ".join(f"{name} {n}" for name, n in sorted(made.items())) or "none"
    yield (
        f"{_counted(charts['all'], 'chart')}, {charts.get('with_orders', 0)} with orders to judge: {listed}"
    )
    different = sum(len(one["differences"]) > 0 for one in details.get("different_places", ()))
    for place in details.get("different_places", ())[:_MOST_SHOWN]:
        for difference in place["differences"]:
            yield f"DIFFERENT: {place['case']}: {difference}"
    if different:
        yield f"{_counted(details['different']['all'], 'order')} came out otherwise"
    problems = details.get("problems", {})
    if problems:
        told = ", ".join(f"{why} {n}" for why, n in sorted(problems.items()))
        yield f"orders without advice, by what was lacking: {told}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@contextmanager
def _progress() -> Iterator[Callable[[Progress], object]]:
    """A bar with rate and time left on a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    # Only a terminal is taken over by the bar; what is piped stays as it is.
    with Bar(
        *columns,
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,  # which would be a thread
        redirect_stdout=sys.stdout.isatty(),
    ) as bar:
        tasks: dict[str, Any] = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                name = progress.stage.capitalize()
                tasks[progress.stage] = bar.add_task(name, total=progress.total, rate="")
            task = tasks[progress.stage]
            elapsed = bar.tasks[task].elapsed or 0
            rate = (
                f"{progress.charts / elapsed:,.0f} charts/s" if progress.charts and elapsed else ""
            )
            bar.update(task, completed=progress.done, rate=rate, refresh=True)

        yield show


def _run_on_spark(asked: Asked, found: Input, choice: EngineChoice, tell: Tell) -> int:
    if asked.against is not None or asked.resume or asked.update_expected:
        raise CaseError("--against, --resume and --update-expected are for the local engine.")
    finished = judge_input_on_spark(found, choice)
    details = told_run(finished, found, choice, "spark")
    _write(finished, details, asked)
    if asked.report is not None:
        _write_report(rows_in(finished), details, choice, asked.report)
    return _tell_end(details, asked, tell, is_different=False)
