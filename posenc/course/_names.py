"""The small JupyterLab extension that gives the course's controls their names and keys."""

from pathlib import Path


def labextensions() -> Path:
    """Return the folder for ``--LabApp.extra_labextensions_path``, which comes with the package."""
    return Path(__file__).parent / "labextensions"
