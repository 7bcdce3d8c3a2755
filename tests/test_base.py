"""posenc.base: sizes, the three doors, and the one place to register."""

import pytest
import torch

from posenc import ENCODINGS, Dims, PositionalEncoding, acts_on, build, register


@pytest.fixture(autouse=True)
def registry():
    before = dict(ENCODINGS)
    yield
    ENCODINGS.clear()
    ENCODINGS.update(before)


def cell(**attributes):
    """What running a cell with a class in it does: a new class of the same place and name."""
    return type("Mine", (PositionalEncoding,), {"name": "mine", "label": "mine", **attributes})


def test_dims_know_the_width_of_a_head():
    assert Dims(d_model=48, n_heads=6).d_head == 8
    assert Dims() == Dims(d_model=64, n_heads=4, max_len=128)
    with pytest.raises(AttributeError):
        Dims().d_model = 3


@pytest.mark.parametrize("field", ["d_model", "n_heads", "max_len"])
@pytest.mark.parametrize("value", [0, -4])
def test_sizes_are_positive(field, value):
    with pytest.raises(ValueError, match=f"{field} must be at least 1; got {value}"):
        Dims(**{field: value})


@pytest.mark.parametrize("field", ["d_model", "n_heads", "max_len"])
@pytest.mark.parametrize("value", [8.0, "8", True, None, float("nan"), float("inf")])
def test_sizes_are_integers(field, value):
    with pytest.raises(TypeError, match=f"{field} must be an integer; got {value!r}"):
        Dims(**{field: value})


def test_heads_divide_the_width():
    with pytest.raises(ValueError, match=r"multiple of n_heads.* got d_model=10, n_heads=4"):
        Dims(d_model=10, n_heads=4)


def test_the_class_itself_is_nope():
    nope = PositionalEncoding(Dims())
    x, q, pos = torch.randn(1, 2, 64), torch.randn(1, 4, 2, 16), torch.arange(2)
    assert nope.embed(x, pos) is x
    assert nope.rotate(q, q, pos, pos) == (q, q)
    assert nope.bias(q, q, pos, pos) is None
    assert acts_on(PositionalEncoding) == ()


def test_acts_on_is_read_off_the_class():
    doors = {
        "bias": lambda self, q, k, q_pos, k_pos: None,
        "embed": lambda self, x, pos: x,
    }
    assert acts_on(cell(**doors)) == ("embed", "bias")
    inherited = type("Child", (cell(rotate=lambda self, *a: a[:2]),), {})
    assert acts_on(inherited) == ("rotate",)


def test_registering_is_enough():
    cls = register(cell())
    assert list(ENCODINGS)[-1] == "mine"
    assert ENCODINGS["mine"] is cls
    assert isinstance(build("mine"), cls)


def test_running_the_cell_again_takes_the_new_class():
    register(cell())
    again = register(cell())
    assert ENCODINGS["mine"] is again


def test_a_name_that_another_class_holds_is_refused():
    theirs = ENCODINGS["sinusoidal"]
    with pytest.raises(ValueError, match="'sinusoidal' belongs to Sinusoidal: choose another"):
        register(cell(name="sinusoidal"))
    assert ENCODINGS["sinusoidal"] is theirs


@pytest.mark.parametrize("attribute", ["name", "label"])
def test_name_and_label_are_needed(attribute):
    with pytest.raises(ValueError, match=f"Mine needs its own {attribute}: write {attribute} ="):
        register(cell(**{attribute: ""}))


def test_a_label_is_not_inherited():
    child = type("Child", (ENCODINGS["sinusoidal"],), {"name": "child"})
    with pytest.raises(ValueError, match="Child needs its own label"):
        register(child)


def test_an_unknown_promise_lists_the_known():
    with pytest.raises(ValueError, match=r"\['fast'\]; known promises are \['cache', .*'relative'"):
        register(cell(promises={"fast", "cache"}))
    with pytest.raises(ValueError, match="Mine promises"):  # a string is a set of its letters
        register(cell(promises="relative"))
    register(cell(promises=("relative", "cache")))


@pytest.mark.parametrize("what", [3, dict, PositionalEncoding(Dims())])
def test_only_encodings_are_registered(what):
    with pytest.raises(TypeError, match="subclass of PositionalEncoding; got"):
        register(what)


def test_build_lists_the_known_names():
    with pytest.raises(
        ValueError, match="no encoding is called 'sinus'; registered are: "
    ) as found:
        build("sinus")
    assert all(name in str(found.value) for name in ENCODINGS)


@pytest.mark.parametrize("dims", [64, None, (64, 4, 128)])
def test_build_takes_dims(dims):
    with pytest.raises(TypeError, match=r"dims must be a Dims\(d_model, n_heads, max_len\); got"):
        build("none", dims)


def test_an_error_of_the_class_itself_is_passed_on():
    def broken(self, dims):
        raise TypeError("my own mistake")

    register(cell(__init__=broken))
    with pytest.raises(TypeError, match="^my own mistake$"):
        build("mine")


def test_an_added_code_must_be_written():
    from posenc.encodings.absolute import AddedCode

    class Empty(AddedCode):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty must define code\(pos, dtype\)"):
        Empty(Dims()).embed(torch.zeros(1, 2, 64), torch.arange(2))


def test_the_facade_holds_what_it_names():
    import posenc

    assert len(set(posenc.__all__)) == len(posenc.__all__)
    assert all(hasattr(posenc, name) for name in posenc.__all__)
