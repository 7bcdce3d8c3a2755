"""A tiny model of transformers for each config of the drawer, and what each of its layers does."""

import sys
from collections import defaultdict
from unittest import mock

import torch

from posenc import config as drawer

# what a model needs besides its positions: everything small
SIZES = {
    "vocab_size": 64,
    "intermediate_size": 48,
    "pad_token_id": 1,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
EXPERTS = {
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 32,
}
EXTRA = {
    "t5": {"d_ff": 48},
    "opt": {"ffn_dim": 48},
    "mixtral": EXPERTS,
    "gpt_oss": EXPERTS,
    "qwen3_next": EXPERTS
    | {
        "shared_expert_intermediate_size": 32,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
    },
    "kimi_linear": EXPERTS | {"linear_head_dim": 16, "linear_num_heads": 4},
    "deepseek_v3": EXPERTS | {"n_group": 1, "topk_group": 1, "first_k_dense_replace": 1},
    "deepseek_v4": EXPERTS
    | {
        "q_lora_rank": 40,
        "o_lora_rank": 16,
        "o_groups": 2,
        "index_n_heads": 2,
        "index_head_dim": 32,
        "index_topk": 4,
        "hc_mult": 2,
    },
    "llama4_text": EXPERTS | {"intermediate_size_mlp": 48, "use_qk_norm": False},
    "gemma4_text": {"hidden_size_per_layer_input": 0},
    "modernbert": {"cls_token_id": 2, "sep_token_id": 3},
}


def model_of(name, auto="AutoModel"):
    """Return transformers' model with random weights for a config's small version.

    ``auto`` is the class that chooses the model: one with a head makes logits.
    """
    import transformers
    from transformers import AutoConfig

    small = drawer.small(drawer.model(name))
    part = dict(small.get("text_config") or small)
    kind = part.pop("model_type")
    if (part.get("rope_scaling") or {}).get("type") == "su":  # 5.23.0 fails on the old name
        part["rope_scaling"] = part["rope_scaling"] | {"type": "longrope"}
    config = AutoConfig.for_model(kind, **(SIZES | EXTRA.get(kind, {}) | part))
    torch.manual_seed(0)
    make = getattr(transformers, auto).from_config
    model = make(config.get_text_config(), attn_implementation="eager").eval()
    for parameter in model.parameters():  # sinks and tables begin at 0, and 0 shows nothing
        torch.nn.init.normal_(parameter, std=0.2)
    return model.encoder if kind == "t5" else model


class Spy:
    """Runs a model, and keeps what each layer rotated, masked, added and multiplied by.

    ``seen[layer]`` has for the last call: ``rotations``, pairs of a tensor before and after, all
    (b, h, n, ·); ``attention``, the arguments of the attention function by name; ``alibi``.
    """

    def __init__(self, model):
        self.model, self.module = model, sys.modules[type(model).__module__]
        self.seen, self.layer = defaultdict(dict), None
        for name, module in model.named_modules():
            if "Attention" in type(module).__name__ and hasattr(module, "layer_idx"):
                module.register_forward_pre_hook(self._enter, with_kwargs=True)
                if hasattr(module, "q_proj") and module.q_proj is not None:
                    module.q_proj.register_forward_hook(self._keep_query)
            elif isinstance(module, torch.nn.Embedding) and "pos" in name + type(module).__name__:
                module.register_forward_hook(self._keep_rows)
            elif name.endswith("wpe"):
                module.register_forward_hook(self._keep_rows)

    def __call__(self, **inputs):
        """Return the model's output, with what each layer did in ``seen``."""
        self.seen = defaultdict(dict)
        with mock.patch.dict(vars(self.module), self._patches()), torch.no_grad():
            return self.model(**inputs)

    def _patches(self):
        """Return the functions of the modeling file that are watched, wrapped."""
        rotate = ("apply_rotary_pos_emb", "apply_rotary_emb", "apply_rotary_pos_emb_interleave")
        made = {name: self._rotate(name) for name in rotate if hasattr(self.module, name)}
        if hasattr(self.module, "eager_attention_forward"):
            made["eager_attention_forward"] = self._attend(self.module.eager_attention_forward)
        return made

    def _enter(self, module, arguments, keywords):
        self.layer = self.seen[module.layer_idx]
        self.layer["module"] = module
        self.layer["keywords"] = keywords

    def _keep_query(self, module, arguments, output):
        self.layer["projected"] = output

    def _keep_rows(self, module, arguments, output):
        self.seen["rows"] = {"table": module.weight, "output": output}

    def _rotate(self, name):
        function = getattr(self.module, name)

        def watched(*arguments, **keywords):
            before = [x for x in arguments[:2] if x.dim() == 4]
            after = function(*arguments, **keywords)
            tensors = after if isinstance(after, tuple) else (after,)
            pairs = list(zip(before, tensors, strict=False))
            self.layer.setdefault("rotations", []).extend(pairs)
            return after

        return watched

    def _attend(self, function):
        def watched(module, query, key, value, attention_mask, scaling=None, **keywords):
            self.layer["attention"] = {
                "query": query,
                "key": key,
                "value": value,
                "mask": attention_mask,
                "scale": scaling,
                **keywords,
            }
            return function(module, query, key, value, attention_mask, scaling=scaling, **keywords)

        return watched
