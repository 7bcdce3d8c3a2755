"""A second device without a GPU: tensors that hold one of the CPU, and refuse to meet the CPU's.

PyTorch lets a program register a device of its own, which it calls PrivateUse1. Here every
operator on it is done on the CPU, after the checks that CUDA would make: all tensors on one
device, no CPU generator, no integer matrix products, one driver of ``lstsq``. It shows a dropped
``device=`` as a GPU would; it does not show a GPU's speed, memory, rounding or asynchrony.

A device is registered once per process, so its tests run in a process of their own.
"""

import functools
import warnings
from importlib import resources

import torch
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "pocket"
FLOAT64 = True  # False: as Apple's MPS, it holds none
RANDOM = torch.Generator()  # the device's own random numbers


class Module:
    """What ``torch.pocket`` answers."""

    @staticmethod
    def _none(*_):
        return None

    @staticmethod
    def manual_seed(seed):
        RANDOM.manual_seed(seed)

    @staticmethod
    def get_rng_state(device=None):
        return RANDOM.get_state()

    @staticmethod
    def set_rng_state(state, device=None):
        RANDOM.set_state(state)

    manual_seed_all = manual_seed
    synchronize = set_device = reset_peak_memory_stats = _none
    is_initialized = is_available = staticmethod(lambda: True)
    _is_in_bad_fork = staticmethod(lambda: False)
    device_count = staticmethod(lambda: 1)
    current_device = max_memory_allocated = staticmethod(lambda *_: 0)
    get_device_name = staticmethod(lambda *_: "a pocket device")
    get_amp_supported_dtype = staticmethod(lambda: [torch.float16, torch.bfloat16])


_setup_privateuseone_for_python_backend(NAME, Module())
HERE = torch.device(NAME, 0)


class Held(torch.Tensor):
    """A tensor of the device; ``cpu_`` is what it holds."""

    @staticmethod
    def __new__(cls, cpu):
        if cpu.dtype == torch.float64 and not FLOAT64:
            raise TypeError(
                f"Cannot convert a {NAME} Tensor to float64 dtype: it doesn't support float64"
            )
        made = torch.Tensor._make_wrapper_subclass(
            cls, cpu.shape, strides=cpu.stride(), storage_offset=cpu.storage_offset(),
            dtype=cpu.dtype, device=HERE,
        )  # fmt: skip
        made.cpu_ = cpu
        return made

    def __repr__(self, **_):
        return f"{self.cpu_!r} on {HERE}"

    def _put(self, other):  # `module.to(dtype)` gives a parameter another tensor's data
        torch.Tensor.data.__set__(self, other)
        self.cpu_ = other.cpu_

    data = property(lambda self: torch.Tensor.data.__get__(self), _put)

    def tolist(self):
        return self.cpu_.tolist()

    def numpy(self, **_):
        raise TypeError(f"can't convert {HERE} device type tensor to numpy. Use Tensor.cpu() first")

    @classmethod
    def __torch_dispatch__(cls, op, types, args=(), kwargs=None):
        return run(op, args, kwargs or {})


def _held(thing):
    return thing.cpu_ if isinstance(thing, Held) else thing


# --- what CUDA refuses ----------------------------------------------------------------------


def _unchecked():
    """The operators for which PyTorch itself does not compare devices."""
    package = resources.files("torchgen").joinpath("packaged/ATen/native/native_functions.yaml")
    functions = package.read_text(encoding="utf-8").split("\n- func: ")[1:]
    return {"aten::" + text.split("(")[0] for text in functions if "device_check: NoCheck" in text}


UNCHECKED = _unchecked()
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
PRODUCTS = {"mm", "bmm", "addmm", "baddbmm", "mv", "dot"}


@functools.cache
def _names(op):
    schema = op._schema
    full = f"{schema.name}.{schema.overload_name}" if schema.overload_name else schema.name
    return full, schema.name.removeprefix("aten::")


def _tensors(args, kwargs):
    """(place, tensor) for each tensor of a call."""
    for place, part in enumerate([*args, *kwargs.values()]):
        for leaf in pytree.tree_leaves(part):
            if isinstance(leaf, torch.Tensor):
                yield place, leaf


def refuse(op, args, kwargs):
    """Raise what CUDA would raise."""
    full, family = _names(op)
    if family in ("copy_", "_to_copy"):
        return
    given = list(_tensors(args, kwargs))
    if family in INDEXING and not isinstance(given[0][1], Held):
        raise RuntimeError(
            "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
        )
    for place, tensor in given:
        index = family in INDEXING and place == 1  # a CPU index is taken along
        number = (full in UNCHECKED or family in INDEXING) and tensor.dim() == 0
        if isinstance(tensor, Held) or index or (number and place > 0):
            continue
        if number and not family.endswith("_"):
            continue
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{HERE} and {tensor.device}! ({full})"
        )
    whole = [t for _, t in given if not (t.is_floating_point() or t.is_complex())]
    if family in PRODUCTS and whole:
        raise NotImplementedError(f'"{family}_cuda" not implemented for integers')
    if family == "linalg_lstsq" and kwargs.get("driver", (*args, *[None] * 4)[3]) != "gels":
        raise RuntimeError("torch.linalg.lstsq: parameter `driver` should be one of (gels)")


# --- what is done instead -------------------------------------------------------------------


def run(op, args, kwargs):
    """Do an operator on what its tensors hold."""
    refuse(op, args, kwargs)
    target, kwargs = HERE, dict(kwargs)
    if kwargs.get("device") is not None:
        target, kwargs["device"] = torch.device(kwargs["device"]), torch.device("cpu")
    if "generator" in [argument.name for argument in op._schema.arguments]:
        if kwargs.get("generator") is not None:
            raise RuntimeError(f"Expected a '{NAME}' device type for generator but found 'cpu'")
        kwargs["generator"] = RANDOM
    args = _widened(op, args)
    out = op(*pytree.tree_map(_held, args), **pytree.tree_map(_held, kwargs))
    originals = {id(_held(t)): t for _, t in _tensors(args, kwargs) if isinstance(t, Held)}

    def dressed(thing):
        if not isinstance(thing, torch.Tensor) or target.type == "cpu":
            return thing
        same = originals.get(id(thing))
        if same is not None and same.shape == thing.shape:
            return same
        return Held(thing.resolve_conj().resolve_neg())  # nobody above asks for these bits

    return pytree.tree_map(dressed, out)


def _widened(op, args):
    """The arguments, where CUDA casts half precision within the operator."""
    family = _names(op)[1]
    if family in ("_softmax", "_log_softmax") and args[2]:
        return (run(torch.ops.aten._to_copy.default, args[:1], {"dtype": torch.float32}), args[1],
                False)  # fmt: skip
    return args


def _operator(name):
    path = name if "." in name else f"{name}.default"
    return functools.reduce(getattr, path.split("."), torch.ops.aten)


def _factory(op):
    return lambda *args, **kwargs: run(op, args, kwargs)


def _copy_from(source, to, non_blocking=False):
    _held(to).copy_(_held(source))
    return to


warnings.filterwarnings("ignore", message="Warning only once for all operators")
MAKERS = """empty.memory_format empty_strided arange arange.start arange.start_step linspace eye
eye.m full zeros ones tril_indices scalar_tensor"""
LIBRARY = torch.library.Library("aten", "IMPL")
for _name in MAKERS.split():
    LIBRARY.impl(_name, _factory(_operator(_name)), "PrivateUse1")
LIBRARY.impl("_copy_from", _copy_from, "PrivateUse1")
REST = torch.library.Library("_", "IMPL")
REST.fallback(lambda op, *args, **kwargs: run(op, args, kwargs), "PrivateUse1")


# --- mixed precision: the operators of CUDA's lists that the course uses ----------------------

NARROW = "addmm baddbmm bmm einsum linear matmul mm mv scaled_dot_product_attention"
WIDE = """exp log log1p pow.Tensor_Scalar pow.Tensor_Tensor layer_norm rms_norm nll_loss
softmax.int log_softmax.int sum sum.dim_IntList cumsum"""
KEY = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastPrivateUse1)
FLOATS = (torch.float16, torch.bfloat16, torch.float32)


def _autocast(name, dtype):
    op = _operator(name)

    def cast(thing):
        if not isinstance(thing, torch.Tensor) or thing.dtype not in FLOATS:
            return thing
        return thing.to(dtype or torch.get_autocast_dtype(NAME)) if thing.device == HERE else thing

    def call(*args, **kwargs):
        with torch._C._ExcludeDispatchKeyGuard(KEY):
            return op(*pytree.tree_map(cast, args), **pytree.tree_map(cast, kwargs))

    LIBRARY.impl(name, call, "AutocastPrivateUse1")


REST.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
for _name in NARROW.split():
    _autocast(_name, None)
for _name in WIDE.split():
    _autocast(_name, torch.float32)
