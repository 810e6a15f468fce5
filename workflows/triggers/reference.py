"""PURE: the settings of every type of trigger as a table, for the API's description and the documentation."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from workflows.triggers.definitions import TriggerType
from workflows.triggers.schemas import schema_of


def table() -> str:
    """In Markdown: type, setting (`*`: it has to be there), what it may be and what it is without being said."""
    return "\n".join(["| type | setting | value | default |", "| --- | --- | --- | --- |", *_rows()])


def _rows() -> Iterator[str]:
    for name in get_args(TriggerType):
        schema = json.loads(schema_of(name))
        for setting, one in schema["properties"].items():
            mark = "*" if setting in schema["required"] else ""
            default = f"`{json.dumps(one['default'])}`" if "default" in one else ""
            yield f"| `{name}` | `{setting}`{mark} | {_value(one).replace('|', chr(92) + '|')} | {default} |"


def _value(one: Mapping[str, Any]) -> str:
    if choices := one.get("enum"):
        kind = " or ".join(f"`{choice}`" for choice in choices)
    elif "minimum" in one:
        kind = f"{one['minimum']:,} to {one['maximum']:,}"
    elif among := one.get("items", {}).get("enum"):
        kind = f"list of {', '.join(f'`{choice}`' for choice in among)}"
    else:
        kind = {"array": "list", "boolean": "`true` or `false`", "object": "object"}.get(one["type"], "text")
    said = one.get("description") or one.get("errorMessage", {}).get("pattern", "")
    return f"{kind}: {said}" if said else kind
