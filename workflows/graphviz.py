"""graphviz in a process of its own (`python -m workflows.graphviz`), asked and killed by `workflows.layout`.

Each line of standard input is a JSON text of DOT; each gets one line of graphviz's json0, or `null` where it refused.
"""

import json
import resource
import selectors
import sys
import warnings

import pygraphviz

IDLE_SECONDS = 60.0  # it leaves after this long without a question
MEMORY = 1 << 30


def serve() -> None:
    """Answer until nobody asks any more."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        while selector.select(IDLE_SECONDS) and (line := sys.stdin.readline()):
            sys.stdout.write(json.dumps(_lay_out(json.loads(line)), separators=(",", ":")) + "\n")
            sys.stdout.flush()


def _lay_out(dot: str) -> object:
    try:
        return json.loads(pygraphviz.AGraph(string=dot).draw(format="json0", prog="dot"))
    except (ValueError, OSError):
        return None


if __name__ == "__main__":
    serve()
