"""Calls of the kernel that no answer needs and that escape what is counted: they are refused.

Above all new processes: with a single one, no computed second and no byte of memory is lost.
Threads may be started. libseccomp writes the filter; where it is missing, nothing at all may.
"""

import contextlib
import ctypes
import errno

ALLOWED, REFUSED = 0x7FFF0000, 0x00050000  # libseccomp's SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(0)
ALL_THREADS = 4  # SCMP_FLTATR_CTL_TSYNC
MASKED_EQUAL = 7  # SCMP_CMP_MASKED_EQ
CLONE_THREAD = 0x00010000
PROCESSES = ("fork", "vfork")  # and `clone`, unless it starts a thread
OTHERS = (
    *("clone3",),  # its flags cannot be seen; the C library then takes `clone`
    *("memfd_create", "memfd_secret"),  # memory that belongs to no process
    *("shmget", "shmat", "msgget", "semget", "mq_open"),
    *("io_uring_setup", "userfaultfd", "bpf", "perf_event_open", "ptrace", "unshare", "setns"),
    *("add_key", "keyctl", "request_key", "process_vm_readv", "process_vm_writev"),
)


class _Compared(ctypes.Structure):
    """libseccomp's `scmp_arg_cmp`: an argument, and what it is compared with."""

    _fields_ = [
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    ]


def library() -> ctypes.CDLL | None:
    """Return libseccomp, which bubblewrap's systems have; None where it is missing."""
    with contextlib.suppress(OSError, AttributeError):
        found = ctypes.CDLL("libseccomp.so.2")
        found.seccomp_init.restype = ctypes.c_void_p
        return found
    return None


def refuse() -> bool:
    """Refuse these calls in all threads, for good; return whether that could be done."""
    seccomp = library()
    if seccomp is None:
        return False
    rules = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOWED)))
    no_thread = _Compared(0, MASKED_EQUAL, CLONE_THREAD, 0)
    wrong = seccomp.seccomp_attr_set(rules, ALL_THREADS, ctypes.c_uint32(1))
    for name in PROCESSES:
        _add(seccomp, rules, name, errno.EAGAIN)
    wrong |= _add(seccomp, rules, "clone", errno.EAGAIN, no_thread)
    for name in OTHERS:
        _add(seccomp, rules, name, errno.ENOSYS)
    wrong |= seccomp.seccomp_load(rules)
    seccomp.seccomp_release(rules)
    return not wrong


def _add(seccomp: ctypes.CDLL, rules: ctypes.c_void_p, name: str, error: int,
         *compared: _Compared) -> int:  # fmt: skip
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    array = (_Compared * len(compared))(*compared)
    action = ctypes.c_uint32(REFUSED | error)
    return int(seccomp.seccomp_rule_add_array(rules, action, number, len(compared), array))
