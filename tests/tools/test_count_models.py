"""How many models of transformers do what, in the version that the counts name."""

from importlib.metadata import version

import pytest

pytest.importorskip("transformers", reason="pip install -e '.[peers]'")

from tools.count_models import count

COUNTED = {  # in 5.23.0
    "some attention layers rotate, others do not": 17,
    "a sliding window": 71,
    "RoPE settings per layer type": 21,
    "positions with three axes": 18,
    "latent attention (MLA)": 17,
    "learned sink logits": 8,
    "values rotated, and rotated back": 1,
}


@pytest.mark.skipif(version("transformers") != "5.23.0", reason="counted in 5.23.0")
def test_the_counts_are_those_of_the_pinned_version():
    assert {question: len(names) for question, names in count().items()} == COUNTED


def test_known_models_are_where_they_belong():
    found = count()
    assert {"smollm3", "llama4", "cohere2"} <= set(
        found["some attention layers rotate, others do not"]
    )
    assert "llama" not in {name for names in found.values() for name in names}
    assert "gpt_oss" in found["learned sink logits"]
    assert "deepseek_v3" in found["latent attention (MLA)"]
