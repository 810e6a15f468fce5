"""From an input's JSON Schema to what a form needs to know of each field. Knows no form library."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from workflows.inputs.reading import pointer

Kind = Literal["text", "number", "integer", "boolean", "date", "datetime", "enum", "object", "array", "json"]
DEEPEST = 6
BY_FORMAT: Mapping[str, Kind] = {"date": "date", "date-time": "datetime"}
BY_TYPE: Mapping[str, Kind] = {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: where its value goes (JSON pointer), and what may be put there.

    `fields` are those of an object, `item` is what an array holds. Kind `json` takes any JSON text: the schema asks for
    something no plain field can show.
    """

    name: str
    pointer: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    nullable: bool = False
    choices: tuple[Any, ...] = ()
    examples: tuple[Any, ...] = ()
    default: Any = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    fields: tuple["Field", ...] = ()
    item: "Field | None" = None

    @property
    def key(self) -> str:
        """Its own part of the pointer."""
        return self.pointer.rsplit("/", 1)[1]


def fields(schema: str) -> tuple[Field, ...]:
    """The fields of an object's schema (JSON text), in its order; none where the schema does not describe an object."""
    root = json.loads(schema, parse_float=Decimal) if schema else {}
    if not isinstance(root, dict):
        return ()
    return tuple(_Reader(root).of_object(root, "", 0))


class _Reader:
    """Follows `$ref` within one schema."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root

    def of_object(self, schema: dict[str, Any], path: str, depth: int) -> Iterator[Field]:
        properties = schema.get("properties")
        required = schema.get("required", [])
        for name, given in (properties or {}).items():
            yield self.field(name, given, f"{path}/{pointer(name)}", depth, required=name in required)

    def field(self, name: str, given: Any, path: str, depth: int, *, required: bool) -> Field:
        schema = self._resolved(given)
        kind, nullable = _kind(schema)
        if depth >= DEEPEST:
            kind = "json"
        return Field(
            name=name,
            pointer=path,
            kind=kind,
            label=str(schema.get("title") or name),
            help=str(schema.get("description", "")),
            required=required,
            nullable=nullable,
            choices=tuple(schema["enum"]) if kind == "enum" else (),
            examples=tuple(schema.get("examples", ())),
            default=schema.get("default", schema.get("const")),
            minimum=_number(schema, "minimum", "exclusiveMinimum"),
            maximum=_number(schema, "maximum", "exclusiveMaximum"),
            min_length=schema.get("minLength"),
            max_length=schema.get("maxLength"),
            pattern=str(schema.get("pattern", "")),
            fields=tuple(self.of_object(schema, path, depth + 1)) if kind == "object" else (),
            item=self.field("item", schema["items"], f"{path}/-", depth + 1, required=True)
            if kind == "array"
            else None,
        )

    def _resolved(self, schema: Any) -> dict[str, Any]:
        for _ in range(DEEPEST):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#/"):
                return schema
            schema = {**_at(self._root, reference), **{key: value for key, value in schema.items() if key != "$ref"}}
        return {}


def _at(root: Any, reference: str) -> dict[str, Any]:
    for part in reference[2:].split("/"):
        root = root.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(root, dict) else {}
    return root if isinstance(root, dict) else {}


def _kind(schema: dict[str, Any]) -> tuple[Kind, bool]:
    given = schema.get("type")
    types = [given] if isinstance(given, str) else list(given or [])
    nullable = "null" in types
    types = [one for one in types if one != "null"]
    if "enum" in schema or "const" in schema:
        return ("enum" if schema.get("enum") else "json"), nullable
    if len(types) != 1:
        return "json", nullable
    if types[0] == "object":
        return ("object" if schema.get("properties") else "json"), nullable
    if types[0] == "array":
        return ("array" if isinstance(schema.get("items"), dict) else "json"), nullable
    by_format = BY_FORMAT.get(schema.get("format", "")) if types[0] == "string" else None
    return by_format or BY_TYPE.get(types[0], "json"), nullable


def _number(schema: dict[str, Any], *names: str) -> Decimal | None:
    given = next((schema[name] for name in names if isinstance(schema.get(name), int | Decimal)), None)
    return None if given is None or isinstance(given, bool) else Decimal(given)
