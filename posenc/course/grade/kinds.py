"""What kind of file lies in a folder of submissions: a notebook, another hand-in, or neither."""

import re
from pathlib import Path

# Safari and mail programs add a suffix to a notebook, because to them it is a text.
NOTEBOOK = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)
SUFFIX = re.compile(r"(?:\.ipynb)*(?:\.tar)?\.\w+$", re.IGNORECASE)
# What systems, editors and tools leave behind.
FOLDERS = set(
    "__macosx __pycache__ .ipynb_checkpoints .git .venv .idea .vscode .cache .config .local "
    ".ipython .jupyter .trash .trashes .fseventsd .spotlight-v100 .temporaryitems "
    "$recycle.bin node_modules".split()
) | {"system volume information"}
FILES = {"thumbs.db", "desktop.ini", "icon\r"}
BESIDE = ("._", "~$")  # macOS's and Office's companions of a file
NOBODYS = {"readme", "license", "copying", "makefile"}  # stems
TABLES = set(".csv .tsv .xls .xlsx .ods .db .log .toml .yml .yaml .cfg .ini".split())
IMAGES = set(".png .jpg .jpeg .heic .heif .webp .gif .bmp .tif .tiff .svg".split())
HANDED_IN = IMAGES | set(
    ".py .zip .html .htm .pdf .doc .docx .odt .rtf .pages .txt .md .rst .tex .ppt .pptx .odp "
    ".key .7z .rar .tar .gz .tgz .bz2 .xz .json .crdownload .part .partial .download".split()
)


def is_notebook(path: Path) -> bool:
    """Return whether its name says that it is a notebook."""
    return bool(NOTEBOOK.search(path.name))


def is_image(path: Path) -> bool:
    """Return whether its name says that it is an image."""
    return path.suffix.lower() in IMAGES


def is_litter(path: Path) -> bool:
    """Return whether nobody wrote this file; ``path`` is relative to the submissions."""
    *folders, name = (part.casefold() for part in path.parts)
    hidden = name.startswith(".") and not is_notebook(path)
    beside = name.startswith(BESIDE) or name in FILES
    return hidden or beside or not FOLDERS.isdisjoint([*folders, name])


def is_handed_in(path: Path) -> bool:
    """Return whether a student may have handed in this file, which is not a notebook.

    In a student's folder this is so for every file but a README and its like; beside the
    folders, where a teacher keeps tables, the suffix has to be one of a document, an image, a
    program or an archive.
    """
    if is_litter(path) or path.stem.casefold() in NOBODYS:
        return False
    return len(path.parts) > 1 or path.suffix.lower() in HANDED_IN


def bare(name: str) -> str:
    """Return a file's name without its suffix.

    >>> bare("03_ada.ipynb.txt"), bare("j. doe.tar.gz"), bare("j. doe")
    ('03_ada', 'j. doe', 'j. doe')
    """
    return NOTEBOOK.sub("", name) if NOTEBOOK.search(name) else SUFFIX.sub("", name)
