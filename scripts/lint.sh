#!/usr/bin/env bash
# Style, types, import rules, dependencies and the guideline files; no tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy"
"$bin/lint-imports" --no-logo
"$bin/deptry" .
"$bin/spine-cds" check
