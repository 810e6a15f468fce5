"""JSON text that goes in and out of the API as it is, digit for digit, never through a float."""

import json
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse

if TYPE_CHECKING:  # workers, which send such text too, do without the library
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class JsonText:
    """The text of one JSON value; in the API's description it is any value."""

    text: str

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> "JsonSchemaValue":
        return {"description": "Any JSON value. Its numbers keep every digit."}


def encode(value: Any) -> str:
    """The JSON text of plain values, times, ids, and of JsonText as it stands."""
    if type(value) is str:
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, JsonText):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quoted(name)}:{encode(one)}" for name, one in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(encode, value)) + "]"
    return _ENCODER.encode(value)


def answer(value: Any, status: int = 200, **headers: str) -> HttpResponse:
    """An answer of JSON; `headers` with _ for -."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return HttpResponse(encode(value), status=status, content_type="application/json", headers=named)


def nothing() -> HttpResponse:
    """An answer without a body, and so of no type."""
    made = HttpResponse(status=204)
    del made.headers["Content-Type"]
    return made


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


# Made once: `json.dumps` makes one at each call that names a default.
_ENCODER = json.JSONEncoder(default=_plain)
