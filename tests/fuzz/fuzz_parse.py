"""atheris on definitions: `python -m tests.fuzz.fuzz_parse -max_total_time=600`. Any text is read and followed."""

import json
import sys
from contextlib import suppress
from typing import Any

import atheris

with atheris.instrument_imports(include=["workflows.asl"]):
    from workflows.asl import checker, documents, graph, intrinsics, parser, paths
    from workflows.asl.predict import predict

TYPES = ["Task", "Choice", "Pass", "Wait", "Succeed", "Fail", "Parallel", "Map", "Nothing"]
FIELDS = [
    *("Next", "End", "Default", "Choices", "InputPath", "OutputPath", "ResultPath", "Parameters", "Result", "Retry"),
    *(
        "Catch",
        "Branches",
        "ItemProcessor",
        "Iterator",
        "ItemsPath",
        "Seconds",
        "Timestamp",
        "Error",
        "Cause",
        "Assign",
    ),
    *("Output", "Arguments", "QueryLanguage", "Resource", "TimeoutSeconds", "MaxConcurrency", "Comment"),
]
NAMES = ["A", "B", "C", "", "a" * 81]
DEEPEST = 3


def _value(data: atheris.FuzzedDataProvider, depth: int) -> Any:
    kind = data.ConsumeIntInRange(0, 9)
    if kind == 0:
        return data.ConsumeUnicodeNoSurrogates(16)
    if kind == 1:
        return data.ConsumeIntInRange(-2, 100)
    if kind == 2:
        return data.ConsumeFloat()
    if kind == 3:
        return data.ConsumeBool()
    if kind == 4:
        return None
    if kind == 5:
        return NAMES[data.ConsumeIntInRange(0, len(NAMES) - 1)]
    if kind == 6 and depth < DEEPEST:
        return [_value(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 3))]
    if kind == 7 and depth < DEEPEST:
        return _machine(data, depth + 1)
    if kind == 8 and depth < DEEPEST:
        return _state(data, depth + 1)
    return "$." + data.ConsumeUnicodeNoSurrogates(6)


def _state(data: atheris.FuzzedDataProvider, depth: int) -> Any:
    state = {"Type": TYPES[data.ConsumeIntInRange(0, len(TYPES) - 1)]}
    for _ in range(data.ConsumeIntInRange(0, 5)):
        state[FIELDS[data.ConsumeIntInRange(0, len(FIELDS) - 1)]] = _value(data, depth)
    return state


def _machine(data: atheris.FuzzedDataProvider, depth: int) -> dict[str, Any]:
    states = {name: _state(data, depth) for name in NAMES[: data.ConsumeIntInRange(0, len(NAMES))]}
    return {"StartAt": _value(data, DEEPEST), "States": states, "QueryLanguage": _value(data, DEEPEST)}


def one_input(data: bytes) -> None:
    """Read the bytes as a definition, as a path and as an intrinsic; or read a definition made of them."""
    text = data.decode("utf-8", "replace")
    for read, refused in (
        (documents.read, documents.DocumentError),
        (paths.parse, paths.PathSyntaxError),
        (intrinsics.parse, intrinsics.IntrinsicSyntaxError),
    ):
        with suppress(refused):
            read(text)
    made = json.dumps(_machine(atheris.FuzzedDataProvider(data), 0))
    for definition in (text, made):
        documents.write([problem.as_dict() for problem in checker.check(definition, "STANDARD")])
        parsed = parser.parse(definition)
        if parsed.machine is not None:
            graph.build(parsed.machine)
            documents.write(predict(parsed.machine, {"a": 1}).as_dict())


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
