#!/usr/bin/env bash
# Style, types, import rules, dependencies, packed patients and the guideline files; no tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy"
"$bin/lint-imports" --no-logo
"$bin/deptry" .
"$bin/python" scripts/pack_stories.py --check
"$bin/spine-cds" check
