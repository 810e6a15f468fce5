"""PURE: a small mapping as a person types it, one `name = value` a line, and back."""

import json
from collections.abc import Iterator, Mapping


class BadLine(ValueError):
    """A line that cannot be read; its message says which and why."""


def write(values: Mapping[str, str]) -> str:
    """One line for each."""
    return "\n".join(f"{name} = {_written(value)}" for name, value in values.items())


def read(text: str) -> dict[str, str]:
    """What the lines say; empty ones are passed over. Raises BadLine."""
    values: dict[str, str] = {}
    for number, name, value in _pairs(text):
        if name in values:
            raise BadLine(f"Line {number}: “{name}” was given before.")
        values[name] = value
    return values


def _pairs(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not equals or not name:
            raise BadLine(f"Line {number}: write it as name = value.")
        yield number, name, _read_value(number, value)


def _written(value: str) -> str:
    """As it is; as a JSON string where a line could not hold it so."""
    is_plain = value == value.strip() and len(value.splitlines()) < 2 and not value.startswith('"')
    return value if is_plain else json.dumps(value, ensure_ascii=True)


def _read_value(number: int, value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        text = json.loads(value)
    except json.JSONDecodeError:
        raise BadLine(f"Line {number}: a value that begins with a quote is a JSON string, and this is none.") from None
    assert isinstance(text, str)  # noqa: S101 - what begins with a quote is a string
    return text
