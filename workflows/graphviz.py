"""graphviz in a process of its own (`python -m workflows.graphviz`), asked and killed by `workflows.layout`.

Each line of standard input is a JSON text of DOT; each gets one line of graphviz's json0, or `null` where it refused.
"""

import json
import warnings

import pygraphviz

from workflows.children import serve

MEMORY = 1 << 30


def answer(line: str) -> str:
    """The layout of a graph, as a line of JSON."""
    try:
        found = json.loads(pygraphviz.AGraph(string=json.loads(line)).draw(format="json0", prog="dot"))
    except (ValueError, OSError):
        return "null"
    return json.dumps(found, separators=(",", ":"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer, MEMORY)
