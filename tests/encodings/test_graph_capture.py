"""Every encoding in a graph: compiled whole and exported; with inductor in `make full`."""

import shutil

import contract.capture as promise
import pytest
import torch
from contract import checks, equal
from contract.encodings import TOKENS, model_of

from posenc import ENCODINGS

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",  # of torch's own tracing
    "ignore::FutureWarning",
)


@pytest.mark.parametrize("name", list(ENCODINGS))
@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check, name):
    check(name)


@pytest.mark.full
@pytest.mark.skipif(not shutil.which("c++"), reason="inductor needs a C++ compiler")
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_inductor_gives_the_same_numbers(name):
    torch._dynamo.reset()
    model, pos = model_of(name), torch.arange(7)
    compiled = torch.compile(model, fullgraph=True)
    equal(compiled(TOKENS, pos), model(TOKENS, pos), rtol=1e-9, atol=1e-9)
