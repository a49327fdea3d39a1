"""Mutation test of a random sample: do the tests notice deliberate bugs in assessment/ and evidence/.

Not part of `make test`: it takes an hour or two. Needs mutmut in the environment that runs it:

    python -m venv /tmp/mutants-venv
    /tmp/mutants-venv/bin/pip install -r requirements-dev.lock
    /tmp/mutants-venv/bin/pip install mutmut
    /tmp/mutants-venv/bin/python scripts/mutation_sample.py --seed 20261123 --sample 600 --work /tmp/mutants

Prints the share of killed mutants and every survivor with its change; docs/mutation.md keeps the last run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
_COPIED = (
    "cds_service",
    "tests",
    "fhir_fixtures",
    "docs",
    "README.md",
    "pyproject.toml",
    "scripts",
)
_SETTINGS = """
[tool.mutmut]
source_paths = ["cds_service/assessment/", "cds_service/evidence/"]
also_copy = ["cds_service", "tests", "fhir_fixtures", "docs", "README.md", "scripts"]
do_not_mutate = ["*/model.py"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = ["tests/scenarios/", "tests/evidence/"]
"""
_SECONDS = 300
_TESTS = (
    "tests/scenarios",
    "tests/assessment",
    "tests/evidence",
    "tests/cards",
    "tests/combinations",
    "tests/replay/test_patients.py",
    "tests/replay/test_kept_readings.py",
    "tests/web/test_held_orders.py",
    "tests/web/test_lost_orders.py",
    "tests/web/test_orders_of_every_shape.py",
    "tests/fhir/test_complete.py",
    "tests/terminology/test_vocabulary.py",
    "tests/terminology/test_in_use.py",
)
"""Of the default run those that reach what is mutated; each is run after the tests of the mutant's own package."""


def main() -> int:
    """Run the sample and print what came of it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=20261123)
    options.add_argument("--sample", type=int, default=600)
    options.add_argument("--work", type=Path, required=True, help="empty folder for the copy")
    options.add_argument("--children", type=int, default=2)
    given = options.parse_args()
    work: Path = given.work
    if not (work / "pyproject.toml").exists():
        _copy(work)
        # The mutants of one small module: mutmut writes all mutants and runs these few.
        _mutmut(work, given.children, ["cds_service.assessment.levels*"])
    names = sorted(_results(work))
    chosen = sorted(
        random.Random(given.seed).sample(  # noqa: S311 - a sample, no secret
            names, min(given.sample, len(names))
        )
    )
    print(f"{len(names)} mutants, seed {given.seed}, sample {len(chosen)}", flush=True)
    with ThreadPoolExecutor(given.children) as pool:
        verdicts = dict(
            zip(chosen, pool.map(lambda name: _verdict(work, name), chosen), strict=True)
        )
    counts = Counter(verdicts.values())
    noticed = len(chosen) - counts["survived"]
    print(
        f"{noticed} of {len(chosen)} noticed ({100 * noticed / len(chosen):.1f} %): {dict(counts)}"
    )
    for name, verdict in verdicts.items():
        if verdict == "survived":
            print(f"\n## {name}")
            print(_shown(work, name))
    return 0


def _verdict(work: Path, name: str) -> str:
    """Runs the tests of the mutant's package, then the others, with the mutant switched on."""
    package = name.split(".")[1]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *dict.fromkeys((f"tests/{package}", *_TESTS))],
            cwd=work / "mutants",
            env={**os.environ, "MUTANT_UNDER_TEST": name},
            check=False,
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return "killed" if done.returncode else "survived"


def _copy(work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, work / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, work / name)
    with (work / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS)


def _mutmut(work: Path, children: int, names: list[str]) -> None:
    command = [
        str(Path(sys.executable).with_name("mutmut")),
        "run",
        "--max-children",
        str(children),
    ]
    subprocess.run(
        [*command, *names],
        cwd=work,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _results(work: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for meta in (work / "mutants").rglob("*.meta"):
        found |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def _shown(work: Path, name: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", name]
    shown = subprocess.run(command, cwd=work, check=False, capture_output=True, text=True)
    lines = [
        line
        for line in shown.stdout.splitlines()
        if line[:1] in "+-" and line[:3] not in ("---", "+++")
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
