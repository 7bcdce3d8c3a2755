"""Files that are there whole or not at all."""

import os
from pathlib import Path


def write_aside(path: Path, content: bytes, *, durably: bool = False) -> None:
    """Write next to `path`, then rename: a reader sees the old file or the new one.

    What a broken run left under the name beside it, a link too, is removed and never followed.
    `durably` waits for the disk, so that this holds whenever the machine stops, too.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.unlink(missing_ok=True)
        with aside.open("xb") as file:  # O_EXCL: neither another's file nor a link's target
            file.write(content)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
