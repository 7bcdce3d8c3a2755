"""What a cache knows of padded rows, of jumps and of what is taken back."""

import copy

import pytest
import torch
from contract import equal, refused

from posenc import Cache, Dims, Transformer, build

DIMS = Dims(d_model=16, n_heads=2)
TOKENS = torch.tensor([[1, 2, 3, 4], [4, 3, 2, 1]])
CPU = torch.device("cpu")


def model(name="rope", **options):
    torch.manual_seed(0)
    return Transformer(build(name, DIMS), vocab_size=5, n_layers=1, **options).double().eval()


@pytest.mark.parametrize("mask", [torch.ones(2, 1, 2), torch.ones(2, 2).bool()])
def test_a_cache_takes_a_boolean_mask_of_its_own_shape_alone(mask):
    cache = Cache()
    model()(TOKENS[:, :2], cache=cache)
    with refused(ValueError, "boolean of shape (2, 1, 2)"):
        model()(TOKENS[:, 2:], mask=mask, cache=cache)


def padded(*rows):
    return torch.tensor(rows).bool()[:, None]


@torch.no_grad()
def test_how_many_tokens_came_is_counted_without_padding_and_without_what_is_taken_back():
    cache, one = Cache(), model()
    pos = torch.tensor([[0, 0, 1, 2], [0, 1, 2, 3]])
    one(TOKENS, pos, mask=padded([0, 1, 1, 1], [1, 1, 1, 1]), cache=cache)
    assert cache.seen.tolist() == [3, 4]
    assert not cache.seen.is_floating_point()
    cache.crop(2)
    assert cache.seen.tolist() == [1, 2]
    assert cache.following.tolist() == [1, 2]
    one(TOKENS[:, :1], cache=cache)
    assert cache.seen.tolist() == [2, 3]
    assert cache.pos[:, -1].tolist() == [1, 2]


@torch.no_grad()
def test_crop_gives_a_row_without_real_tokens_its_old_place():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    pos = torch.tensor([[9, 9], [9, 4]])
    one(TOKENS[:, :2], pos, mask=padded([0, 0], [0, 1]), cache=cache)
    assert cache.following.tolist() == [4, 5]
    cache.crop(4)
    assert cache.following.tolist() == [4, 4]


@torch.no_grad()
def test_a_row_of_padding_changes_nothing_and_a_jump_is_noticed():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    pos = torch.tensor([[9, 10], [4, 5]])
    one(TOKENS[:, :2], pos, mask=padded([0, 0], [1, 0]), cache=cache)
    assert cache.steady.tolist() == [True, True]
    assert cache.next_positions(1, None, CPU).tolist() == [[4], [5]]
    one(TOKENS[:, :2], torch.tensor([[7, 8], [5, 6]]), mask=padded([1, 0], [1, 1]), cache=cache)
    assert cache.steady.tolist() == [False, True]
    with refused(ValueError, "do not rise by 1: give pos"):
        one(TOKENS[:, :1], cache=cache)


@torch.no_grad()
def test_no_new_token_changes_nothing():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    one(TOKENS[:, :0], cache=cache)
    assert cache.length == 4
    assert cache.next_positions(1, None, CPU).tolist() == [4]


@torch.no_grad()
def test_one_token_after_the_other_counts_on_by_one():
    cache, one = Cache(), model()
    for i in range(4):
        one(TOKENS[:, i : i + 1], cache=cache)
    assert cache.pos.tolist() == [0, 1, 2, 3]
    assert cache.following.tolist() == [4]


@torch.no_grad()
def test_what_bfloat16_cannot_count_comes_next_all_the_same():
    cache = Cache()
    model()(TOKENS[:, :2], torch.tensor([255.0, 256.0]).bfloat16(), cache=cache)
    assert cache.following.tolist() == [257]
    assert cache.steady.tolist() == [True]


@torch.no_grad()
def test_the_first_tokens_of_padded_rows():
    cache, one = Cache(), model()
    one(TOKENS[:, :2], mask=padded([1, 0], [0, 0]), cache=cache)
    assert cache.following.tolist() == [1, 0]
    assert cache.steady.tolist() == [True, True]
    cache = Cache()
    one(TOKENS[:, :2], torch.tensor([[0, 5], [0, 1]]), mask=padded([1, 1], [1, 1]), cache=cache)
    assert cache.steady.tolist() == [False, True]


@torch.no_grad()
def test_one_token_that_jumps_is_noticed():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    one(TOKENS[:, :1], torch.tensor([9]), cache=cache)
    with refused(ValueError, "do not rise by 1: give pos"):
        one(TOKENS[:, :1], cache=cache)


@torch.no_grad()
def test_crop_of_rows_alike_keeps_one_place_for_all():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    cache.crop(1)
    assert cache.following.tolist() == [1]
    assert cache.pos.tolist() == [0]


def test_what_was_put_in_by_hand_is_read_with_its_padding():
    kept = [torch.zeros(2, 2, 3, 8)]
    real = torch.tensor([[False, True, True], [True, True, True]])
    cache = Cache(kept, list(kept), torch.tensor([[0, 0, 1], [0, 1, 2]]), real)
    assert cache.next_positions(1, None, CPU).tolist() == [[2], [3]]
    assert cache.seen.tolist() == [2, 3]
    real[0, 2] = False  # the last real token of the first row is now at place 1
    cache = Cache(kept, list(kept), torch.tensor([[0, 0, 1], [0, 1, 2]]), real)
    assert cache.next_positions(1, None, CPU).tolist() == [[1], [3]]


def test_a_copy_has_tensors_of_its_own():
    assert copy.deepcopy(Cache()).length == 0
    cache = Cache()
    with torch.no_grad():
        model()(TOKENS, cache=cache)
    other = copy.deepcopy(cache)
    cache.keys[0].zero_()
    cache.pos.zero_()
    assert other.keys[0].any()
    assert other.pos.tolist() == [0, 1, 2, 3]


@torch.no_grad()
def test_norms_behind_are_no_reason_to_forget():
    cache, one = Cache(), model(norm="post")
    steps = [one(TOKENS[:, :2], cache=cache), one(TOKENS[:, 2:], cache=cache)]
    equal(torch.cat(steps, 1), one(TOKENS), atol=1e-9)
