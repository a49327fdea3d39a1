"""Who may import whom, and who may read a clock."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cds_service import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted((ROOT / "cds_service").rglob("*.py"))
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
            if name == "fhir" or name.startswith("fhir."):
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
