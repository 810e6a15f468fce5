"""JSONata as AWS evaluates it: values, AWS's own functions, errors with their codes, and bounds."""

import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from workflows.asl.jsonata import UNDEFINED, EvaluationError, Reading, Unread
from workflows.evaluation import ChildEvaluator, evaluator

VALUES: dict[str, Any] = {
    "states": {"input": {"a": [1, 2, 3], "n": Decimal("1.5"), "t": "x", "none": None}},
    "v": {"k": "w"},
}


@pytest.fixture(scope="module")
def jsonata() -> Iterator[ChildEvaluator]:
    made = ChildEvaluator()
    made.evaluate("1", {})
    yield made
    made._child.stop()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.a[0]", 1),
        ("$states.input.n * 2", 3),
        ("$states.input.t & $v.k", "xw"),
        ("$states.input.none", None),
        ("$states.input.missing", UNDEFINED),
        ("[]", []),
        ("{}", {}),
        ("$sum($states.input.a)", 6),
        ("$states.input.a[$ > 1]", [2, 3]),
        ("0.1 + 0.2", Decimal("0.30000000000000004")),  # doubles, as on AWS
        ("{'a': null, 'b': [null]}", {"a": None, "b": [None]}),
        ("$string($states.input.n)", "1.5"),
        ("$map($states.input.a, function($x) { $x * $x })", [1, 4, 9]),
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(1, 9, 4)", [1, 5, 9]),
        ("$hash('x', 'SHA-256')", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
        ("$parse('{\"a\": [1.5]}')", {"a": [Decimal("1.5")]}),
        ("$length($uuid())", 36),
        ("$random() < 1", True),
        ("$random(7) = $random(7)", True),
    ],
)
def test_an_expression_has_its_value(jsonata: ChildEvaluator, expression: str, value: Any) -> None:
    found = jsonata.evaluate(expression, VALUES)
    assert found == value
    assert type(found) is type(value) or isinstance(found, Decimal | int)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("$nobody()", "T1006"),
        ("1 + 'a'", "T2002"),
        ("1 < 'a'", "T2009"),
        ("(", "S0203"),
        ("$error('stop')", "D3137"),
        ("$eval('1')", "D3120"),
        ("$range(1, 5000, 1)", "D2014"),
        ("$hash('x', 'ROT13')", "T0410"),
    ],
)
def test_an_error_has_jsonatas_code(jsonata: ChildEvaluator, expression: str, code: str) -> None:
    with pytest.raises(EvaluationError) as failed:
        jsonata.evaluate(expression, VALUES)
    assert failed.value.code == code
    assert str(failed.value) == f"{code}: {failed.value.message}"


def test_syntax_is_checked_without_evaluating(jsonata: ChildEvaluator) -> None:
    assert jsonata.read("$nobody($states.input.a)") == Reading()
    assert jsonata.read("(1").problem is not None


def test_an_expression_too_deep_to_be_read_here_is_not_called_wrong(jsonata: ChildEvaluator) -> None:
    with pytest.raises(Unread):
        jsonata.read("(" * 5_000 + "1" + ")" * 5_000)


def test_an_expression_is_read_in_the_time_given_only_and_the_next_one_again() -> None:
    jsonata = ChildEvaluator()
    jsonata.make_ready()
    try:
        with pytest.raises(Unread, match=r"longer than 0\.03 s"):
            jsonata.read(f"[{','.join(['$states.input.a'] * 20_000)}]", 0.03)
        assert jsonata.read("1", 5) == Reading()
    finally:
        jsonata._child.stop()


def test_what_was_read_once_is_known_without_asking_again(jsonata: ChildEvaluator) -> None:
    first = [jsonata.read("$a + $b + c"), jsonata.read("$a +")]
    assert [jsonata.read("$a + $b + c", 0.0), jsonata.read("$a +", 0.0)] == first
    with pytest.raises(Unread):
        jsonata.read("$a + $b + d", 0.0)


def test_what_there_is_no_time_for_is_not_asked(jsonata: ChildEvaluator) -> None:
    jsonata.make_ready()
    process = jsonata._child._process
    for seconds in (0.001, -1):
        with pytest.raises(Unread, match="no time left"):
            jsonata.evaluate("1", {}, seconds)
    assert jsonata.evaluate("1", {}, 5) == 1
    assert jsonata._child._process is process


def test_one_question_leaves_nothing_to_the_next(jsonata: ChildEvaluator) -> None:
    assert jsonata.evaluate("($secret := 7; $secret)", {}) == 7
    assert jsonata.evaluate("$secret", {}) is UNDEFINED
    assert jsonata.evaluate("$v", VALUES) == {"k": "w"}
    assert jsonata.evaluate("$v", {}) is UNDEFINED


@pytest.mark.parametrize(
    "expression",
    [
        "($f := function() { $f() }; $f())",
        "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', /^(a|a)*$/)",
        "$reduce([1..10000000], function($i, $j) { $i + $j })",
        "$pad('', 2000000000, 'x')",
    ],
)
def test_an_expression_is_bounded_in_time_and_memory(jsonata: ChildEvaluator, expression: str) -> None:
    began = time.monotonic()
    with pytest.raises(EvaluationError):
        jsonata.evaluate(expression, {})
    assert time.monotonic() - began < 5
    assert jsonata.evaluate("1 + 1", {}) == 2


def test_an_error_that_the_library_prints_of_is_an_error_and_answers_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    evaluator = ChildEvaluator(seconds=30)
    with pytest.raises(EvaluationError, match="T1006"):
        evaluator.evaluate("($f := $states.input.f; $f())", {"states": {"input": {"f": "x" * 9_000}}})
    with pytest.raises(EvaluationError, match="T1006"):
        evaluator.evaluate("$v()", {"v": "\ud800"})
    assert [evaluator.evaluate("$who", {"who": who}) for who in ("ann", "bob")] == ["ann", "bob"]


def test_values_that_are_too_large_are_refused_before_they_are_sent(jsonata: ChildEvaluator) -> None:
    with pytest.raises(EvaluationError, match="too large"):
        jsonata.evaluate("$v", {"v": "x" * (1 << 20)})


def test_an_expression_cannot_leave_its_line(jsonata: ChildEvaluator) -> None:
    assert jsonata.evaluate("'a\nb' & '\u2028'", {}) == "a\nb\u2028"
    assert jsonata.evaluate("$v", {"v": "\n{}\r\n"}) == "\n{}\r\n"


def test_it_sees_nothing_of_the_machine(jsonata: ChildEvaluator) -> None:
    for name in ("os", "open", "__import__", "__builtins__"):
        assert jsonata.evaluate(f"${name}", {}) is UNDEFINED


def test_threads_share_one_evaluator(jsonata: ChildEvaluator) -> None:
    found = list[Any]()
    threads = [
        threading.Thread(target=lambda n=n: found.append(jsonata.evaluate("$n * 2", {"n": n}))) for n in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [n * 2 for n in range(10)]
    assert evaluator() is evaluator()


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("order", ["order"]),
        ("order.total[0] > limit", ["order", "limit"]),
        ("$states.input.paid ? order : 0", ["order"]),
        ("$sum(orders.total)", ["orders"]),
        ("{'id': id, key: 1}", ["id", "key"]),
        ("[1..last]", ["last"]),
        ("($o := order; $o)", ["order"]),
        ("$map($states.input.a, function($x) { rate * $x })", ["rate"]),
        ("(order).total", ["order"]),
        ("order ~> $string()", ["order"]),
        ("$", ["$"]),
        ("$.total", ["$"]),
        ("$string($$.total)", ["$$"]),
        ("$merge([$states.input, {'error': $states.errorOutput.Error}])", ["$states.errorOutput"]),
        ("$string($states.result.Payload)", ["$states.result"]),
    ],
)
def test_what_an_expression_looks_up_in_an_input_is_told(
    jsonata: ChildEvaluator, expression: str, names: list[str]
) -> None:
    assert jsonata.read(expression) == Reading(looked_up=tuple(names))


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.order.total",
        "$states.input.items[price > 3 and $ != null]",
        "$states.input.items^(price).sku",
        "$states.input.items{sku: price}",
        "$states.input.order.(total + tax)",
        "$states.input ~> |order|{'paid': true}|",
        "$order.total",
        "**.total",
        "{'total': 1}.total",
        "$states.input.errorOutput",
        "$states.input.result",
        "$result.states",
        "$now()",
    ],
)
def test_what_an_expression_looks_up_in_a_value_is_nobodys_business(jsonata: ChildEvaluator, expression: str) -> None:
    assert jsonata.read(expression) == Reading()


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('$number("abc")', 'D3030: Unable to cast value to a number: "abc"'),
        ("1/0", "D1001: Number out of range: the result is none that JSON can write."),
        ("5 % 0", "D1001: Number out of range: the result is none that JSON can write."),
        ("$power(0, -1)", "D1001: Number out of range: the result is none that JSON can write."),
        ("$number(null)", "T0410: An argument of a function does not match its signature."),
        ("$abs(null)", "An operator or a function was given null, which it does not take."),
        ("null.a", "S0213: The literal value null cannot be used as a step within a path expression"),
        ("$formatNumber(1e400, '0')", "S0102: Number out of range."),
        ("$replace('a', '', 'b')", "Second argument of replace function cannot be an empty string"),
        ("$decodeUrl('%E0%A4%A')", "A text is not encoded as this function reads it, or has characters"),
        ("$error('An Object was None here')", "D3137: An Object was None here"),
        (
            '$toMillis("abc")',
            'D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "abc"',
        ),
        ('$sort([1, "a"])', "D3070: The single argument form of the sort function"),
        ('$body ~> |a|{"b": 1}|', "An operator or a function was given a value of a kind"),
    ],
)
def test_what_goes_wrong_is_told_in_words_of_jsonata(expression: str, said: str) -> None:
    with pytest.raises(EvaluationError) as failed:
        evaluator().evaluate(expression, {"body": {"a": "x"}})
    assert str(failed.value).startswith(said)
