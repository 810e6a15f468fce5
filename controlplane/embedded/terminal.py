"""What the person at the terminal reads: the supervisor's own lines, and each program's after its name."""

import contextlib
from pathlib import Path

WIDTH = 6


def say(line: str) -> None:
    """A line of the supervisor's own."""
    _print(f"Signalbox: {line}")


def say_how_to_sign_in(note: Path) -> None:
    """Who there is on a first day, and where the passwords are."""
    say(f"sign in as 'operator' (or 'admin', to deploy); the password is in {note}. Ctrl-C stops everything.")


def relay(name: str, line: str) -> None:
    """A line that the program of this name has printed."""
    _print(f"{name:<{WIDTH}} | {line}")


def _print(line: str) -> None:
    """Print the line at once; a terminal that is gone is no reason to end."""
    with contextlib.suppress(OSError):
        print(line, flush=True)
