"""Keeps one expression or request from taking all of the machine's memory; on Linux only.

A line of JSONata may be 20 GB to this process (`$pad`), taken in one call during which nothing else runs. No fixed
limit would do: every waiting execution has a thread, which counts 8 MB. So what may be had is always STEP more than
what there is: more at once is a MemoryError, which fails what asked for it and nothing else.
"""

import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

STEP = 2 << 30
SECONDS = 0.2


def limit() -> None:
    """Limit this process from now on, and no process it starts: handlers have a memory size of their own."""
    if sys.platform != "linux":
        return
    subprocess.Popen = _Unlimited  # type: ignore[misc]
    _allow_a_step()
    threading.Thread(target=_follow, daemon=True, name="memory").start()


def _follow() -> None:
    while True:
        time.sleep(SECONDS)
        with suppress(OSError, MemoryError):  # no file or memory left: the next time perhaps
            _allow_a_step()


def _allow_a_step() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[5])  # data and stack
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = pages * resource.getpagesize() + STEP
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


class _Unlimited(subprocess.Popen):  # type: ignore[type-arg]
    """A process that does not inherit the limit."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.prlimit(self.pid, resource.RLIMIT_DATA, (most, most))
