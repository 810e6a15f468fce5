"""JSONPaths that may find several values, by python-jsonpath, with everything bounded that a path can ask for.

Patterns are refused, and so are searches inside a filter: no bound on steps would stop the one, or be met by the other.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathMatch
from jsonpath.exceptions import JSONPathError, JSONPathTypeError
from jsonpath.filter import BaseExpression, FilterQuery, RegexLiteral
from jsonpath.selectors import Filter

from workflows.asl.bounds import TooMuch, bounded, spend

_DEEPEST = 1_000  # documents are bounded to less where they are read
_PATTERNS = ("match", "search")


class QueryProblem(ValueError):
    """The text is no path that is taken here."""


class BeyondUs(QueryProblem):
    """The text is a path for AWS, of a kind that is not searched for here."""


def compile_query(text: str) -> JSONPath:
    """Read a path that begins with `$`. Raises QueryProblem."""
    try:
        query = _ENVIRONMENT.compile(text)
    except JSONPathTypeError as error:
        raise BeyondUs(str(error).splitlines()[0]) from error
    except (JSONPathError, RecursionError, ValueError) as error:
        raise QueryProblem(str(error).splitlines()[0]) from error
    if not isinstance(query, JSONPath):
        raise QueryProblem("several paths joined")
    for expression in _expressions(query):
        if isinstance(expression, RegexLiteral):
            raise BeyondUs("regular expressions are not taken here")
        if isinstance(expression, FilterQuery) and not expression.path.singular_query():
            raise BeyondUs("a path inside a filter that leads to several values is not taken here")
    return query


def find_all(query: JSONPath, start: Any) -> list[Any]:
    """All values that the query finds. Raises TooMuch."""
    with bounded():
        nodes: Any = [_Node(filter_context={}, obj=start, parent=None, path="", parts=(), root=start)]
        for segment in query.segments:
            nodes = segment.resolve(nodes)
        try:
            return [node.obj for node in nodes]
        except (JSONPathError, RecursionError) as error:
            raise TooMuch from error


def _expressions(query: JSONPath) -> Iterator[BaseExpression]:
    stack: list[BaseExpression] = [
        selector.expression
        for segment in query.segments
        for selector in segment.selectors
        if isinstance(selector, Filter)
    ]
    while stack:
        expression = stack.pop()
        yield expression
        stack.extend(expression.children())


class _Node(JSONPathMatch):
    """A node on the way that is counted, and that keeps neither its place nor its children: they cost memory."""

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        spend(1)
        return _Node(filter_context={}, obj=obj, parent=None, path="", parts=(), root=self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        """Nobody asks a node for its children."""


class _Environment(JSONPathEnvironment):
    max_recursion_depth = _DEEPEST

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        for name in _PATTERNS:
            del self.function_extensions[name]

    def is_truthy(self, obj: object) -> bool:
        spend(1)
        return super().is_truthy(obj)

    def compare(self, left: object, operator: str, right: object) -> bool:
        spend(2 + sum(len(side) for side in (left, right) if isinstance(side, list | Mapping)))
        return super().compare(left, operator, right)


_ENVIRONMENT = _Environment(filter_caching=False)
