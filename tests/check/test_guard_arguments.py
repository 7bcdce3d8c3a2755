"""What is handed to an answer must come back as it was, however it was handed over."""

import pytest
import torch

from posenc.check.engine.guard import asked
from posenc.check.engine.mistake import Mistake


def careless(x, y=None, *, z=None):
    """Changes whichever it is given last."""
    last = next(part for part in (z, y, x) if part is not None)
    last += 1
    return last.clone()


@pytest.mark.parametrize("names", [("x",), ("y",), ("z",), ()])
def test_a_changed_argument_is_noticed_by_keyword_too(names):
    x = torch.zeros(3)
    given = {name: torch.zeros(3) for name in names}
    positional = () if "x" in names else (x,)
    with pytest.raises(Mistake, match="The function changed the tensor that it was given"):
        asked(careless)(*positional, **given)


@pytest.mark.parametrize("change", [lambda x: x.mul_(2), lambda x: x.resize_(2), torch.Tensor.t_])
def test_every_kind_of_change_is_noticed_by_keyword(change):
    def answer(*, x):
        change(x)
        return torch.zeros(1)

    with pytest.raises(Mistake, match="The function changed the tensor"):
        asked(answer)(x=torch.arange(1.0, 7).reshape(2, 3))


def test_an_answer_that_leaves_its_arguments_alone_is_right():
    x, y = torch.arange(3.0), torch.tensor([float("nan"), 1.0, 2.0])
    assert torch.equal(asked(lambda x, *, y: x + 1)(x, y=y), x + 1)
