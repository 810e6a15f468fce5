"""What a JSONata expression looks up where it has nothing to look it up in, read off its tree. Evaluates nothing.

On AWS an expression has no input of its own, only variables: a name, `$` or `$$` at its top level is refused when a
definition is created, and so are `$states.errorOutput` outside a Catch and `$states.result` where there is none. Only
the first step of a path is at the top level; its later steps, predicates, orders and groups look into what the step
before them gave. The body of a function is at the level of the function itself.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from jsonata.parser import Parser

from workflows.asl.jsonata import ERROR_OUTPUT, RESULT

_PARTS = {  # the parts of each kind of node that stand at the level of the node itself
    "binary": ("lhs", "rhs"),
    "apply": ("lhs", "rhs"),
    "function": ("procedure", "arguments"),
    "partial": ("procedure", "arguments"),
    "lambda": ("body",),
    "condition": ("condition", "then", "_else"),
    "block": ("expressions",),
    "bind": ("rhs",),
    "unary": ("expression", "expressions", "lhs_object"),
}


def looked_up(expression: str) -> tuple[str, ...]:
    """What the expression looks up at its top level, each name once. Raises JException where it cannot be read."""
    return tuple(dict.fromkeys(_looked_up(Parser().parse(expression))))


def _looked_up(node: Any) -> Iterator[str]:
    if isinstance(node, list | tuple):
        for one in node:
            yield from _looked_up(one)
        return
    kind = getattr(node, "type", None)
    if kind == "path":
        yield from _looked_up(node.steps[0])
        begins = "$" + ".".join(_names(node.steps[:2]))
        if begins in (ERROR_OUTPUT, RESULT) and node.steps[0].type == "variable":
            yield begins
    elif kind == "name":
        yield str(node.value)
    elif kind == "variable" and node.value in ("", "$"):
        yield f"${node.value}"
    for part in _PARTS.get(kind or "", ()):
        yield from _looked_up(getattr(node, part, None))


def _names(steps: Iterable[Any]) -> list[str]:
    return [str(step.value) for step in steps if step.type in ("variable", "name")]
