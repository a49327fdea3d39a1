"""Who may import whom, and who may read a clock."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from cds_service import __version__
from cds_service.knowledge.anchors import ANCHORS
from cds_service.knowledge.kinds import ForReaders
from cds_service.knowledge.model import Guideline
from cds_service.knowledge.table import Table
from tests.shipped import guideline

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted((ROOT / "cds_service").rglob("*.py"))
OUR_OWN_WORDS_TOO = {
    "appropriate": "a rating",
    "claustrophobia": "a sentence of the detail",
    "conditional": "the MR safety of a device",
    "dialysis": "a risk of contrast",
    "emergency": "an urgency",
    "may-be-appropriate": "a rating",
    "noted": "a level, and a word of the detail",
    "possible": "a level",
    "study": "what a mistake speaks of",
    "unsafe": "the MR safety of a device",
}
"""Names of the guideline that are words of the program as well, and what they mean there."""
FAMILIES = ("basis", "gap", "rating", "risk", "urgency")
"""Words of the detail whose keys are put together from a prefix and what is spoken of."""
CORE = ("advice", "cards", "assessment", "evidence", "knowledge", "cds_hooks", "coding")
CLOCKS = (
    "import datetime\nday = datetime.date.today()\n",
    "from datetime import date\nday = date.today()\n",
    "from datetime import datetime, UTC\nnow = datetime.now(UTC)\n",
    "import time\nnow = time.time()\n",
    "from uuid import uuid4\nname = uuid4()\n",
)


def run(*command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_layers_hold():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("text", CLOCKS)
def test_the_core_may_not_read_a_clock_or_draw_an_id(text):
    result = run(
        "ruff",
        "check",
        "--select",
        "TID251",
        "--stdin-filename",
        "cds_service/evidence/x.py",
        "-",
        text=text,
    )
    assert "TID251" in result.stdout


def test_the_app_may_read_the_clock():
    result = run(
        "ruff",
        "check",
        "--select",
        "TID251",
        "--stdin-filename",
        "cds_service/app.py",
        "-",
        text=CLOCKS[2],
    )
    assert result.returncode == 0


def test_fhir_models_are_those_of_r4b():
    for path in SOURCES:
        for name in imported(path):
            is_ours = path.name != "strict.py"  # what comes in may be R5; what we write is R4B
            if is_ours and (name == "fhir" or name.startswith("fhir.")):
                assert name.startswith("fhir.resources.R4B"), f"{path.name} imports {name}"


def test_the_core_starts_without_web_network_and_database():
    core = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.relative_to(ROOT / "cds_service").parts[0].removesuffix(".py") in CORE
    ]
    unwanted = ("flask", "werkzeug", "requests", "urllib3", "sqlalchemy", "granian", "structlog")
    code = f"import sys, {', '.join(core)}; print([n for n in {unwanted!r} if n in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_only_the_error_tree_inherits_from_our_own_classes():
    own = {
        node.name
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    }
    for path in SOURCES:
        if path.name == "errors.py":
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                # What pydantic and SQLAlchemy need: how strict a file is read, which tables there are.
                assert not (bases & own) - {"Table", "Row"}, f"{path.name}: {node.name}"


def test_the_version_is_said_once_and_the_same():
    assert PROJECT["project"]["version"] == __version__


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_no_addresses(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text


def test_both_locks_agree():
    run_time, development = (
        {line.split()[0] for line in (ROOT / lock).read_text().splitlines() if "==" in line}
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert run_time <= development


def test_every_dependency_is_locked_and_says_what_it_is_for():
    documented = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    locked = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    groups = PROJECT["dependency-groups"]
    for requirement in [*PROJECT["project"]["dependencies"], *groups["build"], *groups["dev"]]:
        name = requirement.partition(">")[0].partition("[")[0]
        assert f"| `{name}` |" in documented
        assert f"\n{name.replace('.', '-')}==" in f"\n{locked}"


def test_every_ignored_rule_says_why():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("ignore = [")
    end = lines.index("[tool.ruff.lint.flake8-builtins]")
    rules = [line for line in lines[start:end] if line.startswith('    "')]
    assert len(rules) > 20
    assert all(" # " in line for line in rules)


def test_no_name_of_the_guideline_stands_in_the_code_as_a_bare_text():
    loaded = guideline()
    wording = loaded.wording
    names = {
        *loaded.citations,
        *loaded.parameters,
        *loaded.value_sets,
        *(group.id for group in loaded.groups),
        *(criterion.id for group in loaded.groups for criterion in group.criterion),
        *(scenario.id for scenario in loaded.combination.scenario),
        *(card.id for card in wording.card),
        *(variant.id for card in wording.card for variant in card.variant),
        *(suggestion.id for suggestion in wording.suggestion),
        *wording.advice,
    }
    assert names > OUR_OWN_WORDS_TOO.keys()
    stray = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value!r} belongs into knowledge/anchors.py"
        for path in SOURCES
        if path.name != "anchors.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and node.value in names - OUR_OWN_WORDS_TOO.keys()
    ]
    assert stray == []


def test_every_name_that_is_a_constant_is_read():
    read = {
        f"{node.value.id}.{node.attr}"
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    for anchors in ANCHORS.values():
        for name in vars(anchors):
            if name.isupper():
                assert f"{anchors.__name__}.{name}" in read


def test_every_key_of_the_guideline_is_read_or_is_for_readers():
    """A key that nothing reads looks like a rule and is none."""
    computing = [path for path in SOURCES if "knowledge" not in path.parts]
    words = {*(ROOT / "cds_service/knowledge/model").glob("*.py"), *computing}
    read = {
        node.attr
        for path in computing
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
    } | {
        node.value
        for path in words
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    unread = {
        f"{table.__name__}.{key}"
        for table in tables_of(Guideline)
        for key, hint in get_type_hints(table, include_extras=True).items()
        if key in table.model_fields and not (read & spellings(key)) and not is_for_readers(hint)
    }
    assert unread == set()


def spellings(key: str) -> set[str]:
    """How the program names a key: as it is, or as the word behind `rating_`, `urgency_`, `gap_`, `risk_`, `basis_`."""
    family, _, word = key.partition("_")
    in_family = {word, word.replace("_", "-")} if family in FAMILIES else set()
    return {key} | in_family


def tables_of(table: type[Table]) -> set[type[Table]]:
    """A table of the guideline and every table inside it."""
    found = {table}
    waiting = [table]
    while waiting:
        for hint in get_type_hints(waiting.pop()).values():
            for inner in types_in(hint):
                if isinstance(inner, type) and issubclass(inner, Table) and inner not in found:
                    found.add(inner)
                    waiting.append(inner)
    return found


def types_in(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from types_in(inner)


def is_for_readers(hint: Any) -> bool:
    return isinstance(hint, ForReaders) or any(
        is_for_readers(inner) for inner in (*get_args(hint), *getattr(hint, "__metadata__", ()))
    )


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
