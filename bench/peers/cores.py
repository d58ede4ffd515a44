"""Servers on one core, clients on another, where the machine has two."""

import os

SERVER, CLIENT = 0, 1


def pin(core: int, process: int = 0) -> None:
    """`process` 0 is this one."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(process, {core})
