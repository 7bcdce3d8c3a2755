"""Whole models: the logits of posenc's Transformer are those of transformers, weights copied.

For every config of the drawer whose model ours can build, transformers makes a small model with
random weights, the reader finds its pattern, and ``loading.py`` copies the weights into a
``Transformer`` with that pattern. Logits must agree to 1e-5 of the largest one, in float32:
without padding, with padding on the left, at 96 positions (three times the length before an
extension), and with a cache, where one call fills it and three decode steps follow.

Full logits agree for 29 of the 37 configs, which are of 28 families: GPT-2, OPT, BLOOM, MPT,
GPT-J, GPT-NeoX (Pythia), StableLM, Phi-3, Llama 2 and 3.1, Mistral, Mixtral, Ministral 3, Gemma,
GLM-4, OLMo 2, Qwen2.5, Qwen3, DeepSeek-V3 with its latent attention, and ten whose layers differ:
Gemma 2, 3 and 4, OLMo 3, Command R7B, EXAONE 4, SmolLM3, Llama 4, gpt-oss and ModernBERT.
Llama 4's padded text agrees per layer only: its log-n scaling counts padding, ours does not.
ModernBERT is an encoder and has no cache. The other eight configs agree per layer only
(test_parity.py), each for the reason that ``PER_LAYER`` gives.
"""

import inspect
from functools import cache
from itertools import pairwise

import pytest
import torch
from config import misreadings
from config.compare import WITHOUT_CACHE, inputs_of
from config.loading import ours_of, theirs_of

from posenc import config as drawer
from posenc.model import Cache

pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # transformers' own

LINEAR = "some layers have linear attention, which ours does not build"
NORM = "a norm follows the sum of token, position and token type embeddings; ours has none there"
NO_HEAD = "transformers gives a head only to the whole model, with its image encoder"
PER_LAYER = {
    "bert-base": NORM,
    "roberta-base": NORM,
    "t5-small": "an encoder, whose logits come from a decoder with cross-attention",
    "qwen2-vl-72b": NO_HEAD,
    "qwen3-vl-8b": NO_HEAD,
    "kimi-linear-48b": LINEAR,
    "qwen3-next-80b": LINEAR,
    "deepseek-v4-flash": "some layers have keys made of several tokens, which ours does not build",
}
WHOLE = [name for name in drawer.models() if name not in PER_LAYER]
# tokens, padding on the left of the second text, decode steps after the cache is filled
CASES = {
    "plain": (24, 0, 0),
    "padded": (24, 5, 0),
    "beyond": (96, 0, 0),
    "decode": (40, 0, 3),
    "padded decode": (40, 5, 3),
}
NEAR, FAR = 1e-5, 0.05  # of the largest logit; misreadings move some logit by 0.16 and more


def _parts(n, steps):
    """Return slices of a text: all of it, or what fills the cache and then single tokens."""
    return [slice(*ends) for ends in pairwise([0, *range(n - steps, n), n] if steps else [0, n])]


@torch.no_grad()
def _logits_of_theirs(model, inputs, steps):
    tokens, real, pos = inputs
    takes = inspect.signature(model.forward).parameters
    counts_alone = "position_ids" not in takes or model.config.model_type == "opt"
    made, keywords = [], {"use_cache": True} if steps else {}
    for part in _parts(tokens.shape[1], steps):
        keywords |= {} if counts_alone else {"position_ids": pos[:, part]}
        mask = real[:, : part.stop].long()
        out = model(input_ids=tokens[:, part], attention_mask=mask, **keywords)
        made.append(out.logits)
        keywords |= {"past_key_values": out.past_key_values} if steps else {}
    return torch.cat(made, 1)  # (b, n, vocab)


@torch.no_grad()
def _logits_of_ours(model, inputs, steps):
    tokens, real, pos = inputs
    cache = Cache() if steps else None
    made = [
        model(tokens[:, part], pos[:, part], mask=real[:, None, part], cache=cache)
        for part in _parts(tokens.shape[1], steps)
    ]
    return torch.cat(made, 1)  # (b, n, vocab)


theirs = cache(theirs_of)


def difference(name, case):
    """Return the largest difference between the logits, as a share of the largest logit."""
    n, pads, steps = CASES[case]
    model, small = theirs(name)
    inputs = inputs_of(name, n, pads)
    counted = inputs[1].clone()
    if name == "llama-4-scout" and pads:
        counted[1] = False  # test_parity.py shows what it does with padding
    expected = _logits_of_theirs(model, inputs, steps)[counted]  # (tokens, vocab)
    ours = _logits_of_ours(ours_of(model, small), inputs, steps)[counted]
    return float((ours - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", WHOLE)
def test_logits_are_those_of_transformers(name, case):
    if CASES[case][2] and drawer.read(drawer.model(name)).family in WITHOUT_CACHE:
        pytest.skip("an encoder has no cache")
    assert difference(name, case) < NEAR


def test_every_config_is_compared_whole_or_has_a_reason():
    assert set(PER_LAYER) < set(drawer.models())
    assert len(WHOLE) == 29
    assert len({drawer.read(drawer.model(name)).family for name in WHOLE}) == 28


# --- misreadings, planted: each must be seen in the logits -----------------------------------

PLANTED = {
    misreadings.one_table: ("olmo-3-7b", "gemma-3-12b", "modernbert-base"),
    misreadings.flags_the_wrong_way_round: ("smollm3-3b", "llama-4-scout"),
    misreadings.all_layers_rotate: ("smollm3-3b", "command-r7b", "exaone-4-32b"),
    misreadings.only_the_old_place_of_the_base: ("gpt-oss-120b", "ministral-3-8b"),
    misreadings.other_layout: ("llama-2-7b", "pythia-1.4b", "stablelm-3b-4e1t", "command-r7b"),
    misreadings.no_mscale: ("deepseek-v3", "qwen3-8b-yarn"),
    misreadings.window_with_one_more: ("olmo-3-7b", "gemma-2-9b", "gpt-oss-120b", "command-r7b"),
    misreadings.chunk_with_one_more: ("llama-4-scout",),
    misreadings.no_sinks: ("gpt-oss-120b",),
}


@pytest.mark.parametrize(
    ("plant", "name"), [(plant, name) for plant, names in PLANTED.items() for name in names]
)
def test_a_misreading_moves_the_logits(plant, name, monkeypatch):
    assert difference(name, "beyond") < NEAR  # theirs is made of the config as it should be read
    plant(monkeypatch)
    assert difference(name, "beyond") > FAR
