"""JSON text laid out for reading."""

import json

from hypothesis import given
from hypothesis import strategies as st

from workflows.json_text import as_written, pretty, tokens

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_it_is_laid_out_as_json_itself_would(value: object) -> None:
    assert pretty(json.dumps(value)) == json.dumps(value, indent=2)


@given(st.text() | VALUES.map(json.dumps) | VALUES.map(lambda value: json.dumps(value, indent=3)))
def test_as_it_was_written_nothing_is_lost_line_by_line(written: str) -> None:
    lines = ["".join(piece for _, piece in line) for line in as_written(written)]
    assert "\n".join(lines) == written


def test_digits_and_repeated_keys_stay_as_they_are() -> None:
    assert pretty('{"a":1.50,"a":1e400,"b":-0.0}') == '{\n  "a": 1.50,\n  "a": 1e400,\n  "b": -0.0\n}'


def test_text_that_is_not_json_comes_through() -> None:
    assert pretty("oops") == "oops"
    assert pretty('"cut off in the mid') == '"cut off in the mid'


def test_keys_are_told_from_strings() -> None:
    assert [kind for kind, _ in tokens('{"a":"b"}') if kind in ("key", "string")] == ["key", "string"]
