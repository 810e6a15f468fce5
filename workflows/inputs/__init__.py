"""PURE: the input of a workflow, from text somebody sent to a checked value, a form's fields and business keys.

Numbers keep their digits: what is stored and sent is the text as it came, only the blanks between tokens taken out.
"""

from workflows.inputs.fields import Field
from workflows.inputs.keys import Key, extract_keys, is_indexed, is_key_path, value_at
from workflows.inputs.reading import LARGEST, InputProblem, canonical, in_order_of, member, parse_input, read, serialise
from workflows.inputs.schemas import REQUIRED, FieldProblem, check, check_schema
from workflows.inputs.structure import fields

__all__ = [
    "LARGEST",
    "REQUIRED",
    "Field",
    "FieldProblem",
    "InputProblem",
    "Key",
    "canonical",
    "check",
    "check_schema",
    "extract_keys",
    "fields",
    "in_order_of",
    "is_indexed",
    "is_key_path",
    "member",
    "parse_input",
    "read",
    "serialise",
    "value_at",
]
