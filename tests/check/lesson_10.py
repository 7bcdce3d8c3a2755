"""Answers to the exercises of notebook 10, right and wrong."""

import math

import grids_10
import prompts_10
import torch
import torch.nn.functional as F


def grid(h, w):
    return torch.cartesian_prod(torch.arange(h), torch.arange(w))


def resize(table, old, new, mode="bilinear", **options):
    field = table.T.reshape(1, -1, *old)
    return F.interpolate(field, size=new, mode=mode, **options)[0].flatten(1).T


def rows_alone(table, old, new):
    """The columns are cut or repeated, not interpolated."""
    field = table.T.reshape(1, -1, *old)
    field = F.interpolate(field, size=(new[0], old[1]), mode="bilinear")
    return field[..., torch.arange(new[1]) % old[1]][0].flatten(1).T


def class_row_kept(table, old, new):
    out = resize(table, old, new).clone()
    out[0] = table[0]
    return out


def waves(x, b, turn=2 * math.pi):
    return turn * x @ b.T


def both(phases):
    return torch.cat((phases.sin(), phases.cos()), dim=-1)


def features(x, b):
    return both(waves(x, b))


RIGHT = {
    "grid_positions": grid,
    "resized_table": resize,
    "fourier_features": features,
    "prompt_positions": prompts_10.laid_out,
}
WRONG = {
    "grid_positions": {
        "one-place": lambda h, w: grid(h, w).clamp(max=5),
        "not-a-tensor": lambda h, w: grid(h, w).tolist(),
        "raises": lambda h, w: grid(h, w)[h * w],
    },
    "resized_table": {
        "ones": lambda t, o, n: -resize(t, o, n),
        "raises": lambda t, o, n: t.reshape(3, 3, 3),
    },
    "fourier_features": {"raises": lambda x, b: x @ b[:, :0]},
    "prompt_positions": {"raises": lambda parts: prompts_10.laid_out(parts[0])},
}

INVENTED = {
    "grid_positions": {
        "one patch on": ("order", lambda h, w: grid(h, w).roll(1, 0)),
        "middles of the patches": ("not-whole", lambda h, w: grid(h, w) + 0.5),
        "rows of coordinates": ("shape", lambda h, w: grid(h, w).T),
        "in two axes": ("shape", lambda h, w: grid(h, w).reshape(h, w, 2)),
        "the numbers": ("shape", lambda h, w: torch.arange(h * w)),
        "the number twice": ("outside", lambda h, w: torch.arange(h * w)[:, None].expand(-1, 2)),
        "row and number": ("outside",
            lambda h, w: torch.stack((torch.arange(h * w) // w, torch.arange(h * w)), dim=-1)),
        "the width less one": ("width-less-one",
            lambda h, w: torch.stack((torch.arange(h * w) // (w - 1),
                torch.arange(h * w) % (w - 1)), dim=-1)),
        "with a class token": ("shape", lambda h, w: F.pad(grid(h, w) + 1, (0, 0, 1, 0))),
        "diagonals": ("outside",
            lambda h, w: torch.stack((grid(h, w).sum(1), grid(h, w)[:, 1]), dim=-1)),
        "the corners": ("shape", lambda h, w: torch.tensor([[0, 0], [h - 1, w - 1]])),
    },
    "resized_table": {
        "rows alone": ("columns", rows_alone),
        "first row kept": ("rows", class_row_kept),
        "the mean": ("rows", lambda t, o, n: t.mean(0).expand(n[0] * n[1], -1)),
        "filled with zeros": ("ones",
            lambda t, o, n: F.pad(t, (0, 0, 0, n[0] * n[1]))[: n[0] * n[1]]),
        "not moved": ("shape", lambda t, o, n: t),
        "on the grid": ("shape", lambda t, o, n: resize(t, o, n).unflatten(0, n)),
        "channels first": ("shape", lambda t, o, n: resize(t, o, n).T),
        "scaled by the sizes": ("ones",
            lambda t, o, n: resize(t, o, n) * (o[0] * o[1]) / (n[0] * n[1])),
        "upside down": ("upside-down", lambda t, o, n: resize(t.flip(0), o, n)),
        "a square assumed": ("rows",
            lambda t, o, n: resize(t[: math.isqrt(len(t)) ** 2], [math.isqrt(len(t))] * 2, n)),
        "square out": ("shape", lambda t, o, n: resize(t, o, (n[0], n[0]))),
        "channels smeared": ("mixes-channels",
            lambda t, o, n: F.interpolate(t.reshape(1, 1, *o, -1), size=(*n, t.shape[1]),
                mode="trilinear")[0, 0].flatten(0, 1).roll(1, 1)),
    },
    "fourier_features": {
        "sines alone": ("shape", lambda x, b: waves(x, b).sin()),
        "sine and its square": ("pairs",
            lambda x, b: torch.cat((waves(x, b).sin(), waves(x, b).sin() ** 2), -1)),
        "each coordinate for itself": ("out-of-range",
            lambda x, b: both(2 * math.pi * (x[:, None] * b)).sum(1)
                .repeat(1, 2 * len(b))[:, : 2 * len(b)]),
        "with the coordinates": ("shape", lambda x, b: torch.cat((x, both(waves(x, b))), -1)),
        "powers of two": ("raises",
            lambda x, b: both(waves(x, 2.0 ** torch.arange(len(b))[:, None].expand_as(b)))),
        "the first coordinate": ("first-coordinate", lambda x, b: both(waves(x[:, :1], b[:, :1]))),
        "cosines without 2π": ("cosines-without-two-pi",
            lambda x, b: torch.cat((waves(x, b).sin(), waves(x, b, 1).cos()), -1)),
        "divided by the root of m": ("divided-by-root-m",
            lambda x, b: both(waves(x, b)) / len(b) ** 0.5),
        "wraps the coordinates": ("wrapped-coordinates", lambda x, b: both(waves(x % 1, b))),
        "absolute frequencies": ("absolute-frequencies", lambda x, b: both(waves(x, b.abs()))),
        "distance from the origin": ("lengths",
            lambda x, b: both(2 * math.pi * x.norm(dim=-1, keepdim=True) * b.norm(dim=-1))),
        "half precision": ("rounded", lambda x, b: both(waves(x.bfloat16(), b.bfloat16()))),
        "rounded coordinates": ("coordinate", lambda x, b: both(waves(x.round(), b))),
        "coordinates turned round": ("reversed-coordinates",
            lambda x, b: both(waves(x.flip(-1), b))),
        "one frequency for all": ("one-frequency", lambda x, b: both(waves(x, b[:1].expand_as(b)))),
        "from the middle": ("depends-on-others", lambda x, b: both(waves(x - x.mean(0), b))),
        "from minus one to one": ("scaled-coordinates", lambda x, b: both(waves(2 * x - 1, b))),
    },
}  # fmt: skip
FORMS = grids_10.FORMS | {"prompt_positions": prompts_10.PROMPTS}
SAID = {}
for name, told in (grids_10.TOLD | {"prompt_positions": prompts_10.PROMPTS_TOLD}).items():
    INVENTED.setdefault(name, {})
    INVENTED[name] |= {label: (slug, f) for label, (slug, _, f) in told.items()}
    SAID[name] = [(words, f) for _, words, f in told.values()]
