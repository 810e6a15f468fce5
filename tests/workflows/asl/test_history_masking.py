"""Task tokens in what a handler printed: known again by their digests, wherever they stand in a line."""

import pytest

from workflows.asl.history import MASK, digests, shape_line

TOKEN = "6f1d2c1e-5a61-4c5e-9d7a-0b6f6c2d9e10"
OF_AWS = "AQCEAAAAKgAAAAMAAAAAAAAAAb0" + "k7Lq3" * 20 + "=="


@pytest.mark.parametrize(
    "line", ["{}", "token={}", '{{"taskToken": "{}", "n": 1}}', "waiting for {}.", "({})", "{} {}", "'{}'"]
)
@pytest.mark.parametrize("token", [TOKEN, OF_AWS])
def test_a_token_that_was_handed_out_is_replaced(line: str, token: str) -> None:
    shown = shape_line(line.format(token, token), digests([token]))
    assert token not in shown
    assert MASK in shown


def test_a_token_of_aws_is_known_by_its_look() -> None:
    assert shape_line(f"got {OF_AWS}", []) == f"got {MASK}"


def test_anything_else_stays_as_it_is() -> None:
    line = f'START RequestId: {TOKEN} Version: $LATEST {{"amount": 12.50}}'
    assert shape_line(line, digests(["another-token"])) == line


def test_a_digest_does_not_hold_its_token() -> None:
    assert TOKEN not in "".join(digests([TOKEN]))
