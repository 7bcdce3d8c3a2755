"""What is known to be misread in a config, each with the public thread where somebody did."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from posenc.config._records import Rotation
from posenc.config._settings import Settings

if TYPE_CHECKING:
    from posenc.config._reading import Reading

GITHUB = "https://github.com"


def warnings(reading: "Reading", settings: Settings) -> Iterator[str]:
    """Yield what this config is misread for, as sentences that end in a thread."""
    yield from _flags(settings)
    yield from _moved(reading, settings)
    yield from _lengths(reading, settings)
    yield from _two_tables(reading)
    yield from _on_the_query(reading)
    yield from _three_axes(reading)
    yield from _named_and_not_done(reading, settings)


def _flags(settings: Settings) -> Iterator[str]:
    if settings.family.nope == "list":
        yield (
            "In no_rope_layers, 1 means that the layer rotates and 0 that it does not; the name "
            f"reads the other way round ({GITHUB}/huggingface/transformers/issues/43756)."
        )


def _moved(reading: "Reading", settings: Settings) -> Iterator[str]:
    bases = {layer.rotation.base for layer in reading.layers if layer.rotation} - {10_000.0}
    if settings.config.get("rope_parameters") and bases:
        yield (
            "The base is in rope_parameters, its place since transformers 5. A program that asks "
            "for rope_theta finds nothing and may take 10000 without an error "
            f"({GITHUB}/Open-Athena/MarinFold/pull/184)."
        )
    if "rope_theta" in settings.assumed:
        yield (
            f"The config gives no base; {settings.assumed['rope_theta']:.0f} is the default of the "
            "class, and may not be what was trained: a key that moved is lost in the same way "
            f"({GITHUB}/Open-Athena/MarinFold/pull/184)."
        )


def _lengths(reading: "Reading", settings: Settings) -> Iterator[str]:
    thread = f"({GITHUB}/huggingface/transformers/issues/33783)"
    for rotation in {layer.rotation for layer in reading.layers if layer.rotation}:
        yield from _two_lists(rotation)
        if rotation.recipe not in ("yarn", "llama3", "longrope"):
            continue
        if "original_max_position_embeddings" in settings.assumed:
            yield (
                "original_max_position_embeddings is missing, and max_position_embeddings "
                f"({rotation.original}) stands in for it. If that is the extended length, the "
                f"wrong pairs are kept {thread}."
            )
        elif rotation.recipe == "yarn" and _disagree(reading, rotation.factor or 1.0):
            yield (
                f"factor is {rotation.factor or 1:g}, and max_position_embeddings divided by "
                f"original_max_position_embeddings is not. The given factor counts; some "
                f"programs take the quotient {thread}."
            )


def _two_lists(rotation: Rotation) -> Iterator[str]:
    if rotation.beyond:
        yield (
            f"One list of frequencies is for texts of up to {rotation.original} tokens, the other "
            "for all longer ones; keys that a cache keeps rotated are wrong from there on "
            f"({GITHUB}/ggml-org/llama.cpp/pull/24875)."
        )


def _disagree(reading: "Reading", factor: float) -> bool:
    """Return whether no layer's factor is the quotient of the two lengths."""
    originals = {layer.rotation.original for layer in reading.layers if layer.rotation}
    return all(o and reading.max_len / o not in (1.0, factor) for o in originals - {None})


def _two_tables(reading: "Reading") -> Iterator[str]:
    rotations = {layer.rotation for layer in reading.layers if layer.rotation}
    if len(rotations) > 1:
        yield (
            "Layers have different frequencies: one table of cosines and sines for all layers is "
            f"wrong ({GITHUB}/huggingface/transformers/pull/45945, "
            f"{GITHUB}/vllm-project/vllm/pull/43419)."
        )


def _on_the_query(reading: "Reading") -> Iterator[str]:
    if any(layer.log_scale for layer in reading.layers):
        yield (
            "The factor of log-n scaling depends on the query's position, so padding must not be "
            f"counted ({GITHUB}/AI-Hypercomputer/maxtext/pull/1611)."
        )


def _three_axes(reading: "Reading") -> Iterator[str]:
    if any(layer.rotation and layer.rotation.sections for layer in reading.layers):
        yield (
            "After an image, the position of the next token is not the number of tokens in the "
            f"cache: an image takes as many positions as its longer side "
            f"({GITHUB}/ml-explore/mlx-lm/pull/1768)."
        )


def _named_and_not_done(reading: "Reading", settings: Settings) -> Iterator[str]:
    """Yield settings that a config has and its model class does not follow."""
    if settings.family.nope == "all":
        yield (
            "No layer rotates, though the config has qk_rope_head_dim (and may have rope_theta): "
            "modeling_kimi_linear.py of transformers 5.23.0 reads neither for a rotation. The "
            "lists in linear_attn_config count layers from 1."
        )
    if settings.family.config_class == "RobertaConfig":
        yield (
            "max_position_embeddings counts the table's rows, two more than there are positions "
            f"({GITHUB}/huggingface/transformers/issues/14243)."
        )
    if settings.family.rotates_last:
        yield (
            "The rotated channels are the last ones of a head, though a docstring of "
            "modeling_deepseek_v4.py in transformers 5.23.0 says the first; its code takes the "
            "last."
        )
