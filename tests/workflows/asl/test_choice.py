"""Where a Choice state goes: the first rule that is true, Default, or an error as AWS names it; and what was seen."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.timing import takes_less_than
from workflows.asl import documents
from workflows.asl.choice import ChoiceAnswer, choose
from workflows.asl.operators import OPERATORS

INPUT = {"type": "REFUND", "value": 7, "at": "2026-01-02T03:04:05Z", "none": None, "items": [{"n": 1}, {"n": 2}]}


def choice(*rules: dict[str, Any], default: str | None = "Else", **fields: Any) -> dict[str, Any]:
    """A Choice state; rule number 0 leads to R0 and so on where it names no state itself."""
    numbered = [{"Next": f"R{number}", **rule} for number, rule in enumerate(rules)]
    return {"Type": "Choice", "Choices": numbered, **({"Default": default} if default else {}), **fields}


def equals(path: str, text: str) -> dict[str, Any]:
    return {"Variable": path, "StringEquals": text}


def decide(*rules: dict[str, Any], given: Any = INPUT, **more: Any) -> ChoiceAnswer:
    return choose(choice(*rules), given, **more)


class TestRules:
    def test_the_first_true_rule_decides_and_later_ones_are_not_tried(self) -> None:
        answer = decide(equals("$.type", "NO"), equals("$.type", "REFUND"), equals("$.missing", "x"))
        assert (answer.next, answer.rule, answer.error) == ("R1", 1, None)
        assert [rule.matched for rule in answer.rules] == [False, True]

    def test_default_is_taken_when_nothing_matches(self) -> None:
        answer = decide(equals("$.type", "NO"))
        assert (answer.next, answer.rule, answer.error) == ("Else", "default", None)

    def test_no_match_and_no_default_is_an_error(self) -> None:
        answer = choose(choice(equals("$.type", "NO"), default=None), INPUT)
        assert (answer.next, answer.rule, answer.error) == (None, None, "States.NoChoiceMatched")

    def test_what_is_no_choice_state_is_answered_and_not_raised(self) -> None:
        assert choose({"Type": "Pass", "End": True}, {}).error == "States.Runtime"


class TestJoinedTests:
    YES, NO, MISSING = equals("$.type", "REFUND"), equals("$.type", "NO"), equals("$.missing", "x")

    @pytest.mark.parametrize(
        ("test", "matched"),
        [
            ({"And": [YES, YES]}, True),
            ({"And": [YES, NO]}, False),
            ({"And": [NO, MISSING]}, False),  # decided before the missing one
            ({"Or": [NO, YES]}, True),
            ({"Or": [YES, MISSING]}, True),
            ({"Or": [NO, NO]}, False),
            ({"Not": NO}, True),
            ({"Not": YES}, False),
            ({"Not": {"And": [YES, {"Not": NO}]}}, False),
            ({"And": [{"Or": [NO, YES]}, {"Not": {"Or": [NO, NO]}}]}, True),
        ],
    )
    def test_they_are_as_true_as_their_parts(self, test: dict[str, Any], matched: bool) -> None:
        assert (decide(test).next == "R0") is matched

    @pytest.mark.parametrize("test", [{"And": [YES, MISSING]}, {"Or": [NO, MISSING]}, {"Not": MISSING}])
    def test_a_part_that_cannot_be_decided_fails_the_choice(self, test: dict[str, Any]) -> None:
        answer = decide(test)
        assert (answer.next, answer.rule, answer.error) == (None, None, "States.Runtime")

    def test_their_parts_are_told_up_to_the_one_that_decided(self) -> None:
        told = decide({"And": [self.YES, {"Not": self.YES}, self.YES]}).rules[0].as_dict()
        assert told["test"]["op"] == "and"
        assert [part.get("op", part.get("operator")) for part in told["test"]["tests"]] == ["StringEquals", "not"]
        assert told["test"]["tests"][1]["tests"][0]["matched"] is True


class TestWhatIsLookedAt:
    @pytest.mark.parametrize("operator", sorted(OPERATORS))
    def test_a_variable_that_is_missing_fails_the_choice(self, operator: str) -> None:
        operand = {"IsNull": True}.get(operator, "$.value" if operator.endswith("Path") else "x")
        answer = decide({"Variable": "$.missing.deeper", operator: operand})
        assert (answer.next, answer.error) == (None, "States.Runtime")
        assert "Invalid path '$.missing.deeper'" in str(answer.cause)
        assert answer.rules[0].test["why"] == "there is no value at $.missing.deeper"

    @pytest.mark.parametrize("operator", sorted(one for one in OPERATORS if one.endswith("Path")))
    def test_an_operand_that_is_missing_fails_the_choice(self, operator: str) -> None:
        answer = decide({"Variable": "$.type", operator: "$.missing"})
        assert (answer.next, answer.error) == (None, "States.Runtime")

    @pytest.mark.parametrize(
        ("path", "is_there"),
        [("$.type", True), ("$.none", True), ("$.missing", False), ("$.type.deeper", False), ("$.items[2]", False)],
    )
    def test_presence_is_the_one_thing_a_missing_value_can_be_asked_for(self, path: str, is_there: bool) -> None:
        assert (decide({"Variable": path, "IsPresent": True}).next == "R0") is is_there
        assert (decide({"Variable": path, "IsPresent": False}).next == "R0") is not is_there

    def test_a_guard_of_presence_keeps_the_choice_from_failing(self) -> None:
        guard = {"Variable": "$.missing", "IsPresent": True}
        assert decide({"And": [guard, equals("$.missing", "x")]}).rule == "default"

    def test_variables_and_the_context_object_have_their_own_roots(self) -> None:
        looked = {"variables": {"kind": {"name": "A"}}, "context": {"State": {"Name": "Check"}}}
        assert decide(equals("$kind.name", "A"), **looked).next == "R0"
        assert decide(equals("$$.State.Name", "Check"), **looked).next == "R0"
        assert decide({"Variable": "$.type", "StringEqualsPath": "$kind.name"}, **looked).next == "Else"
        assert decide(equals("$other", "A"), **looked).error == "States.Runtime"
        assert decide(equals("$$.Execution.Id", "A"), **looked).error == "States.Runtime"

    def test_input_path_narrows_what_is_looked_at(self) -> None:
        rules = (equals("$.n", "x"), {"Variable": "$.n", "NumericEquals": 2})
        assert choose(choice(*rules, InputPath="$.items[1]"), INPUT).next == "R1"
        emptied = choice({"Variable": "$.n", "IsPresent": False}, InputPath=None)
        assert choose(emptied, {"n": 1}).next == "R0"

    def test_an_input_path_that_leads_to_nothing_fails_the_choice_before_any_rule(self) -> None:
        lost = choice({"Variable": "$.n", "IsPresent": True}, InputPath="$.missing", Default="Else")
        answer = choose(lost, {"n": 1})
        assert (answer.error, answer.next, answer.rules) == ("States.Runtime", None, ())
        assert "$.missing" in (answer.cause or "")

    def test_a_path_of_many_values_gives_their_list(self) -> None:
        answer = decide({"Variable": "$.items[*].n", "IsNumeric": True})
        assert answer.rules[0].test["actual"] == [1, 2]
        assert answer.rule == "default"


class TestExplanation:
    def test_a_comparison_tells_both_sides_and_why(self) -> None:
        (rule,) = decide({"Variable": "$.value", "NumericGreaterThanPath": "$.items[1].n"}).as_dict()["rules"]
        assert rule == {
            "index": 0,
            "next": "R0",
            "matched": True,
            "test": {
                "variable": "$.value",
                "operator": "NumericGreaterThanPath",
                "expected": "$.items[1].n",
                "actual": 7,
                "matched": True,
                "why": "7 is greater than 2",
            },
        }

    def test_numbers_keep_their_digits(self) -> None:
        given = documents.read_value('{"n": 12345678901234567890.10}')
        answer = decide({"Variable": "$.n", "NumericEquals": Decimal("12345678901234567890.1")}, given=given)
        assert answer.next == "R0"
        assert answer.rules[0].test["why"] == "12345678901234567890.10 equals 12345678901234567890.1"


class TestHostile:
    def test_a_thousand_rules_on_a_large_value_take_less_than_a_second(self) -> None:
        large = {"rows": [{"name": "x" * 50, "n": n} for n in range(3_000)]}
        rules: list[dict[str, Any]] = [
            {"Variable": "$", "StringEquals": "x"},
            {"Variable": "$.rows", "IsString": True},
        ] * 500
        assert decide(*rules, given=large).rule == "default"
        assert takes_less_than(1, lambda: decide(*rules, given=large))

    def test_tests_nested_as_deeply_as_a_document_may_be_are_decided(self) -> None:
        test = equals("$.type", "REFUND")
        for _ in range(180):
            test = {"Not": test}
        assert decide(test).next == "R0"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=6,
)
PATHS = st.sampled_from(
    ["$", "$.a", "$.a.b", "$.a[0]", "$..a", "$.*", "$v", "$$.a", "$.a[?(@.b > 1)]", "", "a"]
) | st.text(max_size=8)
COMPARISONS = st.builds(
    lambda path, name, operand: {"Variable": path, name: operand},
    PATHS | VALUES,
    st.sampled_from([*sorted(OPERATORS), "IsPresent", "NoOperator"]),
    PATHS | VALUES,
)
TESTS = st.recursive(
    COMPARISONS | VALUES,
    lambda inner: (
        st.builds(lambda name, tests: {name: tests}, st.sampled_from(["And", "Or"]), st.lists(inner, max_size=3))
        | st.builds(lambda test: {"Not": test}, inner)
    ),
    max_leaves=5,
)


@examples(60)
@given(
    st.lists(TESTS, max_size=4), VALUES, st.dictionaries(st.just("v"), VALUES), st.dictionaries(st.just("a"), VALUES)
)
def test_whatever_the_rules_and_the_input_are_there_is_an_answer(
    rules: list[Any], given: Any, variables: dict[str, Any], context: dict[str, Any]
) -> None:
    answer = choose({"Type": "Choice", "Choices": rules, "Default": "Else"}, given, variables, context)
    assert not answer.is_known or answer.error or answer.rule == "default" or answer.rules[-1].matched
    documents.write(answer.as_dict())
