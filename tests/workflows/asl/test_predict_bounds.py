"""Predicting keeps to bounds: of time, of data, of loops; what is over one is not known, never a failure made up."""

import time
from typing import Any

import pytest

from tests.workflows.asl.machines import TASK, jsonata, machine
from workflows.asl.jsonata import Reading, Unread
from workflows.asl.predict import predict

pytestmark = pytest.mark.usefixtures("patience")


def test_a_loop_is_followed_for_a_while_only() -> None:
    told = predict(machine("A", A={"Type": "Pass", "Next": "A"}), {})
    assert told.status == "unknown"
    assert "only" in (told.reason or "")


def test_data_that_doubles_in_a_loop_ends_where_awss_limit_does() -> None:
    double = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "A"}
    told = predict(machine("A", A=double), {"x": 1})
    assert told.error == "States.DataLimitExceeded"


class Slow:
    """An evaluator for which every expression is too much."""

    def evaluate(self, expression: str, bindings: Any, seconds: float | None = None) -> Any:
        raise Unread("", "The expression took longer than 0.5 s.")

    def make_ready(self) -> None:
        """It is."""

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        return Reading()


class Sleeping(Slow):
    """An evaluator that takes its time."""

    def evaluate(self, expression: str, bindings: Any, seconds: float | None = None) -> Any:
        time.sleep(0.02)
        return 1


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Choice", "Choices": [{"Condition": "{% $slow() %}", "Next": "A"}], "Default": "A"},
        {"Type": "Pass", "Output": "{% $slow() %}", "End": True},
    ],
)
def test_of_an_expression_that_takes_too_long_here_nobody_can_say_what_it_gives(state: dict[str, Any]) -> None:
    told = predict({**machine("A", A=state), "QueryLanguage": "JSONata"}, {}, Slow())
    assert (told.status, told.error) == ("unknown", None)
    assert "was not evaluated here" in (told.reason or "")


@pytest.mark.parametrize(
    ("state", "data"),
    [
        (
            {"Type": "Pass", "Parameters": {f"k{n}.$": "$..b" for n in range(500)}, "End": True},
            {"a": [{"b": 0}] * 3_000},
        ),
        ({"Type": "Pass", "Output": ["{% $slow() %}"] * 3_000, "End": True, "QueryLanguage": "JSONata"}, {}),
        (
            {"Type": "Pass", "Parameters": {f"k{n}.$": "States.ArrayUnique($)" for n in range(3_000)}, "End": True},
            [1] * 9_000,
        ),
        (
            {"Type": "Pass", "Parameters": {"k.$": f"States.JsonToString(States.Array({'$,' * 5_000}$))"}, "End": True},
            "x" * 99_999,
        ),
        (
            {"Type": "Pass", "Parameters": {"k.$": f"States.Format('{'{}' * 3_000}'{',$' * 3_000})"}, "End": True},
            "x" * 99_999,
        ),
        (
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "StringMatches": f"*a*b*c*{n}", "Next": "A"} for n in range(9_000)],
            },
            "abc" * 40_000,
        ),
    ],
)
def test_one_bound_holds_for_all_that_is_in_a_state(state: dict[str, Any], data: Any) -> None:
    began = time.monotonic()
    told = predict(machine("A", A=state), data, Sleeping(), seconds=0.02)
    assert (told.status, told.error) == ("unknown", None)
    assert told.reason
    assert told.reason.endswith(".")
    assert not told.reason.endswith("..")
    assert time.monotonic() - began < 5  # 0.1 s alone; most of these took minutes


def test_a_way_whose_data_is_too_much_to_tell_is_not_followed_further() -> None:
    told = predict(machine("A", A={"Type": "Pass", "Next": "A"}), "x" * 200_000)
    assert told.status == "unknown"
    assert len(told.steps) < 100


@pytest.mark.parametrize("text", ["é" * 50_000, "\N{GRINNING FACE}" * 30_000, [1] * 100_000, "x" * 262_130])
def test_data_is_as_large_as_its_bytes_in_utf_8(text: Any) -> None:
    assert predict(machine("A", A={"Type": "Pass", "End": True}), {"s": text}).status == "succeeded"


def test_data_beyond_256_kib_ends_the_way() -> None:
    told = predict(machine("A", A={"Type": "Pass", "End": True}), {"s": "é" * 131_072})
    assert (told.status, told.error) == ("failed", "States.DataLimitExceeded")


def test_data_that_nests_in_a_loop_is_not_followed_for_ever() -> None:
    told = predict(machine("A", A={"Type": "Pass", "Parameters": {"a.$": "$"}, "Next": "A"}), {"x": 1})
    assert told.status == "unknown"
    assert "nested too deeply" in (told.reason or "")


def test_jsonata_that_could_not_be_read_in_time_says_nothing_against_a_definition() -> None:
    assert predict(jsonata("A", A={"Type": "Succeed", "Output": "{% 1"}, B=TASK), {}, Slow()).status == "succeeded"
