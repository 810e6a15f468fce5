"""PURE: what a new function begins with, by its runtime: a handler, and a file where one can be written."""

from dataclasses import dataclass

from workflows import runtimes
from workflows.sources import CodeFile

FIRST = "python3.12"


@dataclass(frozen=True, slots=True)
class Beginning:
    """A handler, and its file; none where code is built elsewhere and comes as a zip."""

    handler: str
    file: CodeFile | None = None


_BEGINNINGS = {
    "python": Beginning(
        "handler.handler", CodeFile("handler.py", b'def handler(event, context):\n    return {"received": event}\n')
    ),
    "nodejs": Beginning(
        "index.handler", CodeFile("index.mjs", b"export const handler = async (event) => ({ received: event });\n")
    ),
    "ruby": Beginning(
        "handler.handler", CodeFile("handler.rb", b"def handler(event:, context:)\n  { received: event }\nend\n")
    ),
    "java": Beginning("example.Handler::handleRequest"),
    "dotnet": Beginning("Example::Example.Function::FunctionHandler"),
    "provided": Beginning("bootstrap"),
}


def of(runtime: str) -> Beginning:
    """That of a runtime; of the first one where it is not known."""
    return _BEGINNINGS.get(runtimes.family(runtime), _BEGINNINGS["python"])
