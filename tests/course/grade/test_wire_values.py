"""What passes the wire, and a wire that lies."""

import sys
from fractions import Fraction

import numpy as np
import pytest
import torch

from posenc.course.grade.outside import memory, sandbox
from posenc.course.grade.wire.limits import Limits, Meter
from posenc.course.grade.wire.peer import Ended, Peer
from posenc.course.grade.wire.remote import Objects
from posenc.course.grade.wire.values import WireError, pack, unpack


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -2.5, float("inf"), Fraction(2, 3), "Ω", "a\ud800b", 2 + 1j,
        [1, (2, "x")], {"a": [1.5]},
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
    "sizes to and fro": b'{"sizes": [5, -5], "values": {"list": [1, {"list": []}]}}',
    "sizes of more": b'{"sizes": [9], "values": {"list": [1, {"list": []}]}}',
    "a fraction of nothing": b'{"sizes": [], "values": {"list": [{"fraction": [1, 0]}, '
    b'{"list": []}]}}',
    "two of the same bytes": b'{"sizes": [0], "values": {"list": [{"array": "f4", "shape": [0], '
    b'"buffer": 0}, {"array": "f4", "shape": [0], "buffer": -1}]}}',
    "an error that is none": b'{"sizes": [], "error": 1, "values": null}',
}


@pytest.mark.parametrize("lie", LIES)
def test_what_cannot_be_read_is_said_so(lie):
    with pytest.raises(
        WireError, match="cannot be read|do not fill|an array of|those of the|the same"
    ):
        saying(message(LIES[lie])).ask("call", 0, None)


def test_a_message_that_is_too_long_is_not_read():
    with pytest.raises(WireError, match="bytes of texts and lists; at most 2 000 000 are judged"):
        saying(b"\xff" * 8).ask("call", 0, None)


SOME = {"tensor": "bool", "shape": [1], "grad": False, "buffer": 0}
HEAPS = {
    "values": [0] * 60_000,
    "numbers": {**SOME, "shape": [10**9]},
    "numbers of no tensor": {**SOME, "shape": [0, 10**9]},
    "numbers of many": [{**SOME, "shape": [2000]}] * 1000,
    "dims": {**SOME, "shape": [1] * 17},
    "keys": {"set": list(range(1001))},
    "objects": [{"opaque": "x", "text": ""}] * 1001,
}


@pytest.mark.parametrize("heap", HEAPS)
def test_too_much_is_refused_before_it_is_made(heap):
    with pytest.raises(WireError, match="the answer returned .*; at most [0-9 ]+ are judged"):
        Meter(Limits()).look({"sizes": [], "values": HEAPS[heap]})


def test_all_messages_of_an_answer_have_a_limit_and_the_next_answer_its_own():
    meter = Meter(Limits(messages=3, together=2, numbers=10))
    for _ in range(2):
        meter.begin()
        for _ in range(2):
            meter.expect(1, 1)
            meter.look({**SOME, "shape": [9]})
        with pytest.raises(WireError, match="in all its calls tensors of 27 numbers; at most 20"):
            meter.look({**SOME, "shape": [9]})
        meter.expect(1, 1)
        with pytest.raises(WireError, match="4 results and calls back"):
            meter.expect(1, 1)


@pytest.mark.parametrize(
    "large", [[10**6], [float("inf")], [float("nan"), 1e12], [1e12, float("nan")], {"a": -(10**6)}]
)
def test_no_large_number_hides_in_a_call_back(large):
    with pytest.raises(WireError, match="too much at once"):
        Meter(Limits()).call_back(large, 9)


def test_stand_ins_that_are_kept_have_a_limit():
    objects = saying().objects
    objects.limits = Limits(objects=3, numbers=10)
    for _ in range(9):
        objects.hold(0, [torch.zeros(9)])  # the same module again
    with pytest.raises(WireError, match="more than 10 numbers"):
        objects.hold(1, [torch.zeros(1), torch.zeros(1)])
    told = {"name": "f", "signature": None}
    for number in (0, 1, 2, 0):
        objects.made({"function": number, **told}, [])
    with pytest.raises(WireError, match="more than 3 functions"):
        objects.made({"function": 3, **told}, [])
    for _ in range(3):
        objects.described(lambda: None, [])
    with pytest.raises(WireError, match="more than 3 functions"):
        objects.described(lambda: None, [])


@pytest.mark.skipif(sys.platform != "linux", reason="only there can memory be limited")
def test_memory_has_a_limit_and_gets_its_old_one_back():
    with memory.limited(), pytest.raises(RuntimeError, match="allocate"):
        torch.zeros(10**9)
    with memory.limited(), pytest.raises(MemoryError):
        bytearray(10**9)
    with memory.limited():
        torch.ones(10**7)
    torch.empty(10**9)


def test_an_end_that_is_gone_is_said_so():
    with pytest.raises(Ended):
        saying(b"").ask("call", 0, None)


def test_a_submission_that_takes_the_inside_apart_is_noticed():
    class Apart:
        clock = type("NoClock", (), {"start": lambda self, seconds: None})()
        peer = saying(message(b'{"sizes": [], "values": {"list": ["right", {"list": []}]}}'))

    with pytest.raises(WireError, match="apart"):
        sandbox.Sandbox.answer(Apart(), "answer", "nothing", "", 0)
