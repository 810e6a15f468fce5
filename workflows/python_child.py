"""Reads Python in a process of its own (`python -m workflows.python_child`), asked and killed by `workflows.syntax`.

Each line of standard input is a JSON text of one file, a character a byte; each gets one line: what is wrong with it as
`[message, line, column]`, or `null`. It is compiled, which runs nothing of it.
"""

import json
import warnings

from workflows.children import serve

MEMORY = 1 << 29


def answer(line: str) -> str:
    """What Python says against a file, as a line of JSON."""
    content = json.loads(line).encode("latin-1")
    try:
        compile(content, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        return json.dumps([error.msg, error.lineno or 1, error.offset or 1])
    except (ValueError, RecursionError, MemoryError) as error:
        return json.dumps([str(error) or "it is nested too deeply", 1, 1])
    return "null"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer, MEMORY)
