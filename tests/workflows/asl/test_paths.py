"""Paths: what they lead to in inputs, variables and the context object; what is refused; and that all are bounded."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.timing import takes_less_than
from workflows.asl import paths
from workflows.asl.choice import choose
from workflows.asl.paths import Missing, PathSyntaxError, TooMuch, find, parse, parse_reference

DATA: dict[str, Any] = {
    "order": {
        "id": 7,
        "first name": "Ann",
        "größe": 1,
        "a-b": 2,
        "$x": 3,
        "it's": 4,
        "a.b": 5,
        "a:b": 6,
        "@t": 8,
        "a$b": 9,
    },
    "items": [{"n": 1, "tag": "x"}, {"n": 2}, {"n": 3, "tag": "x"}],
    "null": None,
}


def deep(levels: int) -> dict[str, Any]:
    """Objects in objects, each with a value besides."""
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value, "b": 1}
    return value


def look(path: str, data: Any = DATA, variables: dict[str, Any] | None = None, context: Any = None) -> Any:
    return find(parse(path), data, variables or {}, context or {})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DATA),
        ("$.order.id", 7),
        ("$['order']['first name']", "Ann"),
        ('$["order"]["first name"]', "Ann"),
        ("$.order['it\\'s']", 4),
        ("$.order['a.b']", 5),
        ("$.order.größe", 1),
        ("$.order.a-b", 2),
        ("$.order.$x", 3),
        ("$.order.a:b", 6),
        ("$.order.@t", 8),
        ("$.order.a$b", 9),
        ("$.items[0].n", 1),
        ("$.items[-1].n", 3),
        ("$.null", None),
    ],
)
def test_a_definite_path_leads_to_one_value(path: str, value: Any) -> None:
    assert parse(path).is_definite
    assert look(path) == value
    assert parse_reference(path) == parse(path)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.items[*].n", [1, 2, 3]),
        ("$..a:b", [6]),
        ("$[*].@t", [8]),
        ("$.*['a:b']", [6]),
        ("$.items[0,2].n", [1, 3]),
        ("$.items[0:2].n", [1, 2]),
        ("$.items[:].n", [1, 2, 3]),
        ("$..n", [1, 2, 3]),
        ("$.items[?(@.n > 1)].n", [2, 3]),
        ("$.items[?(@.tag)].n", [1, 3]),
        ("$.items[?(@.tag == 'x' && @.n > 1)].n", [3]),
        ("$.items[?(@.n == $.order.id)]", []),
        ("$.missing[*]", []),
    ],
)
def test_any_other_path_gives_the_list_of_what_it_finds(path: str, values: list[Any]) -> None:
    assert not parse(path).is_definite
    assert look(path) == values
    with pytest.raises(PathSyntaxError):
        parse_reference(path)


@pytest.mark.parametrize(
    "path",
    ["$.missing", "$.order.id.deeper", "$.items[3]", "$.items[-4]", "$.items.n", "$.order[0]", "$nobody", "$nobody.x"],
)
def test_a_definite_path_to_nothing_is_missing(path: str) -> None:
    with pytest.raises(Missing):
        look(path)


def test_variables_and_the_context_object_are_roots_of_their_own() -> None:
    variables, context = {"größe": {"n": [1, 2]}, "text": '{"a": 1}'}, {"State": {"Name": "A"}}
    assert look("$größe.n[1]", variables=variables) == 2
    assert look("$größe.n[*]", variables=variables) == [1, 2]
    assert look("$$.State.Name", context=context) == "A"
    assert look("$$", context=context) == context
    # A text is a value, never JSON to look into.
    assert look("$text..*", variables=variables) == []
    assert look("$..*", "no JSON") == []


@pytest.mark.parametrize(
    "path",
    [
        *("", "a", "order.id", "$.", "$.a..", "$[", "$.a[?(", "$.a.length()", "$.a | $.b"),
        *("$.a[?(@.b =~ /(x+)+$/)]", "$.a[?match(@.b, 'x')]", "$.a[?(@..b)]", "$.a[?(@.b[*])]"),
        *("$" + "[" * 2_000, "$" + ".a" * 3_000),
    ],
)
def test_what_is_no_path_or_could_not_be_bounded_is_refused(path: str) -> None:
    with pytest.raises(PathSyntaxError):
        parse(path)


WIDE = {"a": list(range(20_000)), "b": list(range(20_000, 40_000))}
ROWS = {"a": [{"b": n, "c": "x"} for n in range(12_000)]}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("$..a..a..a..a..*", deep(190)),
        ("$.a[?(@ in $.b)]", WIDE),
        ("$.a[" + ",".join(["*"] * 1_500) + "]", ROWS),
        ("$.a[?(" + " || ".join(["@.c == 'y'"] * 200) + ")]", ROWS),
    ],
)
def test_a_path_that_would_take_long_is_given_up_within_a_second(path: str, data: Any) -> None:
    def search() -> None:
        with pytest.raises(TooMuch):
            look(path, data)

    assert takes_less_than(1, search)


def test_everything_in_a_large_input_is_found_within_a_second() -> None:
    assert len(look("$..*", ROWS)) == 36_001
    assert takes_less_than(1, lambda: look("$..*", ROWS))


def test_long_names_on_the_way_take_no_memory_for_each_value() -> None:
    data = {"k" * 100_000: [0] * 50_000}
    assert len(look("$..*", data)) == 50_001
    assert takes_less_than(1, lambda: look("$..*", data))


def test_all_rules_of_a_choice_share_one_bound() -> None:
    rules = [{"Variable": f"$..a[{n}]", "IsNull": True, "Next": "A"} for n in range(50)]
    state = {"Type": "Choice", "Choices": [{"Variable": "$..*", "IsNull": True, "Next": "A"}, *rules]}
    answer = choose(state, ROWS)
    assert (answer.next, answer.error, answer.is_known) == (None, None, False)
    assert "too long" in str(answer.cause)
    assert takes_less_than(1, lambda: choose(state, ROWS))


@examples(60)
@given(st.text(alphabet="$.[]*?()@'\"\\ab01-,:&|!=<>~^#_ ", max_size=24))
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    try:
        path = paths.parse(text)
    except PathSyntaxError:
        return
    try:
        find(path, DATA, {"a": DATA}, DATA)
    except Missing:
        return
