"""Planted in posenc.tasks, posenc.text, posenc.analysis and posenc.study."""

# A mutant on one line is easier to compare than a mutant on six.
# ruff: noqa: E501

from planting import Mutant


def _task(slug, function, old, new):
    return Mutant(slug, "tasks", function, old, new)


def _analysis(slug, function, old, new):
    return Mutant(slug, "analysis", function, old, new)


TASKS = [
    _task("back-is-ahead", "_back.<locals>.sample", "targets[:, k:] = tokens[:, :-k]",
          "targets[:, :-k] = tokens[:, k:]"),
    _task("back-by-one-more", "_back.<locals>.sample", "targets[:, k:] = tokens[:, :-k]",
          "targets[:, k + 1 :] = tokens[:, : -k - 1]"),
    _task("back-wraps", "_back.<locals>.sample", "targets[:, k:] = tokens[:, :-k]",
          "targets = tokens.roll(k, 1)"),
    _task("before-is-after", "_before", "places[:, :1] < places", "places[:, :1] > places"),
    _task("before-asked-once", "_before", "answer.repeat(1, n)",
          "torch.cat((answer, _nothing(tokens)[:, 1:]), 1)"),
    _task("before-over-the-mark", "_before", "1 + torch.rand(b, n - 1,", "torch.rand(b, n - 1,"),
    _task("before-never-last", "_before", "torch.rand(b, n - 1,", "torch.rand(b, n - 2,"),
    _task("majority-of-a", "_majority", "2 * letters.sum(1) > ", "2 * letters.sum(1) < "),
    _task("majority-counts-the-mark", "_majority", "tokens[:, 1 : n", "tokens[:, 0 : n"),
    _task("majority-ties", "_majority", "if n % 2:", "if False:"),
    _task("index-off-by-one", "_index", "tokens.gather(1, place)", "tokens.gather(1, place - 1)"),
    _task("index-never-last", "_index", "torch.randint(1, n, ", "torch.randint(1, n - 1, "),
    _task("index-named-before-read", "_index", "SYMBOLS + place", "SYMBOLS + place - 1"),
    _task("reverse-rolled", "_reverse", "tokens.flip(1)", "tokens.flip(1).roll(1, 1)"),
    _task("reverse-of-the-batch", "_reverse", "tokens.flip(1)", "tokens.flip(0)"),
    _task("ends-stay", "_ends", "tokens[:, -1], tokens[:, 0]", "tokens[:, 0], tokens[:, -1]"),
    _task("modulo-from-one", "_modulo.<locals>.sample", "torch.arange(n) % m", "(torch.arange(n) + 1) % m"),
    _task("sort-downwards", "_sort", "prompt.sort(1)", "prompt.sort(1, descending=True)"),
    _task("sort-late-by-one", "_sort", "targets[:, n // 2 : -1] = answer", "targets[:, n // 2 + 1 :] = answer"),
    _task("sort-drops-odd", "_sort", "tokens[:, :n], targets[:, :n]", "tokens[:, :-1], targets[:, :-1]"),
    _task("letters-from-elsewhere", "_letters", ", generator=generator", ""),
    _task("nine-letters", "_letters", "torch.randint(SYMBOLS,", "torch.randint(SYMBOLS - 1,"),
    Mutant("window-not-shifted", "text", "batch", "window[:, 1:]", "window[:, :-1]"),
    Mutant("last-window-never", "text", "batch", "torch.randint(len(tokens) - n,", "torch.randint(len(tokens) - n - 1,"),
    Mutant("test-text-in-training", "text", "split", "tokens[:border], tokens", "tokens, tokens"),
    Mutant("split-in-half", "text", "split", "* 9 // 10", "// 2"),
]  # fmt: skip

ANALYSIS = [
    _analysis("wavelength-without-pi", "wavelengths", "2 * math.pi / ", "1 / "),
    _analysis("turns-of-n", "turns", "(n - 1)", "n"),
    _analysis("ramps-may-pause", "ramps", "steps > 0", "steps >= 0"),
    _analysis("ramps-only-rise", "ramps", " | (steps < 0).all(0)", ""),
    _analysis("ramps-of-rows", "ramps", "codes.diff(dim=0)", "codes.T.diff(dim=0)"),
    _analysis("kernel-of-sines", "kernel", ".cos()", ".sin()"),
    _analysis("kernel-summed", "kernel", ".mean(-1)", ".sum(-1)"),
    _analysis("kernel-base-lost", "kernel", "(dim, base, ", "(dim, "),
    _analysis("rise-one-early", "first_rise", "int(rises[0]) + 1", "int(rises[0])"),
    _analysis("level-is-a-rise", "first_rise", "> 0", ">= 0"),
    _analysis("its-own-rival", "nearest_rivals", ".fill_diagonal_(math.inf)", ""),
    _analysis("rivals-by-matmul", "nearest_rivals",
              'compute_mode="donot_use_mm_for_euclid_dist"', 'compute_mode="use_mm_for_euclid_dist"'),
    _analysis("rivals-by-matmul-when-many", "nearest_rivals", ', compute_mode="donot_use_mm_for_euclid_dist"', ""),
    _analysis("farthest-rival", "nearest_rivals", ".fill_diagonal_(math.inf).min(dim=1)", ".max(dim=1)"),
    _analysis("r2-about-the-mean", "linear_r2", "y.pow(2).sum())", "(y - y.mean(0)).pow(2).sum())"),
    _analysis("r2-turned-round", "linear_r2", "y.pow(2).sum())", "x.pow(2).sum())"),
    _analysis("head-one-further", "best_head", "x[k:] @ weights @ x.T, wanted", "x[k:] @ weights @ x.T, wanted + 1"),
]  # fmt: skip


def _study(slug, module, function, old, new):
    return Mutant(slug, f"study.{module}", function, old, new)


STUDY = [
    _study("losses-of-all-seeds-mixed", "_steps", "_losses", ".flatten(1).sum(1)", ".sum()"),
    _study("loss-over-everything", "_steps", "_losses", "(targets != IGNORE)", "(targets > -999)"),
    _study("right-where-nothing-is-asked", "_steps", "_right", "== targets) & asked", "== targets) | ~asked"),
    _study("steps-from-the-window's-start", "_steps", "Trained.steps_to", "+ WINDOW if", "if"),
    _study("never-told-as-the-first", "_steps", "Trained.steps_to", "if row.any() else None", ""),
    _study("shift-one-too-far", "_steps", "_shifted", "shift - n + 1", "shift - n + 2"),
    _study("shift-alike-for-all-rows", "_steps", "_shifted", "(b, 1), generator=generator)", "(1, 1), generator=generator).expand(b, 1) * 0"),
    _study("one-text-for-all-seeds", "_steps", "Steps.batch", "for generator in self.texts", "for generator in [Generator() for _ in self.texts]"),
    _study("rate-never-falls", "_steps", "Steps.advance", "setting.lr_at(self.step)", "setting.lr"),
    _study("one-length", "_steps", "Steps.advance", "length_at(self.step, setting, self.plan)", "setting.length"),
    _study("all-seeds-alike", "_crowd", "_model", "seeded(seed)", "seeded(0)"),
    _study("validated-on-the-test", "_score", "score", "cell.setting.length, VALIDATE", "cell.setting.length, TEST"),
    _study("tested-on-the-validation-text", "_score", "_one", "if seed == TEST else", "if seed == VALIDATE else"),
    _study("first-model-for-all", "_crowd", "Crowd.one", "v[index] for k, v in self.params", "v[0] for k, v in self.params"),
    _study("trained-on-the-test", "_plan", "text_part", '"train": train', '"train": held'),
    _study("best-is-the-last", "_table", "best", ".idxmin()", ".idxmax()"),
    _study("diverged-seeds-forgotten", "_table", "best", '.fillna({"valid_loss": float("inf")})', ""),
    _study("missing-averaged-away", "_table", "_spread", 'found["missing"] > 0', 'found["missing"] > 99'),
]  # fmt: skip
