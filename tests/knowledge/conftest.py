"""A copy of the shipped guideline, one text of which is changed."""

import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from cds_service.errors import KnowledgeError
from cds_service.knowledge.loader import load_guideline
from tests.knowledge.parsed import parsed

Edit = Callable[[str, str, str], None]
Mistakes = Callable[[], tuple[str, ...]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with as_file(files("cds_service.knowledge").joinpath("spine_imaging")) as shipped:
        shutil.copytree(shipped, tmp_path / "guideline", copy_function=shutil.copyfile)
    return tmp_path / "guideline"


@pytest.fixture
def edit(root: Path) -> Edit:
    """Changes the first occurrence of a text, which has to be there."""

    def change(file: str, old: str, new: str) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.fixture
def mistakes(root: Path) -> Mistakes:
    """Every mistake in the changed copy; none when it loads."""

    def found() -> tuple[str, ...]:
        try:
            load_guideline(root, parse=parsed)
        except KnowledgeError as error:
            return error.mistakes
        return ()

    return found
