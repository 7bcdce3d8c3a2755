"""The code that people run: what ours is compared with, each made ready in its own favour."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WebPositionalEncoding(nn.Module):
    """The class that the web copies: a table made once, sliced and added."""

    def __init__(self, d_model: int, max_len: int) -> None:
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pe[:, : x.size(1)]


# --- RoPE: (rotate queries and keys, rotate one tensor at given positions) --------------------


def llama(q: Tensor, pos: Tensor):
    """transformers' Llama; its cosines and sines are made beforehand, as once a forward pass."""
    from transformers.models.llama.configuration_llama import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    dh = q.shape[-1]
    config = LlamaConfig(hidden_size=4 * dh, num_attention_heads=4)
    tables = LlamaRotaryEmbedding(config).to(q.device)(q, pos[None])
    return lambda q, k: apply_rotary_pos_emb(q, k, *tables)


def rotary_embedding_torch(q: Tensor, pos: Tensor):
    from rotary_embedding_torch import RotaryEmbedding

    rotary = RotaryEmbedding(q.shape[-1]).to(q.device)

    def rotate(x: Tensor) -> Tensor:
        if pos[-1] - pos[0] == len(pos) - 1:
            return rotary.rotate_queries_or_keys(x, offset=int(pos[0]))
        rows = [rotary.rotate_queries_or_keys(row, offset=int(p))
                for row, p in zip(x.split(1, -2), pos, strict=True)]  # fmt: skip
        return torch.cat(rows, -2)

    return lambda q, k: (rotate(q), rotate(k))


def x_transformers_rope(q: Tensor, pos: Tensor):
    """x-transformers; its angles are made beforehand, as once a forward pass."""
    from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb

    freqs, _ = RotaryEmbedding(q.shape[-1]).to(q.device)(pos)
    return lambda q, k: (apply_rotary_pos_emb(q, freqs), apply_rotary_pos_emb(k, freqs))


# --- models -----------------------------------------------------------------------------------


class NanoBlock(nn.Module):
    """A block as nanoGPT's model.py has it, without dropout."""

    def __init__(self, d: int, h: int, bias: bool) -> None:
        super().__init__()
        self.h = h
        self.norm1, self.norm2 = nn.LayerNorm(d, bias=bias), nn.LayerNorm(d, bias=bias)
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=bias), nn.Linear(d, d, bias=bias)
        self.wide, self.narrow = nn.Linear(d, 4 * d, bias=bias), nn.Linear(4 * d, d, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        heads = self.qkv(self.norm1(x)).split(d, 2)
        q, k, v = (part.view(b, n, self.h, d // self.h).transpose(1, 2) for part in heads)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).contiguous().view(b, n, d))
        return x + self.narrow(F.gelu(self.wide(self.norm2(x))))


class Nano(nn.Module):
    """nanoGPT's model; ``bias`` True is its GPTConfig's default, False its train.py's."""

    def __init__(self, vocab: int, d: int, h: int, layers: int, n: int, bias: bool) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, d), nn.Embedding(n, d)
        self.blocks = nn.ModuleList(NanoBlock(d, h, bias) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(d, bias=bias), nn.Linear(d, vocab, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class TorchEncoder(nn.Module):
    """nn.TransformerEncoder with a causal mask and learned positions."""

    def __init__(self, vocab: int, d: int, h: int, layers: int, n: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, d), nn.Embedding(n, d)
        layer = nn.TransformerEncoderLayer(
            d, h, 4 * d, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(d, vocab)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(n))

    def forward(self, tokens: Tensor) -> Tensor:
        n = tokens.shape[1]
        x = self.tokens(tokens) + self.places(torch.arange(n, device=tokens.device))
        return self.head(self.blocks(x, mask=self.mask[:n, :n], is_causal=True))


def x_transformers_decoder(vocab: int, d: int, h: int, layers: int, n: int) -> nn.Module:
    from x_transformers import Decoder, TransformerWrapper

    blocks = Decoder(dim=d, depth=layers, heads=h, attn_dim_head=d // h)
    return TransformerWrapper(num_tokens=vocab, max_seq_len=n, attn_layers=blocks)
