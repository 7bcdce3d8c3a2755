"""What the package promises, as plain functions that raise when a promise is broken.

The test files call them, and so do the planted bugs of `tests/mutants`: a bug that no
function here notices would be a hole in the tests. Every function runs without arguments,
or, in `contract.encodings`, with the name of an encoding, and is fast.
"""

import importlib
import inspect
import pkgutil
from contextlib import contextmanager
from types import ModuleType

import torch


def checks(module: ModuleType) -> list:
    """The promises of one module, in the order in which they are written; of a folder, of all."""
    if hasattr(module, "__path__"):
        parts = pkgutil.iter_modules(module.__path__, f"{module.__name__}.")
        return [check for part in parts for check in checks(importlib.import_module(part.name))]
    return [
        function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    ]


def equal(found, expected, *, rtol=1e-10, atol=1e-10):
    """Fail unless the tensor has the shape and the numbers of the (nested) list or tensor."""
    expected = torch.as_tensor(expected, dtype=torch.float64)
    assert found.shape == expected.shape
    torch.testing.assert_close(found.detach().to(torch.float64), expected, rtol=rtol, atol=atol)


def differ(a, b, *, by=1e-3):
    """Fail unless the two tensors have one shape and somewhere clearly other numbers."""
    assert a.shape == b.shape
    assert (a - b).abs().max() > by


@contextmanager
def refused(kind, words):
    """Fail unless this kind of error is raised inside, with these words in it."""
    try:
        yield
    except (TypeError, ValueError, IndexError) as error:
        if not isinstance(error, kind) or words not in str(error):
            raise AssertionError(f"{kind.__name__} with {words!r} was due") from error
    else:
        raise AssertionError(f"no error; {kind.__name__} with {words!r} was due")
