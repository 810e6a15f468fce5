"""Reads a request's JSON body strictly and member by member, so that a refusal names the member it is about.

Members that are documents of their own stay text: the services read them, and store them digit for digit.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from workflows import inputs
from workflows.api.problems import Refused
from workflows.api.raw_json import JsonText
from workflows.inputs import FieldProblem, InputProblem
from workflows.inputs.reading import pointer

# Without the header, a body is taken for JSON.
JSON_TYPES = frozenset({"application/json", ""})
LARGEST = 2 * inputs.LARGEST
RAW = frozenset({"input", "definition", "input_schema", "results", "payload"})
BLANKS = re.compile(r"[ \t\n\r]*")
# Finds where a value ends; what it says of the value itself is not used.
SKIM = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class StrictParser(Parser):
    """Takes application/json of bounded size, and nothing that two readers of JSON could take for two things."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The members of the body's object, those of RAW as JsonText. Raises Refused."""
        if request.content_type not in JSON_TYPES:
            raise Refused(415, "Send JSON.", FieldProblem("Content-Type", "This must be application/json."))
        if len(request.body) > LARGEST:
            raise Refused(413, f"The body has {len(request.body):,} bytes; at most {LARGEST:,} are taken.")
        values: dict[str, Any] = {}
        for name, text in _Members(_decoded(request.body)):
            if name in values:
                _refuse(name, "This stands twice in the body.")
            values[name] = JsonText(text) if name in RAW else _read(name, text)
        return values


class _Members:
    """Walks through an object's text: name and text of each member. Raises Refused where it cannot go on."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self.name = text, 0, ""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self._take("{", "A JSON object is wanted.")
        if not self._has("}"):
            yield self._member()
            while self._has(","):
                yield self._member()
            self._take("}", "This is not JSON: neither “,” nor “}” follows.")
        self._skip()
        if self._at < len(self._text):
            _refuse("", "This is not JSON: something follows the object.")

    def _member(self) -> tuple[str, str]:
        self.name = ""
        name = _read("", self._value())
        if not isinstance(name, str):
            _refuse("", "This is not JSON: a member's name is a text.")
        self.name = name
        self._take(":", "This is not JSON: no “:” follows the name.")
        return name, self._value()

    def _value(self) -> str:
        self._skip()
        begin = self._at
        try:
            _, self._at = SKIM.raw_decode(self._text, begin)
        except json.JSONDecodeError as error:
            _refuse(self.name, f"This is not JSON: {error.msg}, at line {error.lineno}, column {error.colno}.")
        except RecursionError:
            _refuse(self.name, "This is nested too deeply.")
        return self._text[begin : self._at]

    def _take(self, mark: str, otherwise: str) -> None:
        if not self._has(mark):
            _refuse(self.name, otherwise)

    def _has(self, mark: str) -> bool:
        self._skip()
        is_there = self._text.startswith(mark, self._at)
        self._at += is_there
        return is_there

    def _skip(self) -> None:
        blanks = BLANKS.match(self._text, self._at)
        self._at = blanks.end() if blanks else self._at


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        why = f"This is not UTF-8: byte {error.start} cannot be read."
        _refuse(_last_name(body[: error.start].decode()), why)


def _last_name(text: str) -> str:
    """The member in which a text that breaks off breaks off."""
    members = _Members(text)
    try:
        for _ in members:
            pass
    except Refused:
        return members.name
    return ""


def _read(name: str, text: str) -> Any:
    try:
        return inputs.read(text)
    except InputProblem as problem:
        _refuse(name, problem.message, problem.path)


def _refuse(name: str, message: str, path: str = "") -> NoReturn:
    whole = f"/{pointer(name)}{path}" if name else path
    raise Refused(400, "The body could not be read.", FieldProblem(whole, message))
