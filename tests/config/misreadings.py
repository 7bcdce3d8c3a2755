"""Ways in which a config is known to be misread, to be planted in the reader one by one."""

from dataclasses import replace

from posenc import config as drawer
from posenc.config import _bases, _families, _kinds, _layers, _rope


def _families_with(monkeypatch, **changes):
    families = {name: replace(family, **changes) for name, family in _families.FAMILIES.items()}
    monkeypatch.setattr(drawer._read, "FAMILIES", families)


def one_table(monkeypatch):
    rotations = _layers._rotations

    def same(settings, types, rotates, heads):
        made = rotations(settings, types, rotates, heads)
        return dict.fromkeys(made, made.get(_kinds.FULL))

    monkeypatch.setattr(_layers, "_rotations", same)


def flags_the_wrong_way_round(monkeypatch):
    rotating = _kinds.rotating
    turned = lambda settings, n: [not turns for turns in rotating(settings, n)]  # noqa: E731
    monkeypatch.setattr(_kinds, "rotating", turned)


def only_the_old_place_of_the_base(monkeypatch):
    old = lambda settings, own, label: settings.config.get("rope_theta") or 10_000.0  # noqa: E731
    monkeypatch.setattr(_bases, "_base", old)


def other_layout(monkeypatch):
    other = {"halves": "interleaved", "interleaved": "halves"}
    families = {
        name: replace(family, layout=other[family.layout])
        for name, family in _families.FAMILIES.items()
    }
    monkeypatch.setattr(drawer._read, "FAMILIES", families)


def no_mscale(monkeypatch):
    monkeypatch.setattr(_rope, "mscale", lambda factor, amount: 1.0)


def window_with_one_more(monkeypatch):
    window = _layers._window
    monkeypatch.setattr(_layers, "_window", lambda s, name: (size := window(s, name)) and size + 1)


def chunk_with_one_more(monkeypatch):
    chunk = _layers._chunk
    monkeypatch.setattr(_layers, "_chunk", lambda s, name: (size := chunk(s, name)) and size + 1)


def first_channels(monkeypatch):
    _families_with(monkeypatch, rotates_last=False)


def all_layers_rotate(monkeypatch):
    _families_with(monkeypatch, nope="")


def no_sinks(monkeypatch):
    _families_with(monkeypatch, sink=False)
