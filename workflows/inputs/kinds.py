"""PURE: tells from the schema of one value the kind of its field, its choices, its limits and its name."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workflows.inputs.fields import Kind
from workflows.inputs.writing import dump

Schema = dict[str, Any]
BY_FORMAT: Mapping[str, Kind] = {"date": "date", "date-time": "datetime"}
BY_TYPE: Mapping[str, Kind] = {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}
WORDS = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "object": "Several fields",
    "array": "A list",
    "null": "Nothing",
}
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} rows",
    "maxItems": "at most {} rows",
}


def kind_of(schema: Schema, *, required: bool) -> tuple[Kind, bool]:
    """The kind of field for a schema without references, and whether it may be null."""
    types = list_of(schema, "type") or (schema.get("type"),)
    nullable = "null" in types
    types = tuple(one for one in types if one not in ("null", None))
    if "const" in schema:
        return ("const" if required else "enum"), nullable
    if list_of(schema, "enum"):
        return "enum", nullable
    if alternatives(schema) and not schema.get("properties"):
        return ("enum" if _are_constants(alternatives(schema)) else "choice"), nullable
    if schema.get("properties") and types in ((), ("object",)):
        return "object", nullable
    if len(types) != 1 or "enum" in schema:
        return "json", nullable
    if types[0] == "array":
        return ("array" if isinstance(schema.get("items"), dict) and "prefixItems" not in schema else "json"), nullable
    by_format = BY_FORMAT.get(str(schema.get("format", ""))) if types[0] == "string" else None
    return by_format or BY_TYPE.get(str(types[0]), "json"), nullable


def alternatives(schema: Schema) -> tuple[Any, ...]:
    """The schemas one of which (or any of which) a value fits."""
    return list_of(schema, "oneOf") or list_of(schema, "anyOf")


def choices(schema: Schema) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The values there are, and a label for each."""
    if "const" in schema:
        return (schema["const"],), (_plain(schema["const"]),)
    if values := list_of(schema, "enum"):
        return values, tuple(_plain(value) for value in values)
    given = alternatives(schema)
    return tuple(one["const"] for one in given), tuple(str(one.get("title") or _plain(one["const"])) for one in given)


def variant_name(schema: Schema, number: int) -> str:
    """What to call one of several alternatives: its title, else what it fixes, else its type."""
    if schema.get("title"):
        return str(schema["title"])
    properties = schema.get("properties")
    given = properties.values() if isinstance(properties, dict) else ()
    fixed = [_plain(one["const"]) for one in given if isinstance(one, dict) and "const" in one]
    if fixed:
        return ", ".join(fixed)
    word = None if properties else WORDS.get(str(schema.get("type")))
    return word or f"Variant {number}"


def limits(schema: Schema) -> str:
    """Its bounds in words."""
    text = ", ".join(_limit(name, schema[name]) for name in LIMITS if _says_something(name, schema.get(name)))
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _says_something(name: str, bound: Any) -> bool:
    """A text left empty is one that was not given, so that it has to have a character needs no words."""
    return _is_number(bound) and not (name == "minLength" and bound <= 1)


def _limit(name: str, bound: int | Decimal) -> str:
    said = LIMITS[name].format(bound)
    return said.removesuffix("s") if bound == 1 and said.endswith(("characters", "rows")) else said


def number_of(schema: Schema, *names: str) -> Decimal | None:
    """The first of these bounds that is set."""
    given = next((schema[name] for name in names if _is_number(schema.get(name))), None)
    return None if given is None else Decimal(given)


def list_of(schema: Schema, word: str) -> tuple[Any, ...]:
    """The members of an array in a schema; none where there is no array."""
    given = schema.get(word)
    return tuple(given) if isinstance(given, list) else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _are_constants(given: tuple[Any, ...]) -> bool:
    return all(isinstance(one, dict) and "const" in one for one in given)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else dump(value)
