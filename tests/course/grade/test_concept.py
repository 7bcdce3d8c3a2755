"""The concept test: its key is measured, its forms are parallel, a class's table is summed up."""

import csv
import re

import pandas as pd
import pytest
import torch
from markdown_it import MarkdownIt
from real import ROOT

import posenc
from posenc import functional
from posenc.analysis import linear_r2
from posenc.course import __main__ as command_line
from posenc.course.grade import concept

FOLDER = ROOT / concept.FOLDER
KEY = concept.read_key(ROOT)
ITEMS = [str(number) for number in range(1, 13)]
F64 = torch.float64
torch.manual_seed(0)


def options(form):
    """{item: {letter: text}}, and the letters in their order."""
    found, item = {}, None
    for token in MarkdownIt().parse((FOLDER / f"{form}.md").read_text(encoding="utf-8")):
        number = re.match(r"\*\*(\d+)\.\*\*", token.content) if token.type == "inline" else None
        option = re.match(r"([abc])\) (.+)", token.content) if token.type == "inline" else None
        if number:
            item = found.setdefault(number[1], {})
        elif option:
            item[option[1]] = option[2]
    return found


FORMS = {form: options(form) for form in concept.FORMS}


@pytest.mark.parametrize("form", concept.FORMS)
def test_a_form_has_twelve_items_with_three_options(form):
    assert list(FORMS[form]) == ITEMS
    assert all(list(found) == ["a", "b", "c"] for found in FORMS[form].values())


@pytest.mark.parametrize("item", ITEMS)
def test_each_option_of_both_forms_is_one_belief_and_names_its_source(item):
    rows = KEY[KEY["item"] == item]
    assert list(rows["belief"]).count(concept.CORRECT) == 1
    assert rows["belief"].nunique() == 3
    for form in concept.FORMS:
        assert set(rows[form]) == {"a", "b", "c"}
    wrong = rows[rows["belief"] != concept.CORRECT]
    assert wrong["source"].notna().all()


def test_neither_form_has_its_key_in_a_pattern():
    right = KEY[KEY["belief"] == concept.CORRECT]
    for form in concept.FORMS:
        assert right[form].value_counts().max() <= 6
    assert (right["A"] != right["B"]).all()


# --- what is true, measured; each returns what the options say, correct, first, second wrong ----


def attend(x, mask=None, layers=1):
    W = torch.randn(3, 8, 8, dtype=F64, generator=torch.Generator().manual_seed(1))
    for _ in range(layers):
        q, k, v = x @ W
        scores = q @ k.T / 8**0.5
        scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
        x = scores.softmax(-1) @ v
    return x


def near(a, b):
    return torch.allclose(a, b, atol=1e-9)


def order_of_rows(form):
    x = torch.randn(9, 8, dtype=F64)
    order = torch.tensor([0, 4, 2, 3, 1, *range(5, 9)]) if form == "B" else torch.randperm(9)
    before, after = attend(x), attend(x[order])
    moved = near(after, before[order]) and not near(after, before)
    return moved, near(after, before), not near(after.sort(0).values, before.sort(0).values)


def order_in_models(_):
    x, order = torch.randn(3, 8, dtype=F64), torch.tensor([2, 1, 0])
    causal = torch.ones(3, 3).tril().bool()
    sees = [not near(attend(x, m, 2).mean(0), attend(x[order], m, 2).mean(0))
            for m in (None, causal)]  # fmt: skip
    return sees == [False, True], sees == [False, False], sees == [True, True]


def index_in_every_channel(form):
    x, p = torch.randn(20, 64, dtype=F64), torch.arange(20, dtype=F64)[:, None]
    norm = torch.nn.LayerNorm(64, dtype=F64, eps=0.0)
    arrives = not near(norm(x + p * (0.01 if form == "B" else 1)), norm(x))
    return not arrives, arrives, arrives


def table(rows, d=512):
    return functional.sinusoidal(torch.arange(rows), d, dtype=F64)


def steps(form):
    if form == "A":
        first, second = table(5000)[[2, 4001]] - table(5000)[[1, 4000]]
        same = near(first.norm(), second.norm())
        return same, not same, bool(second.norm() < 0.9 * first.norm())
    short, long = (t[7] - t[6] for t in (table(60), table(50_000)))
    one = table(60)[2] - table(60)[1]
    same = near(short, long) and near(short.norm(), one.norm())
    return same, bool(long.norm() < 0.9 * short.norm()), not near(short.norm(), one.norm())


def ten_thousand(form):
    rows = table(20_000)
    start, far = (1, 10_001) if form == "A" else (0, 10_000)
    apart, step = (rows[start] - rows[far]).norm(), (rows[start] - rows[start + 1]).norm()
    rivals = (rows[:64] @ rows[10_000:].T).max() < 255.9  # of 256, its own norm squared
    usable = bool(rows.isfinite().all()) and len(rows) > 10_000
    return bool(apart > step) and bool(rivals), bool(apart < 1e-6), not usable


def longest(form):
    d = 512 if form == "A" else 64
    found = float(posenc.wavelengths(d).max())
    said = FORMS[form]["6"][letter("6", form)]
    number = float(said.rpartition("is ")[2].replace(" ", ""))
    whole = 2 * torch.pi * 10_000
    return abs(found - number) < 1, abs(found - whole) < 1, abs(found - 10_000) < 1


def one_channel(form):
    p = torch.arange(20_000, dtype=F64)[:, None]
    wave, ks = ((0.1 * p).sin(), (16, 31)) if form == "A" else ((0.2 * p).cos(), (8, 16))
    first, second = (linear_r2(wave[:-k], wave[k:]) for k in ks)
    return first < 0.01 and second > 0.99, min(first, second) > 0.99, first > second


def halves(_):
    ours, order = table(50, 64), torch.cat([torch.arange(0, 64, 2), torch.arange(1, 64, 2)])
    theirs, W = ours[:, order], torch.randn(64, 64, dtype=F64)
    products = near(ours @ ours.T, theirs @ theirs.T)
    loads, permuted = near(ours @ W, theirs @ W), near(ours @ W.T[:, order.argsort()].T, theirs @ W)
    return products and permuted and not loads, not products, loads


def batch_axis(form):
    b, n, d = (32, 100, 512) if form == "A" else (8, 20, 64)
    pe = table(5000, d)[:, None]
    try:
        added = torch.zeros(b, n, d, dtype=F64) + pe[:b]
    except RuntimeError:
        return False, True, False
    one = near(added, added[:, :1].expand_as(added)) and not near(added[0], added[1])
    return one, False, near(added[0], pe[:n, 0])


def root_of_d(form):
    d = 512 if form == "A" else 128
    embedding = torch.nn.Embedding(1000, d).weight.detach().norm(dim=1).mean() * d**0.5
    times = float(embedding / table(1, d).norm())
    said = re.search(r"about (\d+) times", FORMS[form]["10"][letter("10", form)])[1]
    return abs(times - int(said)) < 0.5, times < 2, abs(times - 1) < 0.1


def concatenated(_):
    e, p, W = (torch.randn(*shape, dtype=F64) for shape in ((5, 16), (5, 16), (32, 16)))
    same = near(torch.cat([e, p], 1) @ W, e @ W[:16] + p @ W[16:])
    return same, not same, not same


def left_padding(form):
    pad, x = 10 if form == "A" else 7, torch.randn(1, 6, 16)
    keeps = {}
    for name in ("sinusoidal", "rope"):
        dims = posenc.Dims(d_model=16, n_heads=2)
        torch.manual_seed(0)
        layer, encoding = posenc.Attention(dims), posenc.build(name, dims)
        mask = torch.ones(6, 6).tril().bool()
        outputs = [layer(encoding.embed(x, torch.arange(6) + shift), encoding,
                         torch.arange(6) + shift, mask=mask)[0] for shift in (0, pad)]  # fmt: skip
        keeps[name] = torch.allclose(*outputs, atol=1e-5)
    found = keeps["rope"], keeps["sinusoidal"]
    return found == (True, False), found == (False, False), found == (True, True)


TRUTH = dict(zip(ITEMS, (
    order_of_rows, order_in_models, index_in_every_channel, steps, ten_thousand, longest,
    one_channel, halves, batch_axis, root_of_d, concatenated, left_padding,
), strict=True))  # fmt: skip


def letter(item, form):
    right = KEY[(KEY["item"] == item) & (KEY["belief"] == concept.CORRECT)]
    return right[form].item()


SAYS = dict(zip(ITEMS, (  # what is measured above, in the words of each form
    ("shuffled like the tokens", "change places, and nothing else"),
    ("only the decoder", "only for the encoder"),
    ("nothing", "nothing"),
    ("equally long", "and the same in both"),
    ("farther apart than those", "No row repeats"),
    ("60 611", "47 117"),
    ("about 0 and about 1", "about 0 and about 1"),
    ("every dot product of two position vectors is the same", "until the weights"),
    ("of a sequence get the same position vector", "all tokens have the same position vector"),
    ("about 32 times", "about 16 times"),
    ("is an addition too", "the numbers are the same"),
    ("with RoPE, but not with", "RoPE, but not"),
), strict=True))  # fmt: skip


@pytest.mark.parametrize("form", concept.FORMS)
@pytest.mark.parametrize("item", ITEMS)
def test_the_key_names_the_option_that_says_what_is_measured(item, form):
    words = SAYS[item][concept.FORMS.index(form)]
    found = [own for own, text in FORMS[form][item].items() if words in text]
    assert found == [letter(item, form)]


@pytest.mark.parametrize("form", concept.FORMS)
@pytest.mark.parametrize("item", ITEMS)
def test_the_keyed_option_is_true_and_the_others_are_not(item, form):
    assert TRUTH[item](form) == (True, False, False)


def test_the_instructors_edition_has_the_key():
    notes = ROOT / "notebooks/src/teaching/01_attention_is_order_blind.md"
    for form in concept.FORMS:
        row = " ".join(f"{item}{letter(item, form)}" for item in ITEMS)
        assert f"form {form}: {row}" in notes.read_text(encoding="utf-8")


# --- a class's table --------------------------------------------------------------------------


def sheet(student, when, form, right):
    """A row with the first `right` items correct and the others as the first wrong belief."""
    wrong = KEY[KEY["belief"] != concept.CORRECT].groupby("item", sort=False).first()
    letters = [letter(i, form) if n < right else wrong.loc[i, form] for n, i in enumerate(ITEMS)]
    return [student, when, form, *letters]


@pytest.fixture
def answers(tmp_path):
    def write(*rows, head=("student", "when", "form", *ITEMS)):
        path = tmp_path / "answers.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
        return path

    return write


def run(path):
    return command_line.main(["concept", str(path)])


CLASS = [
    sheet("s1", "before", "A", 3), sheet("s1", "after", "B", 9),
    sheet("s2", "before", "B", 6), sheet("s2", "after", "A", 12),
    sheet("s3", "before", "A", 12),
]  # fmt: skip


def test_shares_and_gain_are_those_of_the_sheets_whatever_the_form(answers, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert run(answers(*CLASS)) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines()[1:13]}
    assert rows["1"].split()[1:5] == ["100", "%", "100", "%"]
    assert rows["5"].split()[1:6] == ["67", "%", "100", "%", "1.00"]
    assert rows["12"].split()[1:6] == ["33", "%", "50", "%", "0.25"]
    assert rows["12"].endswith("Left padding moves the positions and so breaks RoPE. (1)")
    assert "2 students took both: 38% before, 88% after; normalised gain 0.80" in said


def test_the_interval_holds_the_gain_and_shrinks_with_the_class():
    pairs = pd.DataFrame({"before": [0.25, 0.5, 0.4], "after": [0.75, 1.0, 0.5]})
    few, many = (concept.gain_line(pd.concat([pairs] * times)) for times in (1, 40))
    (low, high), (lower, higher) = (
        map(float, re.search(r"interval (-?[\d.]+) to (-?[\d.]+)", line).groups())
        for line in (few, many)
    )
    assert low < lower < 0.59 < higher < high
    assert "needs two or more" in concept.gain_line(pairs[:1])


def test_an_empty_answer_is_not_correct(answers, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blank = [["s1", when, "A", *[""] * 12] for when in concept.WHEN]
    assert run(answers(*blank)) == 0
    assert "  0 %" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        ([["s1", "later", "A", *"abcabcabcabc"]], None, "row 2, column 'when': 'later'"),
        (
            [["s1", "before", "C", *"abcabcabcabc"]],
            None,
            "column 'form': 'C' is none of ['A', 'B']",
        ),
        ([["s1", "before", "A", *"abcabcdbcabc"]], None, "column '7': 'd'"),
        ([CLASS[0], CLASS[0]], None, "two sheets of 's1' before the course; keep one"),
        ([["s1"]], ("name",), "has no column 'student'"),
    ],
)
def test_a_table_that_is_wrong_is_told_where(answers, monkeypatch, capsys, rows, head, words):
    monkeypatch.chdir(ROOT)
    assert run(answers(*rows, **({"head": head} if head else {}))) == 1
    assert words in capsys.readouterr().err


def test_what_is_no_table_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "x.csv", tmp_path / "not there.csv"):
        assert run(path) == 1
        assert "cannot be read as a table" in capsys.readouterr().err
