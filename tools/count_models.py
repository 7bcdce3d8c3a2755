"""How many model folders of transformers do something unusual with positions, and which.

`python -m tools.count_models` reads the source of the transformers that is installed: each
folder's modeling files without comments and docstrings. What is counted is a
folder whose code matches; the patterns below say what that means. A folder may hold a variant of
another one's model, and nothing says how many people run it.
"""

import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# a layer's own switch before the rotation, or layers that are handed no cosines
MIXED = (
    r"self\.use_rope = config|self\.use_rope = .*config"
    r"|if self\.(is_local_attention|sliding_window is not None|sliding_window is None or"
    r" self\.is_sliding)[^\n]*:\s+[^\n]*(\n[^\n]*)?apply_rotary"
    r"|if self\.config\.layer_rope_theta|if theta else None"
    r"|rope_parameters\[layer_type\] is (not )?None"
)
LOOKS = {
    "some attention layers rotate, others do not": MIXED,
    "a sliding window": r"create_\w*sliding_window\w*mask",
    "RoPE settings per layer type": r"rotary\w*\([^()]*layer_type",
    "positions with three axes": r"mrope_section",
    "latent attention (MLA)": r"kv_lora_rank",
    "learned sink logits": r"sinks? = nn\.Parameter|sinks?_\w* = nn\.Parameter",
    "values rotated, and rotated back": r"apply_rotary_pos_emb\([^\n]*, -sin\)",
}


def code_of(folder: Path) -> str:
    """Return the code of a folder's modeling files, without comments and docstrings."""
    text = "\n".join(file.read_text("utf-8") for file in sorted(folder.glob("modeling_*.py")))
    return re.sub(r"#[^\n]*", "", re.sub(r'r?""".*?"""', "", text, flags=re.S))


def count() -> dict[str, list[str]]:
    """Return for each question the folders of the installed transformers that answer yes."""
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        raise ImportError("nothing to count: pip install transformers")
    folders = [f for f in sorted((Path(spec.origin).parent / "models").iterdir()) if f.is_dir()]
    code = {folder.name: code_of(folder) for folder in folders}
    return {
        question: [name for name, text in code.items() if re.search(pattern, text)]
        for question, pattern in LOOKS.items()
    }


if __name__ == "__main__":
    print(f"transformers {version('transformers')}")
    for question, names in count().items():
        print(f"{len(names):3}  {question}: {', '.join(names)}")
