"""What the reader takes for a class's default, and what the drawer says a class has, is so."""

import pytest

from posenc import config as drawer
from posenc.config._families import FAMILIES, TEXT_PARTS
from posenc.config._kinds import layer_types, rotating
from posenc.config._settings import Settings

pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # transformers' own


def _class(family):
    import transformers

    return getattr(transformers, family.config_class, None) or _by_search(family.config_class)


def _by_search(name):
    from transformers import AutoConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    found = [c for c in CONFIG_MAPPING.values() if c.__name__ == name]
    return found[0] if found else type(AutoConfig.for_model(name))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_familys_defaults_are_those_of_its_class(name):
    family = FAMILIES[name]
    made = _class(family)(num_hidden_layers=8) if name != "t5" else _class(family)()
    for key, value in family.defaults.items():
        theirs = _their_default(family, made, key)
        assert theirs == value, f"{name}.{key}: {value} here, {theirs} in {family.config_class}"


def _their_default(family, made, key):
    cls = type(made)
    if key == "rope_theta" and not hasattr(cls, "rope_theta"):
        theta = cls.default_theta
        return theta["global"] if isinstance(theta, dict) else theta
    if key == "rope_local_base_freq":
        return cls.default_theta["local"]
    if key == "global_head_dim":
        return made.per_layer_config[made.layer_types.index("full_attention")].head_dim
    if key == "rope_parameters" and "full_attention" in family.defaults[key]:
        return made.rope_parameters
    if key == "rope_parameters":
        return {k: v for k, v in made.rope_parameters.items() if k in family.defaults[key]}
    for name in (key, *family.aliases.get(key, ())):
        if hasattr(cls, name):
            return getattr(cls, name)
    return getattr(made, key, None)


LISTING = [n for n, f in FAMILIES.items() if f.kinds not in ("full", "same")]


@pytest.mark.parametrize("name", LISTING)
def test_where_no_layers_are_listed_the_familys_rule_is_its_classs(name):
    family = FAMILIES[name]
    made = _class(family)(num_hidden_layers=13)
    settings = Settings({"num_hidden_layers": 13}, family)
    rotates = rotating(settings, 13)
    ours = layer_types(settings, 13, rotates)
    if name == "gemma4_text":  # its class changes the last layer; its makers list them all
        ours, made.layer_types = ours[:-1], made.layer_types[:-1]
    assert ours == list(made.layer_types)
    if family.nope == "list":
        assert rotates == [bool(flag) for flag in made.no_rope_layers]


def test_text_parts_are_those_of_transformers():
    from transformers import AutoConfig

    for whole, part in TEXT_PARTS.items():
        if whole != "mistral3":  # whose text model is named in each file
            assert AutoConfig.for_model(whole).get_text_config().model_type == part


@pytest.mark.parametrize("name", drawer.models())
def test_values_said_to_be_a_classs_default_are(name):
    config, told = drawer.model(name), drawer.sources(name)
    for key, source in told.items():
        if not source.startswith("class in transformers 5.23.0: ") or key.endswith("model_type"):
            continue
        inner = key.removeprefix("text_config.")
        value = config["text_config"][inner] if inner != key else config[key]
        made = _by_search(source.rpartition(" ")[2])()
        theirs = _claimed(made, inner)
        assert theirs == value, f"{key} is {value} in the drawer, {theirs} in {source}"


BESIDE = {"type", "max_position_embeddings"}  # a second name, and what is said elsewhere too


def _claimed(made, key):
    cls = type(made)
    theta = getattr(cls, "default_theta", None)
    if key in ("rope_theta", "rotary_emb_base", "global_rope_theta") and not hasattr(cls, key):
        return theta["global"] if isinstance(theta, dict) else theta
    if key == "rope_parameters":
        return {k: made.rope_parameters[k] for k in made.rope_parameters if k not in BESIDE}
    if key == "attn_config":
        return {k: getattr(made.attn_config, k) for k in ("alibi", "alibi_bias_max")}
    if key == "partial_rotary_factor":
        return made.rope_parameters[key]
    if key == "sliding_window_pattern" and not hasattr(made, key):
        return 4  # popped where it is read: Cohere2Config's default of __post_init__
    if key == "full_attention_interval":
        return 4  # likewise, Qwen3NextConfig
    value = getattr(cls, key, None)
    return getattr(made, key) if value is None or callable(value) else value
