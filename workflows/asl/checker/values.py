"""What a single value may be: a text, a whole number, a time. A kind knows nothing of states; paths: `expressions`.

A kind takes a value and its place and gives what is wrong. `${Name}` stands for a value that a deployment or a
template puts in, so it passes wherever a value is wanted.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from workflows.asl import timestamps
from workflows.asl.problems import Place, Problem, pointer_of

Kind = Callable[[Any, Place], Iterable[Problem]]

NOTHING: tuple[Problem, ...] = ()  # most values are as they should be, and this is the quickest way to say so

LONGEST_NAME = 80  # characters of a name in a sentence
LONGEST_TIME = 99_999_999  # seconds, AWS's own limit
LARGEST_COUNT = 2_147_483_647

_PLACEHOLDER = re.compile(r"\$\{[^{}]+\}")


def error(code: str, path: Place, message: str) -> Problem:
    """What AWS refuses a definition for."""
    return Problem("error", code, pointer_of(path), message)


def warning(code: str, path: Place, message: str) -> Problem:
    """What AWS lets pass."""
    return Problem("warning", code, pointer_of(path), message)


def has_placeholder(value: Any) -> bool:
    """Whether a text holds a `${Name}` that is still to be put in."""
    return isinstance(value, str) and "${" in value and _PLACEHOLDER.search(value) is not None


def name_of(path: Place) -> str:
    """The last name of a place, for sentences; of a long one, its beginning."""
    return str(path[1])[:LONGEST_NAME] if path else ""


# -- plain values -----------------------------------------------------------------------------------------------------


def anything(_value: Any, _path: Place) -> Iterable[Problem]:
    """Any JSON value."""
    return NOTHING


def text(value: Any, path: Place) -> Iterable[Problem]:
    """A text."""
    if isinstance(value, str):
        return NOTHING
    return (error("INVALID_TYPE", path, f"{name_of(path)} is a text; write it in quotation marks."),)


def boolean(value: Any, path: Place) -> Iterable[Problem]:
    """True or false."""
    if isinstance(value, bool) or has_placeholder(value):
        return NOTHING
    return (error("INVALID_TYPE", path, f"{name_of(path)} is true or false, without quotation marks."),)


def number(value: Any, path: Place) -> Iterable[Problem]:
    """A number."""
    if is_number(value) or has_placeholder(value):
        return NOTHING
    return (error("INVALID_TYPE", path, f"{name_of(path)} is a number, without quotation marks."),)


def timestamp(value: Any, path: Place) -> Iterator[Problem]:
    """A fixed time."""
    if has_placeholder(value):
        return
    if timestamps.read(value) is None:
        yield error(
            "INVALID_TIMESTAMP",
            path,
            f"{name_of(path)} is a time of RFC 3339 with a T and a zone; write it like 2026-03-14T01:59:00Z.",
        )


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)


def whole(least: int, most: int = LARGEST_COUNT) -> Kind:
    """A whole number between two bounds."""

    def check(value: Any, path: Place) -> Iterable[Problem]:
        if has_placeholder(value):
            return NOTHING
        if not is_number(value) or value != int(value):
            return (error("INVALID_TYPE", path, f"{name_of(path)} is a whole number, without quotation marks."),)
        if least <= value <= most:
            return NOTHING
        return (error("INVALID_VALUE", path, f"{name_of(path)} is {value}; AWS takes {least} to {most}."),)

    return check


def between(least: int, most: int | None) -> Kind:
    """A number between two bounds, which may have decimals."""

    def check(value: Any, path: Place) -> Iterator[Problem]:
        yield from number(value, path)
        if is_number(value) and (value < least or (most is not None and value > most)):
            bounds = f"{least} to {most}" if most is not None else f"{least} or more"
            yield error("INVALID_VALUE", path, f"{name_of(path)} is {value}; AWS takes {bounds}.")

    return check


def one_of(*names: str) -> Kind:
    """One of these texts."""

    def check(value: Any, path: Place) -> Iterable[Problem]:
        if value in names or has_placeholder(value):
            return NOTHING
        return (error("INVALID_VALUE", path, f"{name_of(path)} is one of {', '.join(names)}."),)

    return check


def objects(value: Any, path: Place) -> Iterator[Problem]:
    """A list of objects; what is in them is checked elsewhere."""
    if not isinstance(value, list):
        yield error("INVALID_TYPE", path, f"{name_of(path)} is a list of objects; put it in square brackets.")
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield error("INVALID_TYPE", (path, index), f"{name_of(path)} holds objects only.")


def filled_objects(value: Any, path: Place) -> Iterator[Problem]:
    """A list of at least one object."""
    yield from objects(value, path)
    if value == []:
        yield error("INVALID_VALUE", path, f"{name_of(path)} is empty; it takes at least one.")


def an_object(value: Any, path: Place) -> Iterable[Problem]:
    """An object."""
    if isinstance(value, dict):
        return NOTHING
    return (error("INVALID_TYPE", path, f"{name_of(path)} is an object; put it in braces."),)


def texts(value: Any, path: Place) -> Iterator[Problem]:
    """A list of at least one text."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        yield error("INVALID_TYPE", path, f"{name_of(path)} is a list of texts; put it in square brackets.")
    elif not value:
        yield error("INVALID_VALUE", path, f"{name_of(path)} is empty; it takes at least one.")
