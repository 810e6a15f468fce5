"""atheris on the checker: `python -m tests.fuzz.fuzz_check -max_total_time=600`. Whatever it is given, it answers."""

import json
import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["workflows.asl"]):
    from workflows.asl.checker import check, fields

WORDS: list[str] = sorted(
    {
        *fields.STATES,
        *(name for shape in (fields.MACHINE, fields.PROCESSOR, fields.CATCHER) for name in shape.fields),
        *(name for shape in fields.STATES.values() for name in shape.fields),
        *("And", "Or", "Not", "Variable", "StringEquals", "NumericLessThan", "IsPresent", "Condition"),
        *("States.ALL", "a.$", "$.a", "$..[?(@.b)]", "States.Format('{}', $.a)", "{% $a %}", "${b}", "JSONata", "Mode"),
        *("DISTRIBUTED", "arn:aws:states:::lambda:invoke.waitForTaskToken", "A", "B", "C"),
    }
)


def _value(data: atheris.FuzzedDataProvider, level: int) -> Any:
    match data.ConsumeIntInRange(0, 8 if level < 7 else 4):
        case 0:
            return data.ConsumeBool()
        case 1:
            return data.ConsumeIntInRange(-2, 100)
        case 2:
            return data.ConsumeUnicode(12)
        case 3 | 4:
            return _word(data)
        case 5:
            return [_value(data, level + 1) for _ in range(data.ConsumeIntInRange(0, 3))]
        case _:
            return {_word(data): _value(data, level + 1) for _ in range(data.ConsumeIntInRange(0, 5))}


def _word(data: atheris.FuzzedDataProvider) -> str:
    index: int = data.ConsumeIntInRange(0, len(WORDS) - 1)
    return WORDS[index]


def one_input(data: bytes) -> None:
    """Check a made definition, and the bytes themselves as a text."""
    check(data.decode("utf-8", "replace"))
    provider = atheris.FuzzedDataProvider(data)
    states = {_word(provider): _value(provider, 0) for _ in range(provider.ConsumeIntInRange(0, 5))}
    made = {"StartAt": _word(provider), "QueryLanguage": _word(provider), "States": states}
    check(made, "EXPRESS")
    for problem in check(json.dumps(made)):
        json.dumps(problem.as_dict())


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
