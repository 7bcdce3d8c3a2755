"""What each family of models does where its config says nothing: read off transformers 5.23.0."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SOURCE = "transformers 5.23.0"


@dataclass(frozen=True)
class Family:
    """How the model class of one ``model_type`` uses positions.

    ``config_class`` is its config in transformers, whose defaults ``defaults`` repeats.
    ``encoding``: "rope", "table", "t5" or "alibi". ``kinds``: the rule that lists the layers'
    kinds where ``layer_types`` is missing. ``nope``: which layers do not rotate, "" for none,
    "list" by ``no_rope_layers``, "full" for those without a window, "all".
    ``nested``: one set of RoPE settings per layer type. ``partial``: the share of rotated
    channels by default, None where the class reads no share. ``offset``: the row of a position
    table that position 0 takes, None for ``pad_token_id + 1``. ``scale``: what multiplies dot
    products, "head" for 1/√width. ``axes``: how pairs are given to time, height and width,
    "blocks" or "dealt". ``aliases``: this family's own names of settings.
    """

    config_class: str
    encoding: str = "rope"
    layout: str = "halves"
    causal: bool = True
    kinds: str = "full"
    nope: str = ""
    nested: bool = False
    partial: float | None = None
    offset: int | None = 0
    sink: bool = False
    rotate_values: bool = False
    rotates_last: bool = False
    latent: bool = False
    scale: str = "head"
    axes: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


GPT2_NAMES = {
    "num_hidden_layers": ("n_layer",),
    "num_attention_heads": ("n_head",),
    "hidden_size": ("n_embd",),
    "max_position_embeddings": ("n_positions",),
}
BLOOM_NAMES = {
    "num_hidden_layers": ("n_layer",),
    "num_attention_heads": ("n_head",),
    "hidden_size": ("n_embed",),
    "max_position_embeddings": ("seq_length",),
}
MPT_NAMES = {
    "num_hidden_layers": ("n_layers",),
    "num_attention_heads": ("n_heads",),
    "hidden_size": ("d_model",),
    "max_position_embeddings": ("max_seq_len",),
}
T5_NAMES = {
    "num_hidden_layers": ("num_layers",),
    "num_attention_heads": ("num_heads",),
    "hidden_size": ("d_model",),
    "head_dim": ("d_kv",),
}


def _d(**defaults: Any) -> dict[str, Any]:
    """Return the defaults, with the length under its usual name."""
    if "max_len" in defaults:
        defaults["max_position_embeddings"] = defaults.pop("max_len")
    return defaults


FAMILIES: dict[str, Family] = {
    # --- positions in the embeddings, or in a bias --------------------------------------------
    "gpt2": Family(
        "GPT2Config", encoding="table", aliases=GPT2_NAMES, defaults=_d(max_len=1024)
    ),
    "bert": Family("BertConfig", encoding="table", causal=False, defaults=_d(max_len=512)),
    "roberta": Family(
        "RobertaConfig",
        encoding="table",
        causal=False,
        offset=None,
        defaults=_d(max_len=512, pad_token_id=1),
    ),
    "opt": Family("OPTConfig", encoding="table", offset=2, defaults=_d(max_len=2048)),
    "t5": Family(
        "T5Config",
        encoding="t5",
        causal=False,
        scale="one",
        aliases=T5_NAMES,
        defaults=_d(
            head_dim=64, relative_attention_num_buckets=32, relative_attention_max_distance=128
        ),
    ),
    "bloom": Family("BloomConfig", encoding="alibi", aliases=BLOOM_NAMES),
    "mpt": Family(
        "MptConfig", encoding="alibi", scale="mpt", aliases=MPT_NAMES, defaults=_d(max_len=2048)
    ),
    # --- RoPE, every layer alike --------------------------------------------------------------
    "gptj": Family(
        "GPTJConfig",
        layout="interleaved",
        partial=1.0,
        aliases=GPT2_NAMES,
        defaults=_d(max_len=2048, rotary_dim=64),
    ),
    "gpt_neox": Family(
        "GPTNeoXConfig",
        partial=0.25,
        aliases={"rope_theta": ("rotary_emb_base",), "partial_rotary_factor": ("rotary_pct",)},
        defaults=_d(max_len=2048),
    ),
    "stablelm": Family(
        "StableLmConfig", partial=0.25, defaults=_d(max_len=4096, num_key_value_heads=32)
    ),
    "phi3": Family(
        "Phi3Config",
        kinds="same",
        partial=1.0,
        defaults=_d(max_len=4096, original_max_position_embeddings=4096),
    ),
    "llama": Family("LlamaConfig", defaults=_d(max_len=2048)),
    "mistral": Family(
        "MistralConfig",
        kinds="same",
        defaults=_d(max_len=131072, sliding_window=4096, num_key_value_heads=8),
    ),
    "mixtral": Family(
        "MixtralConfig",
        kinds="same",
        defaults=_d(max_len=131072, num_key_value_heads=8, rope_theta=1000000.0),
    ),
    "ministral3": Family(
        "Ministral3Config",
        kinds="same",
        defaults=_d(
            max_len=262144,
            num_key_value_heads=8,
            head_dim=128,
            rope_parameters={
                "rope_type": "yarn",
                "rope_theta": 1000000.0,
                "factor": 16.0,
                "original_max_position_embeddings": 16384,
                "beta_fast": 32.0,
                "beta_slow": 1.0,
                "mscale_all_dim": 1.0,
                "mscale": 1.0,
                "llama_4_scaling_beta": 0.1,
            },
        ),
    ),
    "gemma": Family(
        "GemmaConfig", defaults=_d(max_len=8192, head_dim=256, num_key_value_heads=16)
    ),
    "olmo2": Family("Olmo2Config", defaults=_d(max_len=2048)),
    "glm4": Family(
        "Glm4Config",
        layout="interleaved",
        partial=0.5,
        defaults=_d(max_len=131072, head_dim=128, num_key_value_heads=2),
    ),
    "qwen2": Family(
        "Qwen2Config",
        kinds="late window",
        defaults=_d(
            max_len=32768,
            num_key_value_heads=32,
            use_sliding_window=False,
            sliding_window=4096,
            max_window_layers=28,
        ),
    ),
    "qwen3": Family(
        "Qwen3Config",
        kinds="late window",
        defaults=_d(
            max_len=32768,
            num_key_value_heads=32,
            head_dim=128,
            use_sliding_window=False,
            sliding_window=4096,
            max_window_layers=28,
        ),
    ),
    "qwen2_vl_text": Family(
        "Qwen2VLTextConfig",
        axes="blocks",
        kinds="late window",
        defaults=_d(
            max_len=32768,
            num_key_value_heads=8,
            rope_theta=1000000.0,
            use_sliding_window=False,
            sliding_window=4096,
            max_window_layers=80,
        ),
    ),
    "qwen3_vl_text": Family(
        "Qwen3VLTextConfig",
        axes="dealt",
        defaults=_d(
            max_len=128000,
            num_key_value_heads=32,
            head_dim=128,
            rope_theta=500000.0,
        ),
    ),
    # --- layers that differ -------------------------------------------------------------------
    "gemma2": Family(
        "Gemma2Config",
        kinds="every 2 fixed",
        scale="query_pre_attn_scalar",
        defaults=_d(
            max_len=8192,
            head_dim=256,
            num_key_value_heads=4,
            sliding_window=4096,
            query_pre_attn_scalar=256,
        ),
    ),
    "gemma3_text": Family(
        "Gemma3TextConfig",
        kinds="every 6",
        nested=True,
        scale="query_pre_attn_scalar",
        defaults=_d(
            max_len=131072,
            head_dim=256,
            num_key_value_heads=4,
            sliding_window=4096,
            query_pre_attn_scalar=256,
            rope_theta=1000000.0,
            rope_local_base_freq=10000.0,
        ),
    ),
    "gemma4_text": Family(
        "Gemma4TextConfig",
        kinds="every 6 fixed",
        nested=True,
        partial=1.0,
        scale="one",
        defaults=_d(
            max_len=131072,
            head_dim=256,
            global_head_dim=512,
            num_key_value_heads=4,
            sliding_window=512,
            rope_parameters={
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                "full_attention": {
                    "rope_type": "proportional",
                    "partial_rotary_factor": 0.25,
                    "rope_theta": 1000000.0,
                },
            },
        ),
    ),
    "olmo3": Family(
        "Olmo3Config",
        kinds="every 4 fixed",
        nested=True,
        defaults=_d(max_len=2048, sliding_window=4096, rope_theta=500000.0),
    ),
    "cohere2": Family(
        "Cohere2Config",
        layout="interleaved",
        kinds="every 4",
        nope="full",
        defaults=_d(max_len=8192, sliding_window=4096),
    ),
    "exaone4": Family(
        "Exaone4Config",
        kinds="every 4",
        nope="full",
        defaults=_d(max_len=2048, num_key_value_heads=32, sliding_window=4096),
    ),
    "smollm3": Family(
        "SmolLM3Config",
        kinds="window without rotation",
        nope="list",
        defaults=_d(
            max_len=32768,
            num_key_value_heads=4,
            rope_theta=2000000.0,
            no_rope_layer_interval=4,
            use_sliding_window=False,
        ),
    ),
    "llama4_text": Family(
        "Llama4TextConfig",
        layout="interleaved",
        kinds="chunks with rotation",
        nope="list",
        defaults=_d(
            max_len=131072,
            num_key_value_heads=8,
            head_dim=128,
            rope_theta=500000.0,
            no_rope_layer_interval=4,
            attention_chunk_size=8192,
            attn_temperature_tuning=True,
            floor_scale=8192,
            attn_scale=0.1,
        ),
    ),
    "gpt_oss": Family(
        "GptOssConfig",
        kinds="every 2 fixed",
        sink=True,
        defaults=_d(
            max_len=131072,
            num_key_value_heads=8,
            head_dim=64,
            sliding_window=128,
            rope_theta=150000.0,
            rope_parameters={
                "rope_type": "yarn",
                "factor": 32.0,
                "beta_fast": 32.0,
                "beta_slow": 1.0,
                "truncate": False,
                "original_max_position_embeddings": 4096,
            },
        ),
    ),
    "modernbert": Family(
        "ModernBertConfig",
        causal=False,
        kinds="first of",
        nested=True,
        defaults=_d(
            max_len=8192,
            local_attention=128,
            rope_theta=160000.0,
            rope_local_base_freq=10000.0,
        ),
        aliases={
            "rope_theta": ("global_rope_theta",),
            "rope_local_base_freq": ("local_rope_theta",),
        },
    ),
    "deepseek_v3": Family(
        "DeepseekV3Config",
        layout="interleaved",
        latent=True,
        scale="mscale",
        defaults=_d(
            max_len=4096,
            kv_lora_rank=512,
            q_lora_rank=1536,
            qk_rope_head_dim=64,
            qk_nope_head_dim=128,
            v_head_dim=128,
            rope_interleave=True,
        ),
    ),
    "deepseek_v4": Family(
        "DeepseekV4Config",
        layout="interleaved",
        kinds="compress ratios",
        nested=True,
        partial=0.125,
        sink=True,
        rotate_values=True,
        rotates_last=True,
        defaults=_d(
            max_len=1048576,
            num_key_value_heads=1,
            head_dim=512,
            rope_theta=10000.0,
            compress_rope_theta=160000.0,
            sliding_window=128,
        ),
    ),
    "qwen3_next": Family(
        "Qwen3NextConfig",
        kinds="linear but every",
        partial=0.25,
        defaults=_d(max_len=32768, num_key_value_heads=2, head_dim=256),
    ),
    "kimi_linear": Family(
        "KimiLinearConfig",
        kinds="kimi",
        nope="all",
        latent=True,
        aliases={"max_position_embeddings": ("model_max_length",)},
        defaults=_d(
            max_len=1048576,
            kv_lora_rank=512,
            qk_rope_head_dim=64,
            qk_nope_head_dim=128,
            v_head_dim=128,
        ),
    ),
}

# a model that sees and reads: its text part, which is under `text_config`, or is all of a flat file
TEXT_PARTS = {
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "llama4": "llama4_text",
    "qwen2_vl": "qwen2_vl_text",
    "qwen3_vl": "qwen3_vl_text",
    "mistral3": "ministral3",
}
