"""atheris on choosing: `python -m tests.fuzz.fuzz_choose -max_total_time=600`. Any rules and input get an answer."""

import json
import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["workflows.asl"]):
    from workflows.asl import documents
    from workflows.asl.choice import choose
    from workflows.asl.operators import OPERATORS

NAMES = [*sorted(OPERATORS), "IsPresent", "NoOperator", "And", "Or", "Not", "Condition"]
PATHS = ["$", "$.a", "$.a.b", "$.a[0]", "$..a", "$.*", "$.a[?(@.b > 1)]", "$v", "$v.a", "$$.a", "$['a']"]
INPUTS = [{}, {"a": {"b": 1}}, {"a": [{"b": 2}, None]}, {"a": "2016-03-14T01:59:00Z"}, [], "a*b", None]
DEEPEST = 4


def _value(data: atheris.FuzzedDataProvider) -> Any:
    kind = data.ConsumeIntInRange(0, 6)
    if kind == 0:
        return data.ConsumeUnicodeNoSurrogates(12)
    if kind == 1:
        return data.ConsumeInt(8)
    if kind == 2:
        return data.ConsumeFloat()
    if kind == 3:
        return data.ConsumeBool()
    if kind == 4:
        return None
    return INPUTS[data.ConsumeIntInRange(0, len(INPUTS) - 1)]


def _path(data: atheris.FuzzedDataProvider) -> Any:
    if data.ConsumeBool():
        return PATHS[data.ConsumeIntInRange(0, len(PATHS) - 1)]
    return "$" + data.ConsumeUnicodeNoSurrogates(12)


def _test(data: atheris.FuzzedDataProvider, depth: int) -> Any:
    name = NAMES[data.ConsumeIntInRange(0, len(NAMES) - 1)]
    if depth < DEEPEST and name in ("And", "Or"):
        return {name: [_test(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 3))]}
    if depth < DEEPEST and name == "Not":
        return {name: _test(data, depth + 1)}
    operand = _path(data) if name.endswith("Path") else _value(data)
    return {"Variable": _path(data), name: operand, "Next": "A"}


def one_input(data: bytes) -> None:
    """Choose by made rules, or by whatever state and input the bytes are."""
    try:
        asked = documents.read_value(data.decode())
        state, given = asked["state"], asked["input"]
    except (ValueError, KeyError, TypeError, IndexError):
        provider = atheris.FuzzedDataProvider(data)
        rules = [_test(provider, 0) for _ in range(provider.ConsumeIntInRange(0, 4))]
        state, given = {"Type": "Choice", "Choices": rules, "Default": "B"}, _value(provider)
    if not isinstance(state, dict):
        return
    answer = choose(state, given, {"v": INPUTS[1]}, INPUTS[2])
    assert answer.error or answer.rule is not None
    json.dumps(answer.as_dict(), default=str)
    documents.write(answer.as_dict())


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
