"""Small conditions: what each operator takes for true, what is said of it, and what is no condition."""

from decimal import Decimal
from typing import Any

import pytest

from transactions import conditions
from transactions.conditions import MISSING, BadCondition


@pytest.mark.parametrize(
    ("line", "seen", "holds", "sentence"),
    [
        ("amount > 100", 40, False, "amount 40 is not > 100"),
        ("amount > 100", Decimal("100.01"), True, "amount 100.01 is > 100"),
        ("amount>=100", Decimal("1E+2"), True, "amount 100 is >= 100"),
        ("amount < 100", "40", False, 'amount "40" is a text, and < compares numbers'),
        ("$.amount >= 40.1", "41", False, '$.amount "41" is a text, and >= compares numbers'),
        ("amount <= 100", True, False, "amount true is no number, and <= compares numbers"),
        ("amount > 100", None, False, "amount null is no number, and > compares numbers"),
        ("amount = 50", Decimal("50.00"), True, "amount 50.00 is = 50"),
        ("amount = true", 1, False, "amount 1 is not = true"),
        ("customer_id = 1001", "1001", True, "customer_id 1001 is = 1001"),
        ('customer_id = "1001"', "1001", True, 'customer_id 1001 is = "1001"'),
        ('customer_id = "1001"', 1001, False, 'customer_id 1001 is not = "1001"'),
        ("note = two words", "two words", True, "note two words is = two words"),
        ("note != null", None, False, "note null is not != null"),
        ("$.type = payment.refunded", "payment.refunded", True, "$.type payment.refunded is = payment.refunded"),
        ("$.a[0].b = 1", {"x": 1}, False, "$.a[0].b (an object) is not = 1"),
        ("type starts with PUR", "PURCHASE", True, "type PURCHASE starts with PUR"),
        ("type starts  with REF", "PURCHASE", False, "type PURCHASE does not start with REF"),
        ("amount != 5", MISSING, False, "amount is missing"),
    ],
)
def test_a_condition_is_judged_and_told(line: str, seen: Any, holds: bool, sentence: str) -> None:
    verdict = conditions.judge(conditions.parse(line), seen)
    assert (verdict.holds, verdict.sentence) == (holds, sentence)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "amount",
        "amount >",
        "> 100",
        "amount ~ 3",
        "amount > many",
        "$ = 1",
        "$..a = 1",
        "a b = 1",
        "x = \0",
        "x = " + "9" * 300,
    ],
)
def test_what_is_no_condition_is_refused(line: str) -> None:
    with pytest.raises(BadCondition):
        conditions.parse(line)


def test_all_of_several_are_judged_by_name() -> None:
    lines = conditions.parse_all(["amount > 100", "type = REFUND"])
    verdicts = conditions.judge_all(lines, {"amount": 40, "type": "REFUND"}.get)
    assert [verdict.holds for verdict in verdicts] == [False, True]
    with pytest.raises(BadCondition, match="At most 10"):
        conditions.parse_all(["a = 1"] * 11)


def test_a_condition_reads_back_as_it_was_written() -> None:
    assert str(conditions.parse(" amount>100 ")) == "amount > 100"
    assert str(conditions.parse("type starts   with  P")) == "type starts with P"
