"""Makes `.venv` and installs what one part of the course needs: `python tools/setup.py lab`.

This file runs under any Python, so that one which is too old can say so; the work is
done by `installing.py` beside it.
"""

import sys

# An old Python must be able to read every line of this file, so it uses no newer syntax.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "posenc needs Python 3.11 or later, and "
        + (sys.executable or "this one")
        + " is Python "
        + ".".join(str(part) for part in sys.version_info[:3])
        + ". Install a later one, or name yours: make lab PYTHON=python3.12, "
        + "or without make: python3.12 tools/setup.py lab\n"
    )
    sys.exit(1)

import installing

sys.exit(installing.main(sys.argv[1:]))
