"""Text of definitions: read exactly and within bounds, places found again, written digit for digit."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.timing import takes_less_than
from workflows.asl.documents import (
    MAX_CHARACTERS,
    DocumentError,
    depth,
    is_larger,
    plain,
    read,
    read_value,
    size,
    write,
    write_compact,
    write_start,
)
from workflows.asl.problems import TOP, below, pointer_of

TEXT = '{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass",\n      "Next": "B/~"}, "B/~": [1,\n 2]\n  }\n}'
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(-1000, 1000, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (1, 1)),
        ("/StartAt", (2, 3)),
        ("/States/A", (4, 5)),
        ("/States/A/Next", (5, 7)),
        ("/States/B~1~0/1", (6, 2)),
        ("/States/C", (3, 3)),  # not there: what is nearest above
        ("/Nothing/at/all", (1, 1)),
    ],
)
def test_a_place_is_found_by_its_pointer(pointer: str, place: tuple[int, int]) -> None:
    assert read(TEXT).places([pointer]) == {pointer: place}


def test_repeated_names_are_noticed_and_the_last_one_counts() -> None:
    document = read('{"a": 1, "b": {"c": 1, "c": 2}, "a": [{"d": 1, "d": 1}]}')
    assert set(map(pointer_of, document.repeated)) == {"/a", "/b/c", "/a/0/d"}
    assert document.value["b"] == {"c": 2}


@pytest.mark.parametrize("number", ["1.50", "1E+2", "-0.0", "0.1", "123456789012345678901234567890", "1E-7"])
def test_a_number_is_written_with_the_digits_it_was_read_with(number: str) -> None:
    assert write(read_value(f'{{"n": [{number}]}}')) == f'{{"n": [{number}]}}'


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("35.90"), 35.9),
        ({"a": [Decimal("0.1"), 7, None], "b": "x"}, {"a": [0.1, 7, None], "b": "x"}),
        (Decimal("0.12345678901234567890"), "0.12345678901234567890"),
        (Decimal("1E+400"), "1E+400"),
    ],
)
def test_decimals_become_floats_where_those_hold_the_same_digits(value: Any, told: Any) -> None:
    assert json.loads(json.dumps(plain(value))) == told


@examples(25)
@given(VALUES)
def test_what_is_written_reads_as_the_same(value: Any) -> None:
    assert read_value(write(value)) == value


@given(VALUES, st.integers(1, 30))
def test_the_beginning_is_what_the_whole_begins_with(value: Any, most: int) -> None:
    whole, start = write(value), write_start(value, most)
    assert start == (whole if len(whole) <= most else f"{whole[:most]}…")


def test_the_beginning_of_a_large_value_takes_no_time() -> None:
    large = {"rows": ["x" * 1_000_000] * 1_000}
    assert takes_less_than(1, lambda: [write_start(large, 200) for _ in range(1_000)])


@given(VALUES)
def test_the_size_is_that_of_the_compact_text_in_utf_8(value: Any) -> None:
    assert size(value, 1_000_000) == len(write_compact(value).encode(errors="replace"))


def test_the_size_of_a_large_value_is_not_counted_to_its_end() -> None:
    large = {"rows": [["x" * 1_000_000] * 1_000] * 1_000}
    assert takes_less_than(1, lambda: is_larger(large, 262_144))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ('{\n "a": }', "line 2, column 7"),
        ("[NaN]", "NaN is not a JSON number"),
        ("9" * 5_000, "more than 1,000 digits"),
        ("0." + "9" * 5_000, "more than 1,000 digits"),
        ("1e400000000000000000000000", "too large or too small"),
        ("1e-99999", "too large or too small"),
        ("[" * 201 + "]" * 201, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ("x" * (MAX_CHARACTERS + 1), "at most 1,048,576"),
    ],
)
def test_text_that_cannot_be_read_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(text)
    assert said in refused.value.message


def test_depth_is_counted_by_containers() -> None:
    values: list[Any] = [1, [], {"a": []}, [[{"a": [1]}]]]
    assert [depth(value) for value in values] == [0, 1, 2, 4]


def test_thousands_of_repeated_names_take_no_time() -> None:
    members = ",".join(f'"{number}": 0' for number in range(50_000))
    assert read(f'{{{members},"0": 1}}').repeated == (below(TOP, "0"),)
    assert takes_less_than(1, lambda: read(f'{{{members},"0": 1}}'))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        document = read(text)
    except DocumentError:
        return
    json.dumps(document.value, default=str)
    assert document.places([""])[""][0] >= 1


def test_exact_numbers_are_decimals_and_integers() -> None:
    assert [type(one) for one in read_value("[1, 1.0, 1e2]")] == [int, Decimal, Decimal]


def test_of_a_member_that_is_there_twice_the_one_that_counts_is_found() -> None:
    document = read('{"a": 1,\n "b": 2,\n "a": 3}')
    assert document.places(["/a", "/b"]) == {"/a": (3, 2), "/b": (2, 2)}


def test_what_stands_first_is_found_without_reading_the_rest() -> None:
    document = read(json.dumps({f"m{number}": {} for number in range(60_000)}))
    assert document.places(["/m0", "/m10"]) == {"/m0": (1, 2), "/m10": (1, 102)}
    assert takes_less_than(0.01, lambda: document.places(["/m0", "/m10"]))  # all of them take twenty times that
