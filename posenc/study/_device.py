"""What a device says of itself: the CPU, or a GPU of any make that torch has a module for."""

import platform
from typing import Any

import torch


def module_of(device: str) -> Any:
    """Return torch's module for a device: torch.cuda, torch.xpu, torch.mps, …

    >>> module_of("cuda") is torch.cuda
    True
    """
    return getattr(torch, device)


def wait(device: str) -> None:
    """Wait for a GPU, which goes on working after a call returns."""
    if device != "cpu":
        module_of(device).synchronize()


def name_of(device: str) -> str:
    """Return the name of the hardware, or of the device where torch does not know it."""
    return platform.machine() if device == "cpu" else str(_asked(device, "get_device_name", device))


def capability_of(device: str) -> str:
    """Return a CPU's instructions, such as AVX512, or a GPU's compute capability, such as 9.0."""
    if device == "cpu":
        return torch.backends.cpu.get_cpu_capability()
    found = _asked(device, "get_device_capability", ())
    return ".".join(map(str, found)) if isinstance(found, tuple) else ""


def forget_peak(device: str) -> None:
    """Count the most memory that is used from here on."""
    if device != "cpu":
        _asked(device, "reset_peak_memory_stats", None)


def peak_mib(device: str) -> int | None:
    """Return the most memory that a GPU has used; None for a CPU, or where torch cannot tell."""
    found = None if device == "cpu" else _asked(device, "max_memory_allocated", None)
    return None if found is None else int(found) >> 20


def _asked(device: str, question: str, otherwise: Any) -> Any:
    """Return the answer of a device's module, which need not know every question."""
    function = getattr(module_of(device), question, None)
    return otherwise if function is None else function()
