#!/usr/bin/env bash
# Every check that this machine allows. What is skipped is listed at the end with what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/lint.sh
# Each file of tests stays with one process; each process takes half a gigabyte.
at_once=(--numprocesses auto --maxprocesses 4 --dist loadfile)
# Under CI nothing is left out, the slow ones included.
if [ "${CI:-}" = true ]; then
    .venv/bin/pytest "${at_once[@]}" -m ""
else
    .venv/bin/pytest "${at_once[@]}"
fi
