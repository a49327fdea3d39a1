"""Two guidelines over the same data: both judge everything, and their rows are compared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from cds_service.history.pseudonyms import load_pseudonyms
from cds_service.knowledge.loader import load_guideline
from cds_service.replay.cases import Day
from cds_service.replay.compare import Comparison, compare_results
from cds_service.replay.engine_choice import choose_engine
from cds_service.replay.local import Finished, LocalRun
from cds_service.replay.session import find_input, judge_input, rows_in
from cds_service.settings import Settings


def compare_guidelines(
    folders: tuple[Path, Path],
    data: Iterable[Path],
    settings: Settings,
    otherwise: Day,
    processes: int,
) -> Comparison:
    """Judge the data with the guideline of each folder, and compare order by order.

    `otherwise` is the day of calls that tell none. Raises KnowledgeError for a folder with mistakes, CaseError for data
    that hold nothing.
    """
    paths = tuple(data)
    names = [f"{folder} ({load_guideline(folder).content.version})" for folder in folders]
    with tempfile.TemporaryDirectory(prefix="spine-cds-compare-") as name:
        one, other = (
            _judged(folder, paths, settings, otherwise, LocalRun(Path(name) / number, processes))
            for folder, number in zip(folders, ("one", "other"), strict=True)
        )
        return compare_results((names[0], names[1]), lambda: rows_in(one), lambda: rows_in(other))


def _judged(
    folder: Path, paths: tuple[Path, ...], settings: Settings, otherwise: Day, run: LocalRun
) -> Finished:
    choice = replace(
        choose_engine(settings, otherwise, folder), key=load_pseudonyms(settings.history_key).key
    )
    return judge_input(find_input(paths, choice), choice, run)
