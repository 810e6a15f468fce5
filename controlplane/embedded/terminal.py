"""What the person at the terminal reads: the supervisor's own lines, and each program's after its name."""

import contextlib

WIDTH = 6


def say(line: str) -> None:
    """A line of the supervisor's own."""
    _print(f"Signalbox: {line}")


def relay(name: str, line: str) -> None:
    """A line that the program of this name has printed."""
    _print(f"{name:<{WIDTH}} | {line}")


def _print(line: str) -> None:
    """Print the line at once; a terminal that is gone is no reason to end."""
    with contextlib.suppress(OSError):
        print(line, flush=True)
