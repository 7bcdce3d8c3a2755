"""What a file might hold to stop a class: by the clock, by signals, processes and descriptors.

name -> the body of `first(pos, factor)` or, with ``def`` in it, its whole cell; the mistakes
that may be named; a word of the message.
"""

TOO_LONG = {"too-long"}
ENDED = {"ended", "raises"}
WIRE = """
        import os, socket
        wires = [fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}')
                 and os.readlink(f'/proc/self/fd/{fd}').startswith('socket')]
"""
STOPPERS = {
    # the clock
    "sleeps": ("import time; time.sleep(999)", TOO_LONG, "did not end"),
    "sleeps_in_a_cell": (
        "import time\nwait = time.sleep(999)\ndef first(pos, factor): return wait",
        TOO_LONG, "lines that it needs"),
    "computes_a_twelfth": (
        """
        import time
        while True:
            end = time.monotonic() + 0.008
            while time.monotonic() < end: pass
            time.sleep(0.092)
        """, TOO_LONG, "did not end"),
    "sleeps_a_little_each_time": (
        """
        import time
        end = time.monotonic() + 999
        while time.monotonic() < end: time.sleep(0.03)
        """, TOO_LONG, "did not end"),
    "is_idle": (
        """
        import os
        os.nice(19)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while True: pass
        """, TOO_LONG, "did not end"),
    "computes_in_threads_that_end": (
        """
        import threading
        def burn():
            for _ in range(10**5): pass
        while True:
            thread = threading.Thread(target=burn)
            thread.start(); thread.join()
        """, TOO_LONG, "did not end"),
    "computes_in_four_threads": (
        """
        import threading, torch
        for _ in range(4):
            threading.Thread(target=lambda: [torch.rand(300, 300) @ torch.rand(300, 300)
                                             for _ in range(10**9)]).start()
        """, {"raises", "too-long"}, ""),
    "comes_back_with_one_that_sleeps": (
        """
        import time
        class Sleeps(dict):
            def items(self): time.sleep(999)
        return Sleeps()
        """, TOO_LONG, "did not end"),
    "waits_for_itself": (
        """
        import threading
        lock = threading.Lock()
        lock.acquire(); lock.acquire()
        """, TOO_LONG, "did not end"),
    "waits_for_nothing": ("import select; select.select([], [], [])", TOO_LONG, "did not end"),
    "reads_what_never_comes": (
        """
        import os
        end, other = os.pipe()
        os.read(end, 1)
        """, TOO_LONG, "did not end"),
    "has_many_versions": (
        "\n".join(
            f"def first(pos, factor):\n    import time; time.sleep(1.2); return pos * {n}"
            for n in range(20)
        ), {"raises", "value", "too-long", "unscaled"}, ""),
    # signals
    "stops_itself": (
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", TOO_LONG, "did not end"),
    "is_deaf": (
        """
        import signal, time
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True: time.sleep(9)
        """, TOO_LONG, "did not end"),
    "rings_without_end": (
        """
        import signal, time
        signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.05))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        while True: time.sleep(1)
        """, {"raises", "too-long"}, ""),
    "outlives_its_teacher": (
        """
        import ctypes, time
        ctypes.CDLL(None).prctl(1, 0)  # no signal at the parent's death
        ctypes.CDLL(None).prctl(4, 0)  # its /proc is closed
        time.sleep(999)
        """, TOO_LONG, "did not end"),
    # processes
    "vforks": (
        """
        import ctypes, time
        ctypes.CDLL(None).vfork()
        time.sleep(999)
        """, TOO_LONG, "did not end"),
    "loses_its_children": (
        """
        import os, signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            try: child = os.fork()
            except OSError: continue
            if not child:
                for _ in range(10**6): pass
                os._exit(0)
        """, TOO_LONG, "did not end"),
    "spawns": ("import os; os.posix_spawn('/bin/sleep', ['sleep', '999'], {})",
               {"raises"}, "unavailable"),
    "leaves_its_group": (
        """
        import os, time
        os.setsid()
        time.sleep(999)
        """, TOO_LONG, "did not end"),
    "becomes_sleep": (
        """
        import os
        for fd in range(3, 64):
            try: os.set_inheritable(fd, True)
            except OSError: pass
        os.execv('/bin/sleep', ['sleep', '999'])
        """, TOO_LONG, "did not end"),
    "multiprocesses": (
        """
        import multiprocessing
        multiprocessing.Process(target=print).start()
        """, {"raises"}, "unavailable"),
    # descriptors
    "steals_a_byte": (
        WIRE + """
        for fd in wires: open(f'/proc/self/fd/{fd}', 'rb', 0).read(1)
        """, {"raises"}, "No such device"),
    "steals_all_bytes": (
        WIRE + """
        import threading
        def steal():
            while True: os.read(wires[0], 1)
        threading.Thread(target=steal, daemon=True).start()
        return 1
        """, {"not-a-tensor", "too-long", "ended"}, ""),
    "says_half": (
        WIRE + """
        import time
        os.write(wires[0], (1000).to_bytes(4, 'big') + (0).to_bytes(4, 'big') + b'{')
        time.sleep(999)
        """, TOO_LONG, "did not end"),
    "says_it_byte_by_byte": (
        WIRE + """
        import time
        os.write(wires[0], (1000).to_bytes(4, 'big') + (0).to_bytes(4, 'big'))
        while True:
            os.write(wires[0], b' ')
            time.sleep(0.05)
        """, TOO_LONG, "did not end"),
    "never_blocks": (
        WIRE + """
        import time
        for fd in wires: os.set_blocking(fd, False)
        time.sleep(999)
        """, TOO_LONG, "did not end"),
    "hangs_up": (
        WIRE + """
        import time
        for fd in wires: socket.socket(fileno=fd).shutdown(socket.SHUT_RDWR)
        time.sleep(999)
        """, ENDED, "its program ended"),
    "closes_everything": (
        "import os, time; os.closerange(0, 64); time.sleep(999)", TOO_LONG, "did not end"),
    "opens_without_end": (
        "return [open('/dev/null') for _ in range(10**4)]", {"raises"}, "Too many open files"),
    # memory that belongs to no process
    "memory_in_files": ("import os; os.memfd_create('x')", {"raises"}, "not implemented"),
    "memory_that_stays": (
        """
        import ctypes
        if ctypes.CDLL(None).shmget(0, 10**8, 0o1600) < 0: raise OSError('no shared memory')
        """, {"raises"}, "no shared memory"),
}  # fmt: skip
