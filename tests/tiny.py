"""A lesson small enough to be built in a test."""

from pathlib import Path

SOURCE = '''\
# %% [markdown]
# # Is two and two four?
#
# **Exercise 1** · difficulty 1 of 5 · 1 minute

# %% tags=["exercise"]
def double(x):
    """4 for 2"""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


print("checked")

# %%
6 * 7

# %%
import base64

from IPython.display import Image

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Image(base64.b64decode(PIXEL))

# %% [markdown]
# ## References
'''


def write(root: Path, text: str = SOURCE, name: str = "01_tiny") -> Path:
    """Put a source where the course looks for it."""
    source = root / "notebooks" / "src" / f"{name}.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    return source
