"""What intrinsic functions give and refuse when a machine runs, as on AWS and within its bounds."""

import hashlib
import json
import re
from typing import Any

import pytest

from ..conftest import Bench

INPUT = {"text": "abc", "half": 1.5, "one": {"a": 1.5, "b": {"c": "é"}}, "two": {"b": 2}, "items": [{"n": 1}, {"n": 2}]}


def run(bench: Bench, call: str) -> dict[str, Any]:
    state = {"Type": "Pass", "Parameters": {"r.$": call}, "End": True}
    described, _ = bench.run({"StartAt": "P", "States": {"P": state}}, INPUT)
    return described


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("States.ArrayRange(1, 1000, 1)", list(range(1, 1001))),
        ("States.Hash($.one, 'SHA-256')", hashlib.sha256('{"a":1.5,"b":{"c":"é"}}'.encode()).hexdigest()),
        ("States.JsonToString($.one)", '{"a":1.5,"b":{"c":"é"}}'),
        ("States.MathAdd($.half, 1)", 3),
        ("States.MathAdd(1.5, 1)", 3),
        ("States.Array(1.5, $.half, States.StringToJson('2.50'))", [1.5, 1.5, 2.5]),
        ("States.ArrayContains(States.Array(1, true), 1)", True),
        ("States.ArrayUnique(States.Array(1, true, '1'))", [1, True, "1"]),
        ("States.ArrayLength($.items[?(@.n > 1)])", 1),
        ("States.ArrayGetItem($..n, 1)", 2),
        ("States.JsonMerge($.one, $.two, false)", {"a": 1.5, "b": 2}),
        ("States.Format('{} of {}', $.one, $.half)", "{a=1.5, b={c=é}} of 1.5"),
        ("States.Format('{}', $$.State.Name)", "P"),
        ("States.StringToJson('')", None),
    ],
)
def test_a_function_gives_what_aws_gives(bench: Bench, call: str, expected: Any) -> None:
    assert json.loads(run(bench, call)["output"]) == {"r": expected}


@pytest.mark.parametrize(
    "call",
    [
        "States.ArrayRange(1,1001,1)",
        "States.ArrayRange(1,200000,1)",
        "States.ArrayLength($.text)",
        "States.ArrayContains($.text, 'a')",
        "States.JsonMerge($.one, $.two, true)",
        "States.Base64Decode('!!')",
        "States.Format('{}')",
        "States.ArrayGetItem($.items, -1)",
        "States.StringToJson('{')",
    ],
)
def test_a_function_refuses_what_aws_refuses(bench: Bench, call: str) -> None:
    described = run(bench, call)
    assert described["error"] == "States.IntrinsicFailure"
    assert f"The function '{call}' had the following error" in described["cause"]


def test_a_range_of_a_billion_is_refused_before_it_is_made(bench: Bench) -> None:
    refused = run(bench, "States.ArrayRange(1,1001,1)")
    assert refused["error"] == "States.IntrinsicFailure"  # else the next would take all memory
    assert run(bench, "States.ArrayRange(1,1000000000,1)")["error"] == "States.IntrinsicFailure"


def test_what_differs_in_every_run_is_made_up(bench: Bench) -> None:
    made = json.loads(run(bench, "States.Array(States.UUID(), States.MathRandom(1, 2))")["output"])["r"]
    assert re.fullmatch(r"[0-9a-f-]{36}", made[0])
    assert made[1] == 1  # the second number is not among what may come


def test_jsonatas_range_is_bounded_as_well(bench: Bench) -> None:
    def run_range(last: int) -> dict[str, Any]:
        state = {"Type": "Pass", "Output": f"{{% $count($range(1, {last}, 1)) %}}", "End": True}
        return bench.run({"StartAt": "P", "QueryLanguage": "JSONata", "States": {"P": state}})[0]

    assert run_range(1_000)["output"] == "1000"
    assert run_range(1_001)["error"] == "States.QueryEvaluationError"
