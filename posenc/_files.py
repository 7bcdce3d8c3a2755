"""Files that are there whole or not at all."""

import os
from pathlib import Path


def write_aside(path: Path, content: bytes, *, durably: bool = False) -> None:
    """Write next to `path`, then rename: a reader sees the old file or the new one.

    `durably` waits for the disk, so that this holds whenever the machine stops, too.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            file.write(content)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
