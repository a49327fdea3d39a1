#!/usr/bin/env bash
# Makes .venv-fhir: a real FHIR server for tests/fhir/test_real_server.py. It has an environment of its own
# because its dependencies are not ours. Run it again and nothing happens.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-fhir
wanted=sekmet-fhir==0.1.1

if [ "$(cat "$venv/.stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --clear --python "${PYTHON:-python3}" --no-python-downloads "$venv"
    uv pip install --quiet --python "$venv/bin/python" "$wanted"
else
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wanted"
fi
echo '*' >"$venv/.gitignore"
echo "$wanted" >"$venv/.stamp"
