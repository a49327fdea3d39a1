#!/usr/bin/env bash
# Renews the locks from pyproject.toml: for every platform, with hashes, without index addresses.
# Extra arguments go to uv, for example: scripts/lock.sh --upgrade-package flask
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || command -v .venv/bin/uv) || {
    echo "uv is needed to make locks (not to install them): https://docs.astral.sh/uv/" >&2
    exit 1
}
compile=("$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes
    --no-emit-index-url --no-emit-find-links --no-header "$@")
"${compile[@]}" --extra postgres --extra report --group build --output-file requirements.lock
# The same, and what builds the documentation: `make serve` installs it.
"${compile[@]}" --extra postgres --extra report --group build --group docs --constraints requirements.lock --output-file requirements-docs.lock
# Held to the versions of the first, so that what is tested is what is served.
"${compile[@]}" --extra postgres --extra report --extra parquet --group build --group dev --group docs --constraints requirements.lock --output-file requirements-dev.lock
# What the tests on Spark need beside that.
"${compile[@]}" --extra spark --constraints requirements-dev.lock --output-file requirements-spark.lock
