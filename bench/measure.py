"""What several benchmarks need: a command's wall time, the memory of all its processes, and the same cores for each."""

import os
import subprocess
import time
from collections.abc import Sequence

import psutil

THREADS = 2
GIB = 1 << 30


def pin() -> None:
    """Keep this process and all it starts to the first two of its cores, where the machine has more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


def seconds(command: Sequence[str]) -> float:
    """Run a command and return its wall time, from its start to its end."""
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.monotonic() - began


def peak(command: Sequence[str], every: float = 0.1) -> int:
    """Run a command and return the bytes that it and its children held together at the worst moment.

    Proportional set sizes are added, so that a page shared by several processes counts once. Looking (`every` so many
    seconds) costs the command time: what is to be timed well is timed in a run of its own.
    """
    highest = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        tree = psutil.Process(process.pid)
        while process.poll() is None:
            highest = max(highest, _held(tree))
            time.sleep(every)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return highest


def _held(tree: psutil.Process) -> int:
    total = 0
    try:
        processes = [tree, *tree.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in processes:
        try:
            memory = process.memory_full_info()
        except psutil.NoSuchProcess:  # it has ended since it was listed
            continue
        total += getattr(memory, "pss", memory.uss)
    return total
