"""What single absolute encodings promise, beyond what all do."""

import math

import torch
from oracle import functional as loops

from contract import equal, refused
from posenc import Dims, build


def p_over_l_recodes_every_earlier_word():
    normalized = build("normalized", Dims(d_model=4, n_heads=1))
    short = normalized.embed(torch.zeros(1, 4, 4), torch.arange(4))
    long = normalized.embed(torch.zeros(1, 5, 4), torch.arange(5))
    assert short[0, :, 0].tolist() == [0, 0.25, 0.5, 0.75]
    assert not torch.isclose(long[0, 1:4, 0], short[0, 1:4, 0]).any()


def p_over_l_takes_l_from_each_row():
    normalized = build("normalized", Dims(d_model=2, n_heads=1))
    pos = torch.tensor([[0, 1], [0, 3]])
    assert normalized.embed(torch.zeros(2, 2, 2), pos)[..., 0].tolist() == [[0, 0.5], [0, 0.75]]


def sinusoidal_keeps_its_base():
    for base in (2.0, 100.0, 1e6):
        encoding = build("sinusoidal", Dims(d_model=8, n_heads=2), base=base)
        found = encoding.embed(torch.zeros(1, 3, 8, dtype=torch.float64), torch.arange(3))
        equal(found[0], [loops.sinusoidal(p, 8, base) for p in range(3)])


def random_codes_are_distinct_fixed_and_of_the_common_length():
    dims = Dims(d_model=64, max_len=50)
    table, twin = build("random", dims).table, build("random", dims).table
    assert torch.equal(table, twin)
    assert not torch.equal(table, build("random", dims, seed=1).table)
    assert torch.cdist(table, table).fill_diagonal_(9).min() > 1
    assert math.isclose(table.norm(dim=1).mean(), 32**0.5, rel_tol=0.05)
    assert not list(build("random", dims).parameters())


def random_codes_leave_the_random_numbers_of_others_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    build("random")
    assert torch.equal(torch.rand(3), expected)


def learned_rows_begin_as_long_as_they_are_told():
    table = build("learned", Dims(d_model=64, max_len=128), std=0.02).table
    assert math.isclose(table.detach().std(), 0.02, rel_tol=0.05)
    assert math.isclose(build("learned").table.detach().norm(dim=1).mean(), 32**0.5, rel_tol=0.05)


def one_hot_has_no_more_rows_than_channels():
    encoding = build("onehot", Dims(d_model=8, n_heads=2, max_len=100))
    assert encoding.embed(torch.zeros(1, 1, 8), torch.tensor([7]))[0, 0, 7] == 2
    with refused(ValueError, "one-hot code of 8 channels holds positions 0 to 7; asked for 8"):
        encoding.embed(torch.zeros(1, 1, 8), torch.tensor([8]))


def binary_repeats_when_its_digits_run_out():
    encoding = build("binary", Dims(d_model=4, n_heads=1))
    code = encoding.embed(torch.zeros(1, 2, 4), torch.tensor([3, 19]))[0]
    assert torch.equal(code[0], code[1])
    far = torch.tensor([2**40])
    wide = build("binary").embed(torch.zeros(1, 1, 64), far)[0, 0]
    assert wide.nonzero().flatten().tolist() == [40]
