"""The weights of a model of transformers, loaded into posenc's Transformer with the pattern read.

Projections to queries, keys, values and back, their biases, learned sink logits, embedding and
position tables and the head are copied into ours. Norms (those of queries and keys included) and
MLPs, which do not depend on positions, are taken over as transformers' own modules. A norm behind
a sublayer (OLMo 2 and 3, EXAONE 4, Gemma 2 to 4, GLM-4) goes behind our output projection or MLP.
"""

import torch
from config.peer import model_of
from torch import nn

from posenc import Transformer
from posenc import config as drawer
from posenc.model import Attention, Block, LatentAttention

# norms before and behind attention, before and behind the MLP, as their blocks name them
FIRST, SECOND = "input_layernorm", "post_attention_layernorm"
NORMS = {
    "gpt2": ("ln_1", "", "ln_2", ""),
    "gptj": ("ln_1", "", "ln_1", ""),
    "opt": ("self_attn_layer_norm", "", "final_layer_norm", ""),
    "mpt": ("norm_1", "", "norm_2", ""),
    "modernbert": ("attn_norm", "", "mlp_norm", ""),
    "cohere2": (FIRST, "", FIRST, ""),
    "glm4": (FIRST, "post_self_attn_layernorm", SECOND, "post_mlp_layernorm"),
    **dict.fromkeys(("olmo2", "olmo3", "exaone4"), ("", SECOND, "", "post_feedforward_layernorm")),
    **dict.fromkeys(
        ("gemma2", "gemma3_text", "gemma4_text"),
        (FIRST, SECOND, "pre_feedforward_layernorm", "post_feedforward_layernorm"),
    ),
}
PARALLEL = ("gpt_neox", "gptj", "cohere2")
HEADS_OUTSIDE = ("gpt_neox", "bloom")  # rows of the joint projection: head, then q, k, v


class ParallelBlock(Block):
    """Attention and MLP beside each other: x + f(norm(x)) + g(norm(x)), as in GPT-J."""

    def forward(self, x, encoding, pos, mask, memory=None):
        mixed, weights = self.attention(self.norm1(x), encoding, pos, mask, memory)
        return x + mixed + self.mlp(self.norm2(x)), weights


class CappedAttention(Attention):
    """Attention whose scores are bent by c · tanh(score / c), as in Gemma 2."""

    cap = 0.0

    def _weights(self, dots, bias, mask):
        scale = self.layer.scale
        bent = self.cap * torch.tanh(dots * scale / self.cap)  # (b, h, q, k)
        return super()._weights(bent / scale, bias, mask)


class NormedHeads(nn.Module):
    """A projection to queries, keys and values, each of which may pass through a norm.

    A norm as wide as a head is applied per head (Qwen3), a wider one to all heads (OLMo 2).
    """

    def __init__(self, linear, sizes, d_head, norms):
        super().__init__()
        self.linear, self.sizes, self.d_head = linear, sizes, d_head
        self.norms = nn.ModuleList(norm or nn.Identity() for norm in norms)

    def forward(self, x):
        parts = self.linear(x).split(self.sizes, -1)
        return torch.cat([self._normed(*pair) for pair in zip(self.norms, parts, strict=True)], -1)

    def _normed(self, norm, part):
        weight = getattr(norm, "weight", None)
        width = self.d_head if weight is None else len(weight)
        return norm(part.unflatten(-1, (-1, width))).flatten(-2)


class Taken(nn.Module):
    """An MLP of transformers as ours calls it: x alone goes in, and one tensor comes out."""

    def __init__(self, mlp, adds_residual):
        super().__init__()
        self.mlp, self.adds_residual = mlp, adds_residual

    def forward(self, x):
        made = self.mlp(x, torch.zeros_like(x)) if self.adds_residual else self.mlp(x)
        made = made[0] if isinstance(made, tuple) else made  # experts return their routing, too
        return made.view(x.shape)


def theirs_of(name):
    """Return transformers' model with a head, and the small config that it is made of.

    Scores are about 1, as at the beginning of training: sharper attention would multiply the
    rounding of the angles, which theirs computes in float32.
    """
    masked = drawer.read(drawer.model(name)).family == "modernbert"
    model = model_of(name, "AutoModelForMaskedLM" if masked else "AutoModelForCausalLM")
    from_zero = model.config.model_type in ("gemma", "gemma2", "gemma3_text")  # x · (1 + weight)
    for key, parameter in model.named_parameters():
        if parameter.dim() > 1:
            parameter.data *= 0.5
        elif key.endswith("weight") and not from_zero:
            parameter.data += 1  # a norm's
    return model, drawer.small(drawer.model(name))


@torch.no_grad()
def ours_of(theirs, small):
    """Return posenc's Transformer with the layers that the reader finds, and their weights."""
    reading = drawer.read(small)
    vocab = theirs.get_input_embeddings().num_embeddings
    embedding, pattern = reading.embedding(), reading.pattern()
    ours = Transformer(embedding, pattern=pattern, vocab_size=vocab, causal=reading.causal)
    base = getattr(theirs, "model", theirs.base_model)  # Llama 4 says that it is its own base
    base = getattr(base, "decoder", base)
    ours.tokens.weight.copy_(_embeddings(theirs, base))
    if reading.table is not None:
        table = _part(base, "wpe", "embed_positions").weight[reading.table.first :]
        ours.encoding.load_state_dict({"table": table})
    blocks = _part(base, "layers", "h", "blocks")
    assert len(blocks) == len(ours.blocks)
    for i, block in enumerate(blocks):
        ours.blocks[i] = _block(ours.blocks[i], block, base.config)
    ours.norm = _part(base, "norm", "ln_f", "norm_f", "final_layer_norm", "final_norm")
    _head(ours, theirs)
    return ours.eval()


def _part(module, *names):
    """Return the first part that has one of these names."""
    found = [getattr(module, name) for name in names if getattr(module, name, None) is not None]
    assert found, f"{type(module).__name__} has none of {names}"
    return found[0]


def _embeddings(theirs, base):
    """Return what each token enters the first block as: scaled or normed where theirs do so."""
    module = theirs.get_input_embeddings()
    rows = module(torch.arange(module.num_embeddings))  # (vocab, d): Gemma's are scaled here
    for owner, name in ((base, "word_embeddings_layernorm"), (base, "embeddings")):
        norm = getattr(owner, name, None)
        if norm is not None:
            rows = getattr(norm, "norm", norm)(rows)
    return rows


def _head(ours, theirs):
    linear = theirs.get_output_embeddings()
    _load(ours.head, linear.weight * getattr(theirs, "logit_scale", 1.0), linear.bias)
    if hasattr(theirs, "head"):  # ModernBERT's, before the vocabulary
        ours.head = nn.Sequential(theirs.head, ours.head)
    if cap := getattr(theirs.config, "final_logit_softcapping", None):
        ours.head = nn.Sequential(ours.head, Cap(cap))


class Cap(nn.Module):
    """c · tanh(x / c)."""

    def __init__(self, cap):
        super().__init__()
        self.cap = cap

    def forward(self, x):
        return self.cap * torch.tanh(x / self.cap)


def _load(linear, weight, bias=None):
    """Copy a weight, and a bias where there is one, into a projection of ours."""
    if bias is not None:
        linear.bias = nn.Parameter(torch.empty_like(bias))
    linear.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))


def _block(ours, theirs, config):
    """Return our block with the weights of theirs."""
    if config.model_type in PARALLEL:
        ours.__class__ = ParallelBlock  # the same parts, in another order
    attention = _part(theirs, "self_attn", "attn", "attention", "self_attention")
    if cap := getattr(config, "attn_logit_softcapping", None):
        ours.attention.__class__, ours.attention.cap = CappedAttention, cap
    latent = isinstance(ours.attention, LatentAttention)
    (_load_latent if latent else _load_attention)(ours.attention, attention, config)
    out = _part(attention, "o_proj", "c_proj", "out_proj", "dense", "Wo")
    _load(ours.attention.out, _oriented(out), out.bias)
    names = NORMS.get(config.model_type, (FIRST, "", SECOND, ""))
    norms = [getattr(theirs, name) if name else None for name in names]
    ours.norm1, ours.norm2 = norms[0] or nn.Identity(), norms[2] or nn.Identity()
    ours.mlp = _mlp(theirs, config)
    if norms[1] is not None:
        ours.attention.out = nn.Sequential(ours.attention.out, norms[1])
        ours.mlp = nn.Sequential(ours.mlp, norms[3])
    return ours


def _mlp(block, config):
    if config.model_type == "opt":
        return nn.Sequential(block.fc1, block.activation_fn, block.fc2)
    return Taken(_part(block, "mlp", "ffn", "feed_forward"), config.model_type in ("bloom", "mpt"))


# --- queries, keys and values ---------------------------------------------------------------


def _load_attention(ours, theirs, config):
    weight, bias = _joined(theirs)
    if config.model_type in HEADS_OUTSIDE:
        weight, bias = (_heads_inside(x, ours.dims.n_heads) for x in (weight, bias))
    _load(ours.qkv, weight, bias)
    if ours.sink is not None:
        ours.sink.copy_(theirs.sinks)
    norms = [getattr(theirs, f"{part}_norm", None) for part in "qkv"]
    if any(norm is not None for norm in norms):
        d_head, groups = ours.dims.d_head, ours.kv_heads
        sizes = [d_head * heads for heads in (ours.dims.n_heads, groups, groups)]
        ours.qkv = NormedHeads(ours.qkv, sizes, d_head, norms)


def _joined(attention):
    """Return the weight and the bias of one projection to queries, keys and values."""
    for name in ("query_key_value", "qkv_proj", "c_attn", "Wqkv"):
        if hasattr(attention, name):
            linear = getattr(attention, name)
            return _oriented(linear), linear.bias
    parts = [attention.q_proj, attention.k_proj, attention.v_proj or attention.k_proj]
    weights, biases = [x.weight for x in parts], [x.bias for x in parts]
    return torch.cat(weights), None if biases[0] is None else torch.cat(biases)


def _oriented(linear):
    """Return a weight as (out, in): GPT-2's Conv1D has it the other way round."""
    return linear.weight if isinstance(linear, nn.Linear) else linear.weight.T


def _heads_inside(x, heads):
    """Return rows by queries, keys, values, then head, of rows by head, then q, k, v."""
    return x.unflatten(0, (heads, 3, -1)).transpose(0, 1).flatten(0, 2)


def _load_latent(ours, theirs, config):
    _load(ours.q_down, theirs.q_a_proj.weight)
    _load(ours.q_up, theirs.q_b_proj.weight)
    _load(ours.kv_down, theirs.kv_a_proj_with_mqa.weight)
    ours.q_norm, ours.kv_norm = theirs.q_a_layernorm, theirs.kv_a_layernorm
    both = theirs.kv_b_proj.weight.unflatten(0, (ours.dims.n_heads, -1))  # (h, plain + values, r)
    _load(ours.k_up, both[:, : ours.plain].flatten(0, 1))
    _load(ours.v_up, both[:, ours.plain :].flatten(0, 1))
