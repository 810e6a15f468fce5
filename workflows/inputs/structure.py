"""PURE: reads from an input's JSON Schema the fields it describes: objects, arrays, variants, and when each applies.

What it does not understand becomes a field for JSON text; the schema still judges the whole.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from workflows.inputs.fields import Field
from workflows.inputs.kinds import alternatives, choices, kind_of, limits, list_of, number_of, variant_name
from workflows.inputs.reading import pointer
from workflows.inputs.schemas import check_schema
from workflows.inputs.writing import dump

Schema = dict[str, Any]
DEEPEST = 6  # of what holds others; beyond, JSON text is asked for
MOST_FIELDS = 300  # variants within variants multiply; beyond so many, JSON text is asked for
MOST_REFERENCES = 20
CONDITIONAL = ("if", "then", "else", "dependentRequired", "dependentSchemas", "oneOf", "anyOf")


@lru_cache(maxsize=64)
def fields(schema: str) -> tuple[Field, ...]:
    """The fields of an object's schema (JSON text), in its order; none where the schema does not describe an object."""
    root = json.loads(schema, parse_float=Decimal) if schema else {}
    if not isinstance(root, dict):
        return ()
    return tuple(_Reader(root).of_object(root, "", 0))


class _Reader:
    """Reads the parts of one schema; keeps the whole for its references, and count of the fields made."""

    def __init__(self, root: Schema) -> None:
        self._root, self._made = root, 0

    def of_object(self, schema: Schema, path: str, depth: int, around: Schema | None = None) -> Iterator[Field]:
        """Its properties, then its variants, then what applies only sometimes.

        `around` are the properties of the object of which this says only a part: conditions within may ask for them.
        """
        layers = list(self._layers(schema))
        properties, required = _properties(layers)
        known = {**(around or {}), **properties}
        variants = [branches for layer in layers for branches in self._branches(layer)]
        taken = {name for branches in variants for name in _everywhere(branches)}
        for name, given in properties.items():
            if given is not False and name not in taken:
                yield self.field(name, given, f"{path}/{pointer(name)}", depth, required=name in required)
        if self._made > MOST_FIELDS:
            return
        for number, branches in enumerate(variants):
            yield self._inline(f"#{number}", branches, known, required, path, depth)
        for layer in layers:
            yield from self._conditions(layer, known, path, depth)

    def field(self, name: str, given: Any, path: str, depth: int, *, required: bool) -> Field:
        """The field of one value."""
        schema = self._less_null(self._flat(given))
        kind, nullable = kind_of(schema, required=required)
        self._made += 1
        if (depth >= DEEPEST and kind in ("object", "array", "choice")) or self._made > MOST_FIELDS:
            kind = "json"
        values, labels = choices(schema) if kind in ("enum", "const") else ((), ())
        return Field(
            name=name,
            pointer=path,
            kind=kind,
            label=str(schema.get("title") or name),
            help=str(schema.get("description", "")),
            required=required,
            nullable=nullable,
            choices=values,
            labels=labels,
            examples=list_of(schema, "examples"),
            default=schema.get("default", schema.get("const") if required else None),
            minimum=number_of(schema, "minimum", "exclusiveMinimum"),
            maximum=number_of(schema, "maximum", "exclusiveMaximum"),
            min_length=schema.get("minLength"),
            max_length=schema.get("maxLength"),
            min_rows=int(number_of(schema, "minItems") or 0),
            pattern=str(schema.get("pattern", "")),
            limits=limits(schema),
            fields=tuple(self.of_object(schema, path, depth + 1)) if kind == "object" else (),
            item=self.field("item", schema["items"], f"{path}/-", depth + 1, required=True)
            if kind == "array"
            else None,
            variants=tuple(self._variants(schema, path, depth + 1)) if kind == "choice" else (),
        )

    # ---- variants

    def _less_null(self, schema: Schema) -> Schema:
        """The one alternative to null itself."""
        given = alternatives(schema)
        rest = [one for one in given if not (isinstance(one, dict) and one.get("type") == "null")]
        if len(rest) != 1 or len(given) == 1:
            return schema
        return self._flat(
            {**{key: one for key, one in schema.items() if key not in ("oneOf", "anyOf")}, **self._flat(rest[0])}
        )

    def _variants(self, schema: Schema, path: str, depth: int) -> Iterator[Field]:
        rest = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "title", "default")}
        for number, branch in enumerate(alternatives(schema), 1):
            flat = _fixed(self._flat({**rest, **self._flat(branch)}))
            name = variant_name(flat, number)
            yield replace(self.field(name, flat, path, depth, required=True), label=name)

    def _branches(self, layer: Schema) -> Iterator[list[Schema]]:
        """The alternatives that bring fields of their own."""
        for word in ("oneOf", "anyOf"):
            branches = [self._flat(branch) for branch in list_of(layer, word)]
            if any(branch.get("properties") for branch in branches):
                yield branches

    def _inline(
        self, name: str, branches: list[Schema], base: Schema, required: set[str], path: str, depth: int
    ) -> Field:
        made = []
        for number, branch in enumerate(branches, 1):
            self._made += 1
            own = {one: _over(base.get(one), given) for one, given in (branch.get("properties") or {}).items()}
            merged = _fixed({**branch, "properties": own, "required": [*required, *list_of(branch, "required")]})
            label = variant_name(merged, number)
            inner = tuple(self.of_object(merged, path, depth + 1, base)) if depth < DEEPEST else ()
            made.append(Field(label, path, "object", label, required=True, fields=inner))
        return Field(name, path, "choice", "Variant", required=True, variants=tuple(made), is_inline=True)

    # ---- what applies only sometimes

    def _conditions(self, layer: Schema, base: Schema, path: str, depth: int) -> Iterator[Field]:
        for test, then, otherwise in _rules(layer):
            text = dump({**{key: self._root[key] for key in ("$defs", "definitions") if key in self._root}, **test})
            self._made += 1
            if depth >= DEEPEST or self._made > MOST_FIELDS or check_schema(text):
                continue  # what cannot be told is left to the schema's own verdict
            hold, fail = (tuple(self._effect(one, base, path, depth)) for one in (then, otherwise))
            if hold or fail:
                yield Field("", path, "when", "", fields=hold, test=text, otherwise=fail)

    def _effect(self, given: Any, base: Schema, path: str, depth: int) -> Iterator[Field]:
        schema = self._flat(given)
        properties, required = dict(schema.get("properties") or {}), list_of(schema, "required")
        for name, one in properties.items():
            if one is False:
                yield Field(name, f"{path}/{pointer(name)}", "absent", name)
        kept = {name: _over(base.get(name), one) for name, one in properties.items() if one is not False}
        kept |= {name: base[name] for name in required if name in base and name not in kept}
        yield from self.of_object({**schema, "properties": kept}, path, depth + 1, base)

    # ---- references and allOf

    def _flat(self, given: Any) -> Schema:
        """One schema for all layers, but for their conditions: those of the last layer stand for it."""
        flat: Schema = {}
        layers = list(self._layers(given))
        for layer in layers:
            flat |= layer
        if len(layers) > 1:
            properties, required = _properties(layers)
            flat |= {"properties": properties} if properties else {}
            flat |= {"required": sorted(required)} if required else {}
            rules = [layer for layer in layers if any(word in layer for word in CONDITIONAL)]
            if len(rules) > 1:
                flat = {key: value for key, value in flat.items() if key not in CONDITIONAL}
                flat["allOf"] = [{key: one[key] for key in CONDITIONAL if key in one} for one in rules]
        return flat

    def _layers(self, given: Any, followed: int = 0) -> Iterator[Schema]:
        """What a reference leads to, every part of allOf, and then the schema itself."""
        if not isinstance(given, dict) or followed > MOST_REFERENCES:
            return
        reference = given.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            yield from self._layers(_at(self._root, reference), followed + 1)
        for part in list_of(given, "allOf"):
            yield from self._layers(part, followed + 1)
        yield {key: value for key, value in given.items() if key not in ("$ref", "allOf")}


def _fixed(variant: Schema) -> Schema:
    """A variant that writes its constants: they tell it from the others, whether they are asked for or not."""
    properties = variant.get("properties")
    given = properties.items() if isinstance(properties, dict) else ()
    fixed = [name for name, one in given if isinstance(one, dict) and "const" in one]
    return {**variant, "required": [*list_of(variant, "required"), *fixed]} if fixed else variant


def _rules(layer: Schema) -> Iterator[tuple[Schema, Any, Any]]:
    """Each condition of an object: its test, what then holds, and what holds otherwise."""
    if isinstance(layer.get("if"), dict):
        yield layer["if"], layer.get("then", {}), layer.get("else", {})
    for word in ("dependentRequired", "dependentSchemas"):
        given = layer.get(word)
        for name, then in (given if isinstance(given, dict) else {}).items():
            yield {"required": [name]}, {"required": then} if word == "dependentRequired" else then, {}


def _properties(layers: list[Schema]) -> tuple[Schema, set[str]]:
    found: Schema = {}
    for layer in layers:
        given = layer.get("properties")
        for name, one in (given if isinstance(given, dict) else {}).items():
            found[name] = _over(found.get(name), one)
    return found, {name for layer in layers for name in list_of(layer, "required") if isinstance(name, str)}


def _over(base: Any, given: Any) -> Any:
    """A property as two schemas describe it: the later word counts."""
    return {**base, **given} if isinstance(base, dict) and isinstance(given, dict) else given


def _everywhere(branches: list[Schema]) -> set[str]:
    """The properties that every alternative describes itself."""
    return set.intersection(*(set(branch.get("properties") or {}) for branch in branches))


def _at(root: Any, reference: str) -> Any:
    for part in reference[2:].split("/"):
        root = root.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(root, dict) else {}
    return root
