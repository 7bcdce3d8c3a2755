"""How an answer of this lesson is called: the errors that beginners meet, in plain words."""

from collections.abc import Callable, Mapping
from typing import Any

from posenc.check.engine.verdict import require

WHOLE = (
    "a function of math was given a whole tensor. Use that of torch, such as torch.sin or "
    "torch.pow, or write ** and .sin()"
)
CURES = {  # part of Python's or PyTorch's own words -> what was done, and what to do
    "only one element tensors can be converted": WHOLE,
    "only 0-dimensional tensors can be converted": WHOLE,
    "in argument 0, but got list": "torch.block_diag was given a list. Put a star before it: "
    "torch.block_diag(*blocks)",
}
OF_POSITIONS = {
    "to have the same dtype, but got": "the positions are integers and the frequencies are not, "
    "which @ and einsum refuse. Convert first: pos.float()",
    "out of bounds for dimension 0 with size": "{}. A table of rows ends somewhere, and pos may "
    "hold any position: compute the angles from pos itself",
    "The expanded size of the tensor": "values and the place to which they are written differ in "
    "size, {}. Write to columns, [:, 0::2]; [0::2] selects rows",
    "must match the size of tensor b": "two shapes do not fit, {}. Make a column of the positions: "
    "pos[:, None] * frequencies is (n, dim/2)",
}


def called(
    answer: Callable[..., Any], case: str, *given: Any, cures: Mapping[str, str] = CURES
) -> Any:
    """Return what the answer returns; say in plain words where it is nothing, or an error."""
    try:
        found = answer(*given)
    except Exception as error:
        words = " ".join(str(error).split())
        known = [cure for part, cure in cures.items() if part in words]
        if known:
            error.args = (f"{known[0].format(_sizes(words))}.",)
        raise
    require(
        found is not None,
        "returned-none",
        f"{case} returned None. Did you print the result instead of returning it?",
    )
    return found


def _sizes(words: str) -> str:
    """Return the two sizes that do not fit, or the row that is missing, as the error has them."""
    if "out of bounds" in words:
        return words.replace("dimension 0 with size", "a table of")
    sizes = [part.split(")")[0] for part in words.split("(")[1:3]]
    return " against ".join(sizes)
