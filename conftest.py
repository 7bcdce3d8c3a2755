"""For every test and every lesson that nbval runs: strict, quiet, one thread."""

import os

import pytest

# Before torch is imported, and inherited by the kernels that nbval starts; the
# same as posenc.course.places.KERNEL_ENV, which the builder uses.
os.environ.update(
    POSENC_STRICT="1",
    POSENC_QUIET="1",
    OMP_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    PYDEVD_DISABLE_FILE_VALIDATION="1",
)

pytest_plugins = ["pytester"]
# It answers to every name, also to those by which pytest asks a module for plugins.
collect_ignore = ["posenc/course/grade/inside/stand_in.py"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    """Fail a lesson's cell that was never run: nbval would let it pass unseen."""
    cell = getattr(item, "cell", None)
    if cell is None or cell.execution_count is not None or not cell.source.strip():
        return
    from nbval.plugin import NbCellError

    raise NbCellError(
        item.cell_num,
        "This cell was stored without having been run; "
        "build the notebook again: python -m posenc.course build",
        cell.source,
    )
