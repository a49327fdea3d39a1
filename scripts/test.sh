#!/usr/bin/env bash
# Every check that this machine allows. What is skipped is listed at the end with what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/lint.sh
# Under CI nothing is left out, the slow ones included.
if [ "${CI:-}" = true ]; then
    .venv/bin/pytest -m ""
else
    .venv/bin/pytest
fi
