"""A run says what it left out, and how to have it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.not_run import left_out

ROOT = Path(__file__).parents[1]
_SKIPPING = ("pytest.mark.skipif", "pytest.skip")
SLOW = "import pytest\n\n@pytest.mark.slow\ndef test_a():\n    pass\n\ndef test_b():\n    pass\n"


def test_each_reason_is_told_once_with_its_count() -> None:
    reasons = [
        "Skipped: no server; run make-server",
        "no npm",
        "Skipped: no server; run make-server",
    ]
    assert list(left_out(reasons, 0)) == ["2 tests: no server; run make-server", "1 test: no npm"]


def test_slow_tests_that_are_not_asked_for_are_told() -> None:
    assert list(left_out([], 3)) == [
        "3 tests marked slow, outside the default run: .venv/bin/pytest -m slow"
    ]


def reasons_to_skip() -> Iterator[tuple[str, str]]:
    """Where tests may be skipped, and what is said then."""
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _SKIPPING:
                (told,) = [word.value for word in node.keywords if word.arg == "reason"]
                if isinstance(told, ast.Name):
                    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                    yield path.name, getattr(import_module(name), told.id)
                else:
                    yield path.name, ast.unparse(told)


def test_every_reason_to_skip_says_what_to_run_or_install() -> None:
    found = list(reasons_to_skip())
    assert found
    assert [each for each in found if not re.search(r"\b(run|install)\b", each[1])] == []


def test_a_default_run_leaves_slow_tests_and_says_so(tmp_path: Path) -> None:
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_one.py").write_text(SLOW, encoding="utf-8")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            ROOT / "pyproject.toml",
            tmp_path / "test_one.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 test marked slow, outside the default run" in run.stdout
    assert "1 passed, 1 deselected" in run.stdout
