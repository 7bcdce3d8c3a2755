"""Submissions made to fill the teacher's memory, or to keep it busy: on the wire and in files."""

import json
import os
import subprocess
import sys
from typing import NamedTuple

import handed_in
import pytest
from handed_in import RIGHT
from test_grade_attacks import can_wall, function

from posenc.course.grade.outside import walls

pytestmark = [
    pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed"),
    pytest.mark.slow,  # a sandbox for each
]

MEMORY = 500_000_000  # bytes, with Python and torch
SECONDS = 20  # an answer, with the start of a sandbox
MEASURE = """
import json, sys, time
from pathlib import Path
from posenc.course import places
from posenc.course.grade import submissions, tasks
from posenc.course.grade.outside import judge

root = Path(sys.argv[1])
lessons = [tasks.read(source) for source in places.sources(root)]
rows = []
for one in submissions.find(root / "handed_in", lessons):
    begin = time.perf_counter()
    rows += judge.grade(one, lessons, judge.How(False))
    rows[-1]["file took"] = time.perf_counter() - begin
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(json.dumps([rows, int(peak) * 1024]))
"""


class Graded(NamedTuple):
    """What came of a folder: its rows by file and exercise, and the most memory that it took."""

    rows: dict
    peak: int


def grade(root):
    """Grade a folder in a process of its own."""
    env = os.environ | {"PYTHONPATH": str(walls.PACKAGE.parent)}
    words = [sys.executable, "-c", MEASURE, str(root)]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    rows, peak = json.loads(done.stdout)
    return Graded({(row["file"], row["exercise"]): row for row in rows}, peak)


# --- what an answer returns ---------------------------------------------------------------------

# A cell before the attacks: `forge(values, *raw, **head)` makes the next message say so.
FORGE = """
import json
from itertools import count
from posenc.course.grade.wire import peer as wire

class Said:
    loads = staticmethod(json.loads)

    def __init__(self, head):
        self.head = head

    def dumps(self, head):
        return self.head.get("text") or json.dumps({**head, **self.head})

def forge(values, *raw, **head):
    def pack(value, buffers, objects):
        buffers += raw
        return {"list": [{"tuple": [values, None]}, {"list": []}]}
    wire.pack, wire.json = pack, Said(head)

def tensor(*shape, buffer=0, dtype="uint8", **more):
    return {"tensor": dtype, "shape": shape, "grad": False, "buffer": buffer, **more}

def function(number, name="f", signature=None):
    return {"function": number, "name": name, "signature": signature}

def module(number, **parameters):
    kind = {"class": 0, "name": "M", "signature": None, "kind": "module"}
    parts = {"parameters": parameters, "buffers": {}, "tensors": {}}
    pairs = {"dict": [[name, {"dict": [[*pair] for pair in part.items()]}]
                      for name, part in parts.items()]}
    return {"module": number, "of": kind, "training": True, "parts": pairs}
"""
FORGED = {  # name -> the body of `answer(pos, factor)`, and a word of the message
    "sizes_to_and_fro": ("forge(None, b'x' * 10**6, sizes=[10**6, -10**6] * 10**5)", "returned"),
    "sizes_below_zero": ("forge(None, b'x' * 10**6, sizes=[2 * 10**6, -10**6])", "sizes"),
    "sizes_of_nothing": ("forge(None, sizes=[0] * 600_000)", "numbers, texts and lists"),
    "tensors_of_one_buffer": (
        "forge({'list': [tensor(10**6)] * 4000}, b'x' * 10**6)", "tensors of 4 000 000 000 number"),
    "two_of_one_buffer": ("forge({'list': [tensor(9)] * 2}, b'x' * 9)", "two tensors of the same"),
    "meta_of_huge_shape": ("forge(tensor(10**9, 10**9, meta=True))", "tensors of 1 000 000 000 0"),
    "none_of_very_many": ("forge(tensor(0, 10**18), b'')", "tensors of 1 000 000 000 000 000 000"),
    "many_dimensions": ("forge(tensor(*[1] * 999), b'x')", "a tensor of 999 dimensions"),
    "a_number_of_a_million_digits": (
        "forge(0, text='{\"sizes\": [], \"values\": ' + '9' * 10**6 + '}')", "cannot be read"),
    "a_shape_of_many_digits": ("forge(tensor(10**4000), b'')", "tensors of 10 000 000 000 000 00"),
    "no_numbers": ("forge(tensor(float('nan')), b'')", "cannot be read"),
    "nests": ("forge(0, text='[' * 10**6 + ']' * 10**6)", "cannot be read"),
    "empty_lists": ("forge({'list': [{'list': []}] * 120_000})", "numbers, texts and lists"),
    "empty_objects": ("forge(0, text='[' + '{},' * 600_000 + '{}]')", "numbers, texts and lists"),
    "two_million_and_one": ("forge(0, text=' ' * 2_000_001)", "2 000 001 bytes of texts and list"),
    "keys_that_collide": (
        "forge({'set': [k * (2**61 - 1) for k in range(40_000)]})", "a dict or set of 40 000"),
    "pairs_that_collide": (
        "forge({'dict': [[{'complex': [-1000003.0 * k, k]}, 0] for k in range(8000)]})",
        "a dict or set of 8000 items"),
    "functions": ("forge({'list': [function(k) for k in range(9000)]})", "functions, classes and"),
    "names": ("forge({'list': [{'opaque': f'a{k}', 'text': ''} for k in range(9000)]})",
              "functions, classes and modules"),
    "a_long_signature": ("forge(function(1, signature=[['a', 1, True]] * 90_000))", "numbers, te"),
    "a_long_name": ("forge(function(1, name='a' * 1_900_000))", "returned a function"),
    "parameters": (
        "forge(module(1, **{f'a{k}': tensor(1, buffer=k) for k in range(2000)}), "
        "*[b'x'] * 2000)", "a dict or set of 2000 items"),
    "a_text_of_marks": ("forge('\\u0301\\u0323' * 90_000)", "returned str"),
    "an_exception_of_marks": (
        "forge(None, error={'name': 'E', 'kind': 'ValueError', 'bare': False, "
        "'text': '\\u0301\\u0323' * 90_000})", "it raised E"),
    "dtypes": ("forge({'array': 'f4,' * 600_000, 'shape': [], 'buffer': 0}, b'x')", "an array of"),
}  # fmt: skip
HONEST = {  # nothing is forged
    "much_that_is_small": (
        "return [torch.zeros(3, 5_000_000, dtype=torch.uint8)] * 2", "30 000 000 numbers"),
    "one_number_many_times": ("return torch.zeros(1).expand(10**10)", "10 000 000 000 numbers"),
    "one_of_numpy_s": (
        "import numpy; return numpy.broadcast_to(0.5, (10**5, 10**5))", "10 000 000 000 numbers"),
    "hardly_any": (
        "return torch.sparse_coo_tensor(size=(10**9,))", "tensors of 1 000 000 000 numbers"),
    "a_layer": ("return torch.nn.Linear(3000, 3000)", "tensors of 9 003 000 numbers"),
    "a_text": ("return 'x' * 10_000_000", "bytes of texts and lists"),
    "a_long_list": ("return list(range(60_000))", "numbers, texts and lists"),
    "as_many_as_may_be": ("return torch.zeros(1000, 1000, dtype=torch.complex128)", ""),
    "without_end": ("return (torch.zeros(10**5) for _ in count())", ""),
    "in_place": ("pos.data = torch.zeros(10**7); return pos", "tensors of 20 000 000 numbers"),
    "calls_without_end": (
        """
        import gc
        peer = next(x for x in gc.get_objects() if type(x).__name__ == 'Peer')
        while True:
            try: peer.ask('call', 99, None, torch.zeros(10_000))
            except IndexError: pass
        """, "in all its calls tensors of 4 010 000 numbers; at most 4 000 000"),
}  # fmt: skip
ATTACKS = FORGED | HONEST


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A submission with all these attacks, each followed by a correct answer."""
    root = tmp_path_factory.mktemp("attacked")
    return submit(root, ATTACKS)


def submit(root, attacks):
    source = handed_in.course(root, [x for name in attacks for x in (name, f"after_{name}")])
    answers = {name: function(name, attacks[name][0]) for name in attacks}
    answers |= {f"after_{name}": RIGHT.format(f"after_{name}") for name in attacks}
    notebook = handed_in.submission(source, answers)
    notebook.cells[0].source += FORGE
    handed_in.hand_in(root / "handed_in" / "eve", notebook)
    return grade(root)


@pytest.mark.full
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_too_much_gets_no_points_and_its_reason(attacked, attack):
    row = attacked.rows["eve/01_small.ipynb", attack]
    assert row["points"] == 0, row
    assert ATTACKS[attack][1] in row["message"], row
    assert row["seconds"] < SECONDS
    after = attacked.rows["eve/01_small.ipynb", f"after_{attack}"]
    assert (after["verdict"], after["points"]) == ("right", 2), after


@pytest.mark.full
def test_no_answer_fills_the_teacher_s_memory(attacked):
    assert attacked.peak < MEMORY


# --- what is in a file --------------------------------------------------------------------------

MB = 1_000_000
FILES = {  # name -> where, how it begins, what is repeated, how many bytes of it, how it ends, says
    "empty_dicts": ("metadata", b"[", b"{},", 18 * MB, b"0]", None),
    "more_empty_dicts": ("metadata", b"[", b"{},", 99 * MB, b"0]", "cannot be read within"),
    "empty_lists": ("metadata", b"[", b"[],", 99 * MB, b"0]", "cannot be read within"),
    "full_dicts": ("outputs", b"[", b'{"a":{"b":[{}]}},', 99 * MB, b"0]", None),
    "one_text": ("metadata", b'"', b"A", 99 * MB, b'"', None),
    "pictures": ("outputs", b"[", b'{"data":"' + b"A" * MB + b'"},', 31 * MB, b"0]", None),
    "more_pictures": ("outputs", b"[", b'{"data":"' + b"A" * MB + b'"},', 95 * MB, b"0]", None),
    "one_number": ("metadata", b"", b"9", 99 * MB, b"", None),
    "numbers": ("metadata", b"[", b"1e999,NaN,", 99 * MB, b"0]", "cannot be read within"),
    "nests": ("metadata", b"", b"[", 99 * MB, b"", "nested too deeply"),
    "nests_dicts": ("metadata", b"", b'{"a":', 99 * MB, b"", "nested too deeply"),
    "too_large": ("metadata", b'"', b"A", 101 * MB, b'"', "larger than 100 MB: clear its outputs"),
    "breaks_off": ("metadata", b'"', b"A", 50 * MB, None, "the file breaks off"),
    "cells": ("cells", b"", b'{"cell_type":"code"},', 21 * MB, b"", " cells, and at most 10000"),
    "one_cell": ("source", b'"', b"a", 50 * MB, b'"', " characters of code, and at most 4000000"),
    "lines": ("source", b"[", b'"",', 99 * MB, b'""]', "cannot be read within"),
    "an_id": ("id", b'"', b"a", 50 * MB, b'"', "characters of code, and at most"),
    "ids": ("cells", b"", b'{"cell_type":"code","id":"a"},', 200_000, b"", None),
    "brackets": ("source", b'"', b"(", 3_900_000, b'"', None),
    "checks": ("source", b'"', b"check.", 3_900_000, b'a"', None),
    "a_solution": ("source", rb'"# One solution: check.solution(\"', b"a", 3_900_000, b'"', None),
    "blanks": ("source", rb'"# One solution: check.solution(\"a\") runs it', b" ", 3_900_000,
               b'a"', None),
    "an_archive": ("start", b"", b"PK\x03\x04", 99 * MB, b"", "a zip archive"),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder of files of which each is right and holds a heap of something."""
    root = tmp_path_factory.mktemp("filled")
    source = handed_in.course(root, ["first", "second"])
    notebook = handed_in.solved(source)
    handed_in.hand_in(root / "handed_in" / "ada", notebook)
    for name, about in FILES.items():
        path = root / "handed_in" / name / "01_small.ipynb"
        path.parent.mkdir()
        fill(path, json.loads(json.dumps(notebook)), *about[:-1])
    return grade(root)


def fill(path, notebook, where, start, part, size, end):
    """Write the notebook with a heap in a cell of its own, in its metadata, or before all."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "Ω", "outputs": []}
    if where in cell:
        notebook["cells"].append(cell | {where: "@"})
    elif where == "metadata":
        notebook[where] = "@"
    elif where == "cells":
        notebook[where].insert(0, "@")
    text = '"@"' * (where == "start") + json.dumps(notebook, ensure_ascii=False)
    before, after = text.encode().split(b'"@"' + b", " * (where == "cells"))
    with path.open("wb") as file:
        file.write(before + start)
        many = -(-min(MB, size) // len(part))
        file.writelines([part * many] * (size // (many * len(part))))
        file.write(b"" if end is None else end + after)


@pytest.mark.full
@pytest.mark.parametrize("name", FILES)
def test_a_heap_in_a_file_is_left_out_or_named(filled, name):
    *_, says = FILES[name]
    rows = [filled.rows[f"{name}/01_small.ipynb", exercise] for exercise in ("first", "second")]
    if says is None:
        assert [row["points"] for row in rows] == [2, 2], rows
    else:
        assert [row["verdict"] for row in rows] == ["unreadable"] * 2
        assert says in rows[0]["message"]
    assert rows[-1]["file took"] < 2 * SECONDS


@pytest.mark.full
def test_no_file_fills_the_teacher_s_memory_or_costs_another_its_points(filled):
    assert filled.peak < MEMORY
    assert [row["points"] for (file, _), row in filled.rows.items() if "ada/" in file] == [2, 2]
