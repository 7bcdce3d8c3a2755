"""What JupyterLab runs under: our defaults, folders that can be written, quick kernels."""

import json
import os
import stat
import tempfile
from pathlib import Path

from posenc._files import write_aside
from posenc.course.learner.work import STATE, VARIABLE, record
from posenc.course.places import KERNEL_ENV

# A course should open on its lessons, also without a network, and show the next morning what
# it showed. These are defaults: what a learner sets in JupyterLab's settings stays above them.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    "@jupyterlab/docmanager-extension:plugin": {
        "defaultViewers": {"markdown": "Markdown Preview"},
    },
    "@jupyterlab/filebrowser-extension:browser": {"showLastModifiedColumn": False},
}
WORKSPACES = "workspaces"
# Where the programs keep what is theirs, and the variable that names another place.
HOMES = {
    "JUPYTER_CONFIG_DIR": ".jupyter",
    "JUPYTER_DATA_DIR": ".local/share/jupyter",
    "IPYTHONDIR": ".ipython",
    "MPLCONFIGDIR": ".config/matplotlib",
    "XDG_CACHE_HOME": ".cache",
}


def environment(work: Path) -> dict[str, str]:
    """The variables for JupyterLab on `work`; the folders that they name are made."""
    state = work / STATE
    runtime(work).mkdir(parents=True, exist_ok=True, mode=0o700)
    env = {
        # At these sizes more threads are slower; who has set a number keeps it.
        **{name: value for name, value in KERNEL_ENV.items() if not name.startswith("POSENC_")},
        **os.environ,
        **_config_path(state),
        **homes(state),
        VARIABLE: str(work),
        "POSENC_RECORD": str(record(work)),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / WORKSPACES),
    }
    if _keeps_secrets(state):
        env["JUPYTER_RUNTIME_DIR"] = str(runtime(work))
    return env


def runtime(work: Path) -> Path:
    """Where a running JupyterLab says that it runs, so that a second one is not started."""
    return work / STATE / "runtime"


def homes(state: Path) -> dict[str, str]:
    """Folders in `state` for what cannot be kept in the home."""
    home = Path(os.path.expanduser("~"))
    lost = [name for name in HOMES if name not in os.environ and not _writable(home / HOMES[name])]
    for name in lost:
        (state / "home" / name.lower()).mkdir(parents=True, exist_ok=True)
    return {name: str(state / "home" / name.lower()) for name in lost}


def _config_path(state: Path) -> dict[str, str]:
    """Write our defaults, and lead JupyterLab there."""
    defaults = state / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir(parents=True, exist_ok=True)
    write_aside(defaults, json.dumps(SETTINGS, indent=1).encode())
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, (str(state), others)))}


def _writable(place: Path) -> bool:
    """Whether a folder can be written, or made where it is not there yet."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def _keeps_secrets(state: Path) -> bool:
    """Whether files here can be hidden from others, which Jupyter asks of its runtime folder."""
    if os.name != "posix":
        return True
    with tempfile.NamedTemporaryFile(dir=state) as file:
        os.chmod(file.name, 0o600)
        return stat.S_IMODE(os.stat(file.name).st_mode) == 0o600
