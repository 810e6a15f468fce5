"""Reading JSON strictly: digits and order are kept, and everything two readers could take for two things is refused."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import takes_less_than
from workflows.inputs import LARGEST, InputProblem, canonical, in_order_of, member, parse_input, read, serialise

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def problem_of(text: str | bytes) -> InputProblem:
    with pytest.raises(InputProblem) as refused:
        parse_input(text)
    return refused.value


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-0",
        "-0.0",
        "1.50",
        "1E5",
        "1e-7",
        "12345678901234567890.123456789012345678901234567890",
        "9" * 310,
        "1e308",
    ],
)
def test_a_number_keeps_its_value_and_its_digits(number: str) -> None:
    text = f'{{ "n" : {number} }}'
    value = parse_input(text)["n"]
    assert isinstance(value, int | Decimal)
    assert Decimal(value) == Decimal(number)
    assert serialise(text) == f'{{"n":{number}}}'


def test_the_order_of_keys_is_kept() -> None:
    assert list(parse_input('{"b": 1, "a": {"d": 1, "c": 2}}')) == ["b", "a"]
    assert serialise('{"b": 1, "a": {"d": 1, "c": 2}}') == '{"b":1,"a":{"d":1,"c":2}}'


@given(VALUES, st.sampled_from([None, 1, 4, "\t"]), st.booleans())
def test_text_less_its_blanks_is_the_same_value(value: Any, indent: Any, is_ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    short = serialise(text)
    assert read(short) == read(text) == value
    assert serialise(short) == short
    assert len(short) <= len(text)


@given(st.dictionaries(KEYS, VALUES, max_size=4), KEYS)
def test_a_member_is_the_text_of_its_value(value: dict[str, Any], name: str) -> None:
    found = member(json.dumps(value), name)
    assert (found is not None) == (name in value)
    assert found is None or read(found) == value[name]


@given(st.text(max_size=30) | st.binary(max_size=30))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with suppress(InputProblem):
        json.dumps(read(text), default=str)  # what is read is a JSON value


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("", "", "Nothing was sent"),
        (" \n", "", "Nothing was sent"),
        ("{", "", "not JSON"),
        ("{'a': 1}", "", "not JSON"),
        ('{"a": 1,}', "", "not JSON"),
        ('{"a": 01}', "", "not JSON"),
        ('{"a": 1} x', "", "not JSON"),
        ('{"a": "tab\t"}', "", "not JSON"),
        ("NaN", "", "NaN is not JSON"),
        ('{"a": -Infinity}', "/a", "-Infinity is not JSON"),
        ('{"a": 1, "a": 1}', "", "“a” stands twice"),
        (r'{"a": 1, "\u0061": 1}', "", "“a” stands twice"),
        ('[{"x": {"b": 1, "b": 2}}]', "/0/x", "“b” stands twice"),
        ("\ufeff{}", "", "byte order mark"),
        (b"\xef\xbb\xbf{}", "", "byte order mark"),
        (b'{"a": "\xff"}', "", "not UTF-8: byte 7"),
        ('{"a": "\ud800"}', "", "surrogate"),
        (r'{"a": ["x", "\ud800"]}', "/a/1", "surrogate"),
        (r'{"a/b~": {"\udc00": 1}}', "/a~1b~0", "surrogate"),
        (r'{"a": "\u0000"}', "/a", "NUL"),
        ("9" * 5_000, "", "has 5,000 digits"),
        ('{"note": [1, NaN], "amount": NaN}', "/note/1", "NaN is not JSON"),
        (f'{{"a/b": {{"amount": {"9" * 5_000}}}}}', "/a~1b/amount", "has 5,000 digits"),
        ('{"amount": 1e309, "rest": ', "", "too large"),
        ("0." + "1" * 500, "", "digits"),
        ("9" * 320, "", "too large"),
        ("1e309", "", "too large or too small"),
        ("-1e-309", "", "too large or too small"),
        ("1e" + "9" * 300, "", "too large or too small"),
        ("[" * 101 + "]" * 101, "", "more than 100 levels"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place_and_reason(text: str | bytes, path: str, said: str) -> None:
    problem = problem_of(text)
    assert problem.path == path
    assert said in problem.message


def test_brackets_in_texts_are_no_depth() -> None:
    assert parse_input(json.dumps(["[" * 1_000, '"]' * 1_000])) == ["[" * 1_000, '"]' * 1_000]
    assert len(parse_input("[" * 100 + "]" * 100)) == 1


def test_the_limit_counts_bytes() -> None:
    fits = '"' + "ä" * ((LARGEST - 2) // 2) + '"'
    assert len(fits.encode()) == LARGEST
    parse_input(fits)
    parse_input(fits.encode())
    for larger in (fits + " ", fits.encode() + b" "):
        assert "262,145 bytes" in problem_of(larger).message


@pytest.mark.parametrize(
    "text",
    [
        "[" * 131_000,
        '{"a":' * 50_000,
        "[" * 131_000 + "]" * 131_000,
        '"' + "\\" * 262_000,
        "[" + '"",' * 87_000,
        "1" * 262_000,
        "{" + ",".join(f'"{n}":0' for n in range(20_000)) + ',"0":0}',
        r"[" + r'"\u0000",' * 29_000 + "1]",
        "-" * 262_000,
    ],
    ids=range(9),
)
def test_hostile_text_is_refused_within_a_second(text: str) -> None:
    assert takes_less_than(1, lambda: problem_of(text))


@given(VALUES, st.randoms())
def test_the_canonical_form_is_of_the_meaning_alone(value: Any, chance: Any) -> None:
    def turned(one: Any) -> Any:
        if isinstance(one, list):
            return [turned(each) for each in one]
        if isinstance(one, dict):
            return {name: turned(one[name]) for name in chance.sample(sorted(one), len(one))}
        return one

    form = canonical(json.dumps(value))
    assert canonical(json.dumps(turned(value), indent=2, ensure_ascii=False)) == form
    assert json.loads(form) == value


def test_members_are_put_in_the_order_of_another_and_the_rest_after_them() -> None:
    text = '{"b": 1.50, "new": 0, "a": [{"y": 1, "x": 2}, 3], "a": 4}'
    assert in_order_of(text, '{"a": [{"x": 0, "y": 0}], "b": 1}') == ('{"a":[{"x":2,"y":1},3],"a":4,"b":1.50,"new":0}')
    assert in_order_of("{ not JSON", "{}") == "{notJSON"


@given(VALUES)
def test_an_order_changes_no_meaning(value: Any) -> None:
    text = json.dumps(value)
    assert canonical(in_order_of(text, canonical(text))) == canonical(text) == in_order_of(text, canonical(text))


def test_the_canonical_form_keeps_digits_and_names_that_stand_twice() -> None:
    assert (
        canonical('{"b": [1.0, 1, 1e2], "a": 12345678901234567890.10}')
        == '{"a":12345678901234567890.10,"b":[1.0,1,1e2]}'
    )
    assert canonical('{"a": 1, "a": 2}') != canonical('{"a": 2}')
    assert canonical("[" * 100_000) == "[" * 100_000
    assert canonical("{ not JSON") == "{notJSON"
