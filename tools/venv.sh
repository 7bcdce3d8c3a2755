#!/bin/sh
# usage: PYTHON=python3 sh tools/venv.sh .venv
# Makes a virtual environment with pip, or keeps the one that is there.
set -eu
venv=$1
python=${PYTHON:-python3}

die() {
    printf '\n%s\n' "$@" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))'
}

remedy="On Debian and Ubuntu: sudo apt install python3-venv; then run make again."

# Its Python does not start: the making was interrupted, or that Python is gone.
if ! "$venv/bin/python" -c '' 2>/dev/null; then
    "$python" -c '' 2>/dev/null ||
        die "There is no '$python' here. Install Python 3.11 or later," \
            "or name yours: make lab PYTHON=/path/to/python3.12"
    new_enough "$python" ||
        die "posenc needs Python 3.11 or later; '$python' is $("$python" -V 2>&1)." \
            "Name a later one: make lab PYTHON=python3.12"
    echo "Making $venv with $("$python" -V) ..."
    "$python" -m venv --clear "$venv" ||
        die "$("$python" -V) could not make a virtual environment." "$remedy"
fi
new_enough "$venv/bin/python" ||
    die "$venv holds $("$venv/bin/python" -V 2>&1), and posenc needs 3.11 or later." \
        "Remove it (rm -r $venv) and run make again."
"$venv/bin/python" -m pip --version >/dev/null 2>&1 ||
    "$venv/bin/python" -m ensurepip >/dev/null 2>&1 ||
    die "$venv has no pip, and its Python cannot bring it." "$remedy"
