"""What intrinsic functions give, and what they refuse. Expectations are those of AWS's developer guide."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from workflows.asl import functions, intrinsics, paths
from workflows.asl.functions import IntrinsicFailure, Unknowable
from workflows.asl.intrinsics import IntrinsicSyntaxError

DATA = {
    "name": "Ada",
    "template": "Hi {}",
    "items": [1, 2, 3, 4, 5],
    "mixed": [1, 1, "1", True, {"a": 1}, {"a": 1}, 3],
    "one": {"a": 1, "b": {"x": 1}},
    "two": {"b": {"y": 2}},
    "text": '{"amount": 12.50}',
    "n": 7,
    "blank": " ",
    "accented": ["é", Decimal("12.50"), None],
}


def value(call: str) -> Any:
    return functions.evaluate(intrinsics.parse(call), lambda path: paths.find(path, DATA, {}, {}))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("States.Array()", []),
        ("States.Array(1, 'a', null, $.name)", [1, "a", None, "Ada"]),
        ("States.ArrayPartition($.items, 2)", [[1, 2], [3, 4], [5]]),
        ("States.ArrayContains($.items, 5)", True),
        ("States.ArrayContains($.items, '5')", False),
        ("States.ArrayContains($.items, true)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
        ("States.ArrayRange(5, 1, 1)", []),
        ("States.ArrayGetItem($.items, 4)", 5),
        ("States.ArrayLength($.items)", 5),
        ("States.ArrayUnique($.mixed)", [1, "1", True, {"a": 1}, 3]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGVjb2RlZCBkYXRh')", "Decoded data"),
        ("States.Base64Decode('YQ')", "a"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.Hash($.one, 'SHA-1')", hashlib.sha1(b'{"a":1,"b":{"x":1}}').hexdigest()),
        ("States.JsonMerge($.one, $.two, false)", {"a": 1, "b": {"y": 2}}),
        ("States.StringToJson($.text)", {"amount": Decimal("12.50")}),
        ("States.StringToJson($.blank)", None),
        ("States.JsonToString($.one)", '{"a":1,"b":{"x":1}}'),
        ("States.JsonToString($.accented)", '["é",12.50,null]'),
        ("States.MathAdd($.n, -1)", 6),
        ("States.StringSplit('1,2,3,4,5', ',')", ["1", "2", "3", "4", "5"]),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.Format('Hello, my name is {}.', $.name)", "Hello, my name is Ada."),
        ("States.Format($.template, $.name)", "Hi Ada"),
        (r"States.Format('\{{}\} it\'s \\ {}', $.n, true)", r"{7} it's \ true"),
        ("States.Format('{} {}', $.one, States.Array(1, 'x'))", "{a=1, b={x=1}} [1, x]"),
        ("States.ArrayLength(States.ArrayUnique(States.Array(1, 1)))", 1),
        ("States.ArrayGetItem( $.items , 0 )", 1),
    ],
)
def test_a_function_gives_what_aws_gives(call: str, expected: Any) -> None:
    assert value(call) == expected
    assert type(value(call)) is type(expected)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("States.ArrayGetItem($.items, 5)", "no item 5"),
        ("States.ArrayGetItem($.name, 0)", "an array is wanted"),
        ("States.ArrayPartition($.items, 0)", "at least 1"),
        ("States.ArrayRange(1, 2, 0)", "not 0"),
        ("States.ArrayRange(0, 1000000000, 1)", "at most 1,000"),
        ("States.ArrayRange(1, 1001, 1)", "at most 1,000"),
        ("States.ArrayRange(0, -1000000000, -1)", "at most 1,000"),
        ("States.Base64Decode('%%')", "not Base64"),
        ("States.Hash('a', 'CRC32')", "one of MD5"),
        ("States.JsonMerge($.one, $.two, true)", "top level only"),
        ("States.JsonMerge($.one, $.n, false)", "two objects"),
        ("States.StringToJson($.name)", "not JSON"),
        ("States.StringToJson($.n)", "a text is wanted"),
        ("States.MathAdd($.name, 1)", "a number is wanted"),
        ("States.Format('{} {}', $.name)", "more {} than values"),
        ("States.Format('{}', $.name, $.n)", "more values than {}"),
    ],
)
def test_a_function_refuses_what_aws_refuses(call: str, why: str) -> None:
    with pytest.raises(IntrinsicFailure, match=why):
        value(call)


def test_who_runs_a_machine_has_made_up_what_differs_in_every_run() -> None:
    def run(call: str) -> Any:
        return functions.evaluate(intrinsics.parse(call), lambda path: paths.find(path, DATA, {}, {}), runs=True)

    assert len({run("States.Format('{}', States.UUID())") for _ in range(2)}) == 2
    assert {run("States.MathRandom(1, 3)") for _ in range(100)} == {1, 2}
    assert run("States.MathRandom(1, 999999, 7)") == run("States.MathRandom(1, 999999, 7)")
    with pytest.raises(IntrinsicFailure, match="less than the second"):
        run("States.MathRandom(3, 3)")


@pytest.mark.parametrize("call", ["States.UUID()", "States.MathRandom(1, 9)", "States.Format('{}', States.UUID())"])
def test_what_differs_in_every_run_is_not_made_up(call: str) -> None:
    with pytest.raises(Unknowable):
        value(call)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("States.Nothing(1)", "There is no function"),
        ("States.Array", "parentheses"),
        ("States.Array(1", "closing parenthesis is missing"),
        ("States.Array(1 2)", "comma"),
        ("States.Array(1) x", "Nothing may follow"),
        ("States.Array(1,)", "An argument is"),
        ('States.Array("x")', "An argument is"),
        ("States.ArrayLength(1, 2)", "takes 1 arguments"),
        ("States.Format()", "at least 1"),
        ("States.MathRandom(1)", "2 to 3"),
        ("Array(1)", "begins with States"),
        (f"States.Array({'9' * 200})", "too long"),
        ("States.Array(" * 11 + ")" * 11, "at most 10 deep"),
    ],
)
def test_what_is_no_call_is_told(call: str, why: str) -> None:
    with pytest.raises(IntrinsicSyntaxError, match=why):
        intrinsics.parse(call)


def test_a_path_among_the_arguments_may_hold_commas_and_parentheses() -> None:
    call = intrinsics.parse("States.Array($['a,b)'], $.x[?(@.y == ')')])")
    assert [argument.text for argument in call.arguments if isinstance(argument, paths.Path)] == [
        "$['a,b)']",
        "$.x[?(@.y == ')')]",
    ]
