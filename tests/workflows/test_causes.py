"""Patterns of ARNs meet where one ARN fits both; only what calls functions sets anything off."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import causes


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        ("*", "arn:aws:sqs:us-east-1:1:orders", True),
        ("arn:aws:sqs:*:*:ord?rs", "arn:aws:sqs:us-east-1:1:orders", True),
        ("arn:aws:sqs:*:*:ord?r", "arn:aws:sqs:us-east-1:1:orders", False),
        ("arn:aws:s3:::uploads/out/*", "arn:aws:s3:::uploads/in/*.csv", False),
        ("arn:aws:s3:::uploads/in/*.json", "arn:aws:s3:::uploads/in/*.csv", False),
        ("arn:aws:s3:::up*", "arn:aws:s3:::uploads/in/*.csv", True),
        ("arn:aws:s3:::uploads/*/a", "arn:aws:s3:::uploads/in/*", True),
        ("", "*", True),
        ("a", "", False),
    ],
)
def test_patterns_meet_where_something_fits_both(one: str, other: str, do: bool) -> None:
    assert causes.meet(one, other) is do
    assert causes.meet(other, one) is do


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=8))
def test_a_plain_text_meets_what_it_fits_and_nothing_else(pattern: str, text: str) -> None:
    fits = re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None
    assert causes.meet(pattern, text) is fits


def test_reading_sets_nothing_off_and_a_pattern_of_actions_may() -> None:
    assert causes.causing("s3", ["s3:GetObject", "s3:ListBucket"]) == []
    assert causes.causing("s3", ["s3:Get*", "s3:Put*", "s3:*"]) == ["s3:Put*", "s3:*"]
    assert causes.causing("sqs", ["sqs:DeleteMessage", "SQS:sendmessage"]) == ["SQS:sendmessage"]
