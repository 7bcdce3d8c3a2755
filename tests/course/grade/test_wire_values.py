"""What passes the wire, and a wire that lies."""

import numpy as np
import pytest
import torch

from posenc.course.grade.outside import sandbox
from posenc.course.grade.wire.peer import Ended, Limits, Peer
from posenc.course.grade.wire.remote import Objects
from posenc.course.grade.wire.values import WireError, pack, unpack


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -2.5, float("inf"), "Ω", "a\ud800b", 2 + 1j, [1, (2, "x")], {"a": [1.5]},
        frozenset({"relative"}), torch.float16, np.bool_(True), np.float32(1.5), np.arange(3.0),
        torch.zeros(0, 3), torch.tensor(True), torch.arange(6).view(2, 3).T,
        torch.tensor([[0.1, -2.0], [3.3, 1.0]]).bfloat16(), torch.tensor([1 + 2j]).conj(),
        torch.ones(()).expand(1, 1),
        torch.zeros(3, requires_grad=True),
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value):
    buffers = []
    back = unpack(pack(value, buffers, None), buffers, None)
    if isinstance(value, torch.Tensor):
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
        assert torch.equal(back, value)
        assert back.requires_grad == value.requires_grad
    elif isinstance(value, np.ndarray):
        np.testing.assert_array_equal(back, value)
    else:
        assert type(back) is type(value)
        assert back == (value if value != "a\ud800b" else "a?b")


def test_a_meta_tensor_has_no_numbers_to_send():
    buffers = []
    back = unpack(pack(torch.zeros(2, 3, device="meta"), buffers, None), buffers, None)
    assert (back.device.type, back.shape, buffers) == ("meta", (2, 3), [])


# --- a wire that lies -----------------------------------------------------------------------


def saying(*raw):
    """Return an end whose other side has said these bytes, and is gone."""
    import os

    source, sink = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    for part in raw:
        os.write(sink, part)
    os.close(sink)
    return Peer(source, nothing, Objects(), Limits())


def message(text, raw=b""):
    return len(text).to_bytes(4, "big") + len(raw).to_bytes(4, "big") + text + raw


LIES = {
    "no JSON": b"ok",
    "no object": b"[]",
    "no values": b'{"sizes": []}',
    "one value": b'{"sizes": [], "values": {"list": [1]}}',
    "nested": b'{"sizes": [], "values": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "unknown kind": b'{"sizes": [], "values": {"list": [{"pickle": "x"}, {"list": []}]}}',
    "a type": b'{"sizes": [], "values": {"list": [{"tensor": "os", "shape": [1]}, {"list": []}]}}',
    "no bytes": b'{"sizes": [], "values": {"list": [{"tensor": "float32", "shape": [9], '
    b'"grad": false, "buffer": 0}, {"list": []}]}}',
    "few bytes": b'{"sizes": [0], "values": {"list": [{"tensor": "float32", "shape": [9], '
    b'"grad": false, "buffer": 0}, {"list": []}]}}',
    "objects": b'{"sizes": [], "values": {"list": [{"array": "|O", "shape": [0], "buffer": 0}, '
    b'{"list": []}]}}',
    "a long number": b'{"sizes": [], "values": ' + b"9" * 9999 + b"}",
    "an argument that is none": b'{"sizes": [], "values": {"list": [1, {"list": [{"list": '
    b"[7, 1]}]}]}}",
    "an error that is none": b'{"sizes": [], "error": 1, "values": null}',
}


@pytest.mark.parametrize("lie", LIES)
def test_what_cannot_be_read_is_said_so(lie):
    with pytest.raises(WireError, match="cannot be read|do not fill|an array of"):
        saying(message(LIES[lie])).ask("call", 0, None)


def test_a_message_that_is_too_long_is_not_read():
    with pytest.raises(WireError, match="more than"):
        saying(b"\xff" * 8).ask("call", 0, None)


def test_an_end_that_is_gone_is_said_so():
    with pytest.raises(Ended):
        saying(b"").ask("call", 0, None)


def test_a_submission_that_takes_the_inside_apart_is_noticed():
    class Apart:
        clock = type("NoClock", (), {"start": lambda self, seconds: None})()
        peer = saying(message(b'{"sizes": [], "values": {"list": ["right", {"list": []}]}}'))

    with pytest.raises(WireError, match="apart"):
        sandbox.Sandbox.answer(Apart(), "answer", "nothing", "", 0)
