"""PURE: what a form needs to know of each field of an input. Knows no form library, and no JSON Schema."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Kind = Literal[
    "text", "number", "integer", "boolean", "date", "datetime", "enum", "const", "object", "array", "json",
    "choice", "when", "absent",
]  # fmt: skip
MOST_RADIOS = 4


@dataclass(frozen=True, slots=True)
class Field:
    """One field: where its value goes (JSON pointer), and what may be put there.

    `fields` are those of an object, `item` is what an array holds. Kind `json` takes any JSON text: the schema asks for
    something no plain field can show. Kind `choice` is one of its `variants`; an inline one (its name begins with #)
    adds the fields of an object to those beside it. Kind `when` stands for `fields` where the object so far passes
    `test` (a schema's text) and for `otherwise` where not; kind `absent` takes away a field of that name.
    """

    name: str
    pointer: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    nullable: bool = False
    choices: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()
    default: Any = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_rows: int = 0
    pattern: str = ""
    limits: str = ""
    fields: tuple["Field", ...] = ()
    item: "Field | None" = None
    variants: tuple["Field", ...] = ()
    is_inline: bool = False
    test: str = ""
    otherwise: tuple["Field", ...] = ()

    @property
    def key(self) -> str:
        """Its own part of the pointer."""
        return self.pointer.rsplit("/", 1)[-1]

    @property
    def hint(self) -> str:
        """What the schema says of it, and its limits after that."""
        said = self.help.rstrip()
        stop = "." if self.limits and said and said[-1].isalnum() else ""
        return f"{said}{stop} {self.limits}".strip()

    @property
    def is_short(self) -> bool:
        """Whether all there is to choose from is better seen at once."""
        return self.kind == "boolean" or 0 < len(self.choices or self.variants) <= MOST_RADIOS

    @property
    def needs_typing(self) -> bool:
        """Whether it is an object that says which of its fields is missing when it is left empty."""
        return self.kind == "object" and any(one.required and one.kind != "const" for one in self.fields)

    @property
    def decides(self) -> bool:
        """Whether which fields there are depends on what is typed, here or within."""
        inner = (*self.fields, *self.variants, *self.otherwise, *((self.item,) if self.item else ()))
        return self.kind in ("choice", "when") or any(one.decides for one in inner)
