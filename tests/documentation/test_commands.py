"""Every command that the documentation tells is run, and every answer that it shows is the one that comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation.doing import Reader, differs
from tests.documentation.pages import PAGES, ROOT, Block, blocks
from tests.web.test_running_service import running

FOLLOWED = [page for page in PAGES if page.exists() and any(one.is_done for one in blocks(page))]
NOT_RUN = [
    one for page in PAGES if page.exists() for one in blocks(page) if one.told[0] == "not run"
]
MOST_NOT_RUN = 20


@pytest.fixture(scope="session")
def service(tmp_path_factory) -> Iterator[int]:
    """The port of a service that runs as `make serve` starts it, with the clock of this day."""
    folder: Path = tmp_path_factory.mktemp("service")
    with running(folder, SPINE_CDS_AS_OF="") as (port, _process):
        yield port


@pytest.mark.timeout(600)  # some pages run a dozen commands, each of which starts an interpreter
@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_can_be_followed_from_its_first_line_to_its_last(page, service, tmp_path):
    reader = Reader(tmp_path, service)
    for block in blocks(page):
        if block.is_done:
            reader.do(block)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.exists()], ids=lambda page: page.name
)
def test_what_looks_like_a_command_is_in_a_block_that_is_run(page):
    for block in blocks(page):
        looks_like_one = re.search(
            r"^(spine-cds|curl|make|git|pip|docker) ", block.text, re.MULTILINE
        )
        if looks_like_one and block.told[0] not in ("answer", "file"):
            assert block.language == "sh", block


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.exists()], ids=lambda page: page.name
)
def test_a_link_into_the_playground_names_a_made_up_patient_and_a_call(page):
    for story, call in re.findall(r"#case=([\w-]+)/([\w.-]+)", page.read_text(encoding="utf-8")):
        assert (ROOT / "fhir_fixtures" / "patients" / story / f"{call}.json").is_file()


def test_few_blocks_are_not_run_and_each_says_why():
    assert len(NOT_RUN) <= MOST_NOT_RUN
    assert [str(one) for one in NOT_RUN if len(one.told[1]) < 20] == []


def test_no_comment_above_a_block_is_misspelled():
    words = {one.told[0] for page in PAGES if page.exists() for one in blocks(page)}
    assert words <= {"", "not run", "exit", "answer", "file", "append"}


@pytest.mark.parametrize(
    ("shown", "printed", "is_right"),
    [
        ('{"a": [{"b": 1}]}', '{"a": [{"b": 1, "c": 2}, {}], "d": 3}', True),
        ('{"a": [{"b": 1}]}', '{"a": [{"b": 2}]}', False),
        ('{"a": [{"b": 1}]}', '{"a": []}', False),
        ('{"a": 1}', "{}", False),
    ],
)
def test_an_answer_is_compared_as_far_as_it_is_shown(shown, printed, is_right):
    block = Block(ROOT / "README.md", 1, "json", "answer", shown)
    assert bool(differs(block, printed)) is not is_right


@pytest.mark.parametrize(
    ("shown", "is_right"),
    [
        ("one\ntwo\nthree\n", True),
        ("one\n…\nthree\n", True),
        ("one\n…\n", True),
        ("one\n…\ntwo\n", False),
        ("one\n", False),
    ],
)
def test_lines_may_be_left_out_of_an_answer(shown, is_right):
    block = Block(ROOT / "README.md", 1, "text", "answer", shown)
    assert bool(differs(block, "one\ntwo\nthree\n")) is not is_right
