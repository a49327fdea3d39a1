#!/usr/bin/env bash
# Ends with 1, and says what to run instead, when the Python named first is too old. The second argument is the make target.
python=$1 target=${2:-serve}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

is_new_enough "$python" && exit 0
echo "This project needs Python 3.11 or later; $python is $("$python" --version 2>&1 || echo 'not there')." >&2
for other in python3.14 python3.13 python3.12 python3.11; do
    if is_new_enough "$other"; then
        echo "Run: make $target PYTHON=$other" >&2
        exit 1
    fi
done
echo "No newer one was found on the PATH. Install one, then run: make $target PYTHON=/path/to/python3.12" >&2
exit 1
