"""The right answers of every task in loops."""

ASKED_NOTHING = -100
CLS = 10


def _nothing(n):
    return [ASKED_NOTHING] * n


def _answer_majority(row):
    letters = [token for token in row[1:] if token in (0, 1)]
    assert row[0] == CLS
    assert len(letters) % 2, "an even number of letters can tie"
    assert len(row) - 1 - len(letters) == len(row) % 2, "one filler at the most"
    return [int(letters.count(1) > letters.count(0)), *_nothing(len(row) - 1)]


def _answer_before(row):
    assert row[0] == CLS
    assert sorted(row[1:]) == [0, 1] + [2] * (len(row) - 3)
    return [int(row.index(0) < row.index(1))] * len(row)


def _answer_back(k):
    def answer(row):
        return [row[i - k] if i >= k else ASKED_NOTHING for i in range(len(row))]

    return answer


def _answer_index(row):
    place = row[0] - 10
    assert 1 <= place < len(row)
    return [row[place], *_nothing(len(row) - 1)]


def _answer_reverse(row):
    return [row[len(row) - 1 - i] for i in range(len(row))]


def _answer_ends(row):
    return [row[-1], *_nothing(len(row) - 2), row[0]]


def _answer_modulo(m):
    def answer(row):
        return [i - m * (i // m) for i in range(len(row))]

    return answer


def _answer_sort(row):
    half = len(row) // 2
    right = sorted(row[:half])
    assert row[half] == CLS
    assert row[half + 1 :] == right[: len(row) - half - 1]
    return (_nothing(half) + right + [ASKED_NOTHING])[: len(row)]


# A registered task without a line here fails the tests.
ANSWERS = {
    "majority": _answer_majority,
    "before": _answer_before,
    "back1": _answer_back(1),
    "back3": _answer_back(3),
    "index": _answer_index,
    "reverse": _answer_reverse,
    "ends": _answer_ends,
    "mod2": _answer_modulo(2),
    "mod3": _answer_modulo(3),
    "mod7": _answer_modulo(7),
    "sort": _answer_sort,
}
