#!/usr/bin/env bash
# Installs one lock and this project into a virtual environment. Used by the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1 lock=$2

"$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "The environment in $venv is of an old Python. Run: make clean" >&2
    exit 1
}
# Modules are compiled when they are first needed, as uv has it: to compile all of them is half of the time.
if command -v uv >/dev/null 2>&1; then
    pip=(uv pip install --quiet --python "$venv/bin/python")
else
    pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile)
fi
"${pip[@]}" --require-hashes -r "$lock"
# The build needs flit-core alone, which the lock brought: nothing unlocked is downloaded.
"${pip[@]}" --no-deps --no-build-isolation --editable .
