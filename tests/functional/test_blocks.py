"""The fast forms give the numbers of the plain ones, with every way of differentiating."""

import pytest
import torch
from torch.func import jvp, vmap

from posenc import functional as F
from posenc.functional import _blocks

ROTATE = {"pairs": F.rotate_pairs, "halves": F.rotate_halves}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, in jvp
every_layout = pytest.mark.parametrize("layout", ROTATE)
DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


@pytest.fixture
def plainly(monkeypatch):
    """What a call gives without blocks."""

    def call(function, *given):
        with monkeypatch.context() as patch:
            patch.setattr(_blocks, "LARGE", 10**12)
            return function(*given)

    return call


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Blocks from ten numbers on, and small ones: the last is not full."""
    monkeypatch.setattr(_blocks, "LARGE", 10)
    monkeypatch.setattr(_blocks, "BLOCK", 100)


def inputs(dtype=torch.float32, b=2, h=3, n=5, dh=8):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(b, h, n, dh, generator=generator).to(dtype)
    return x, F.angles(torch.arange(n), F.inverse_frequencies(dh, dtype=torch.float64))


@every_layout
@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_give_the_plain_numbers(plainly, layout, dtype):
    for x in (inputs(dtype)[0], inputs(dtype)[0].transpose(0, 1), inputs(dtype)[0][..., ::2]):
        theta = F.angles(torch.arange(5), F.inverse_frequencies(x.shape[-1]))
        found, expected = ROTATE[layout](x, theta), plainly(ROTATE[layout], x, theta)
        assert found.dtype == dtype
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
        part = theta[:, :1]
        torch.testing.assert_close(ROTATE[layout](x, part), plainly(ROTATE[layout], x, part),
                                   rtol=1e-6, atol=1e-6)  # fmt: skip


@every_layout
def test_a_single_row_is_a_block(plainly, layout):
    x, theta = inputs(torch.bfloat16, b=1, h=1)
    torch.testing.assert_close(ROTATE[layout](x, theta), plainly(ROTATE[layout], x, theta))


def test_a_sum_without_blocks_keeps_its_type(plainly):
    x = torch.ones(2, 5, 8, dtype=torch.bfloat16)
    assert plainly(_blocks.add_code, x, torch.ones(5, 8)).dtype == torch.bfloat16


@every_layout
def test_gradients_of_first_and_second_order(layout):
    x, theta = inputs(torch.float64)
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: ROTATE[layout](x, theta), x)
    assert torch.autograd.gradgradcheck(lambda x: ROTATE[layout](x, theta), x)


@every_layout
def test_forward_mode_and_many_at_once(plainly, layout):
    x, theta = inputs(torch.float16)
    call = ROTATE[layout]
    _, tangent = jvp(lambda x: call(x, theta), (x,), (x,))
    torch.testing.assert_close(tangent, plainly(call, x, theta))
    many = torch.stack((theta, 2 * theta))  # angles of their own
    for axes, given in [((0, None), (x, theta)), ((1, None), (x, theta)), ((0, 0), (x, many)),
                        ((None, 0), (x, many)), ((1, 0), (x.transpose(0, 1), many))]:  # fmt: skip
        found = vmap(call, in_dims=axes)(*given)
        torch.testing.assert_close(found, plainly(vmap(call, in_dims=axes), *given))


def test_angles_that_want_a_gradient_get_it():
    x, theta = inputs()
    theta.requires_grad_()
    F.rotate_halves(x, theta).sum().backward()
    assert theta.grad is not None


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_code_is_added_and_rounded_once(dtype):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(7, 5, 8, generator=generator).to(dtype).requires_grad_()
    code = 300 * torch.randn(5, 8, generator=generator)
    found = F.add_code(x, code)
    wide = torch.promote_types(dtype, torch.float32)
    assert torch.equal(found, (x.to(wide) + code).to(dtype))
    found.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))


def test_added_codes_in_forward_mode_and_many_at_once():
    x, code = torch.randn(7, 5, 8).half(), torch.randn(5, 8)
    _, tangent = jvp(lambda x: F.add_code(x, code), (x,), (x,))
    assert torch.equal(tangent, x)
    many = torch.stack((code, -code))
    found = vmap(F.add_code, in_dims=(None, 0))(x, many)
    assert torch.equal(found[1], F.add_code(x, -code))
